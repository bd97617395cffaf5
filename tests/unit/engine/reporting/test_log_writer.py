import io
import subprocess
import sys
import threading

from engine.reporting.log_writer import LineWriter


class Blocked(io.StringIO):
    """A pipe whose reader has stopped reading, until released."""

    def __init__(self) -> None:
        super().__init__()
        self.entered = threading.Event()
        self.released = threading.Event()

    def write(self, text: str) -> int:
        self.entered.set()
        self.released.wait(5)
        return super().write(text)


class Broken(io.StringIO):
    def __init__(self) -> None:
        super().__init__()
        self.tries = 0

    def write(self, text: str) -> int:
        self.tries += 1
        raise BrokenPipeError


def test_lines_appear_in_order():
    stream = io.StringIO()
    writer = LineWriter(stream)
    for number in range(1000):
        writer.write(f"{number}\n")
    writer.close()
    assert stream.getvalue().split() == [str(number) for number in range(1000)]


def test_a_reader_that_stopped_costs_lines_and_not_time():
    stream = Blocked()
    writer = LineWriter(stream, most_waiting=10)
    writer.write("first\n")
    assert stream.entered.wait(5)
    for number in range(100):
        writer.write(f"{number}\n")
    stream.released.set()
    writer.close()
    lines = stream.getvalue().splitlines()
    assert lines[0] == "first"
    assert '"event": "log.lines_dropped", "lines": 90' in lines[1]
    assert lines[2:] == [str(number) for number in range(10)]


def test_a_reader_that_went_away_ends_nothing():
    stream = Broken()
    writer = LineWriter(stream)
    writer.write("1\n")
    writer.write("2\n")
    writer.close()
    assert stream.tries == 2


def test_the_last_lines_of_a_process_are_written():
    program = "from engine.reporting import log; log.configure(json=True); log.get('x').info('the last line')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "the last line" in done.stderr
