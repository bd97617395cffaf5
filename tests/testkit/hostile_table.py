"""The table of `make hostile`: each attack, what was sent, what was held. A plugin of pytest.

A test is an attack by its mark, ``hostile("T12", sent="...")``, with the row of the catalogue of attacks. It
tells figures with ``record_property("held", ...)``; without one its name is what was held. Of a test that has
a daemon the table says how late its event loop was meanwhile, beside a daemon to which nothing happens (T0);
daemons then run at real-time priority where that is allowed, so that a busy machine does not count.
"""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Iterable, Iterator, Sequence

import pytest

from tests.testkit.daemon import Daemon
from tests.testkit.loop_lag import LoopLag

SENT, HELD = 46, 76
"""Widths of the columns, in characters."""


@dataclasses.dataclass
class Attack:
    """One row: the tests of one thing that is sent."""

    row: str
    sent: str
    tests: int = 0
    failed: int = 0
    held: list[str] = dataclasses.field(default_factory=list)
    lag: LoopLag | None = None

    def take(self, outcome: str, held: str) -> None:
        """Count one test."""
        self.tests += 1
        self.failed += outcome != "passed"
        if held not in self.held:
            self.held.append(held)

    def lines(self) -> Iterator[str]:
        """Return the row as lines of the table."""
        verdict = f"{self.failed} of {self.tests} FAILED" if self.failed else f"{self.tests} held"
        told = [*self.held, str(self.lag)] if self.lag is not None and self.lag.wake_ups else self.held
        held = [line for text in told for line in textwrap.wrap(text, HELD)]
        sent = textwrap.wrap(self.sent, SENT)
        for number in range(max(len(held), len(sent))):
            left = sent[number] if number < len(sent) else ""
            right = held[number] if number < len(held) else ""
            row, said = (self.row, verdict) if number == 0 else ("", "")
            yield f"{row:4} {left:{SENT}}  {right:{HELD}}  {said}".rstrip()


def table(reports: Iterable[tuple[str, str, Sequence[tuple[str, object]]]]) -> list[Attack]:
    """Return the attacks of these tests (name, outcome, properties) in the order of their rows."""
    attacks: dict[tuple[str, str], Attack] = {}
    for name, outcome, properties in reports:
        told = {key: str(value) for key, value in properties}
        if "attack" not in told:
            continue
        row, sent = told["attack"], told["sent"]
        attack = attacks.setdefault((row, sent), Attack(row, sent))
        attack.take(outcome, told.get("held") or sentence(name))
        if "lag" in told:
            lag = LoopLag.of(told["lag"])
            attack.lag = lag if attack.lag is None else attack.lag.plus(lag)
    return sorted(attacks.values(), key=lambda attack: (attack.row[0], int(attack.row[1:])))


def sentence(nodeid: str) -> str:
    """Return what the name of a test says, without the row of its attack."""
    name = nodeid.rpartition("::")[2].partition("[")[0].removeprefix("test_")
    words = name.split("_")
    if words[0][1:].isdigit():
        words = words[1:]
    return " ".join(words)


def pytest_configure() -> None:
    Daemon.at_real_time_priority = True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        mark = item.get_closest_marker("hostile")
        if mark is not None:
            item.user_properties += [("attack", mark.args[0]), ("sent", mark.kwargs["sent"])]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    daemon = getattr(item, "funcargs", {}).get("daemon")
    if item.get_closest_marker("hostile") is None or daemon is None or not daemon.is_running:
        return (yield)
    before = LoopLag.of(daemon.metrics_text())
    result = yield
    if daemon.is_running:
        item.user_properties.append(("lag", LoopLag.of(daemon.metrics_text()).since(before).text()))
    return result


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [
        (report.nodeid, outcome, report.user_properties)
        for outcome in ("passed", "failed", "error")
        for report in terminalreporter.stats.get(outcome, ())
    ]
    attacks = table(reports)
    if not attacks:
        return
    terminalreporter.section("attacks")
    terminalreporter.write_line(f"{'row':4} {'sent':{SENT}}  {'held':{HELD}}")
    for attack in attacks:
        for line in attack.lines():
            terminalreporter.write_line(line)
