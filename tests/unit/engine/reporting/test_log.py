import asyncio
import io
import json
import logging

import pytest
import structlog

from engine.reporting import log


@pytest.fixture
def lines():
    stream = io.StringIO()
    log.configure(stream, level="debug", json=True)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.reset_defaults()
    logging.basicConfig(handlers=[], level=logging.WARNING, force=True)


def test_a_line_names_its_part_level_and_time(lines):
    log.get("sip").info("started", port=5060)
    (line,) = lines()
    assert (line["event"], line["part"], line["level"], line["port"]) == ("started", "sip", "info", 5060)
    assert line["timestamp"].endswith("Z")


def test_a_line_begins_with_when_how_grave_and_what(lines):
    log.get("sip").info("started", port=5060)
    assert list(lines()[0]) == ["timestamp", "level", "event", "part", "port"]


def test_what_is_bound_is_in_every_line_inside_also_of_tasks(lines):
    async def child() -> None:
        log.get("x").info("inside")

    async def main() -> None:
        with log.bound(call_sid="CA1"):
            await asyncio.create_task(child())
        log.get("x").info("outside")

    asyncio.run(main())
    inside, outside = lines()
    assert inside["call_sid"] == "CA1"
    assert "call_sid" not in outside


def test_a_step_logs_its_begin_and_its_end_with_what_came_out(lines):
    with log.step("fetch", url="http://a/") as outcome:
        outcome["status"] = 200
    started, done = lines()
    assert (started["event"], done["event"]) == ("fetch.started", "fetch.done")
    assert (done["url"], done["status"]) == ("http://a/", 200)
    assert done["duration"] >= 0


def test_a_step_that_fails_says_why_and_lets_the_error_through(lines):
    with pytest.raises(KeyError), log.step("fetch"):
        raise KeyError("x")
    failed = lines()[-1]
    assert (failed["event"], failed["level"], failed["error"]) == ("fetch.failed", "warning", "KeyError: 'x'")


def test_a_cancelled_step_is_no_warning(lines):
    with pytest.raises(asyncio.CancelledError), log.step("fetch"):
        raise asyncio.CancelledError
    assert (lines()[-1]["level"], lines()[-1]["error"]) == ("info", "cancelled")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\r\nINFO forged", "a\\x0d\\x0aINFO forged"),
        ("\x1b[31mred\x9b0m", "\\x1b[31mred\\x9b0m"),
        ("abc\u202edef\u2066\u2028", "abc\\u202edef\\u2066\\u2028"),
        ("ünïcödé", "ünïcödé"),
    ],
)
def test_control_characters_of_peers_cannot_forge_lines(lines, text, shown):
    log.get("x").info("from peer", name=text)
    assert lines()[0]["name"] == shown


def test_values_that_are_no_text_are_made_harmless_too(lines):
    log.get("x").info("from peer", raw=b"\x1b[0m\n", pairs=[("a\n", 1)], nothing=None, yes=True)
    (line,) = lines()
    assert "\x1b" not in line["raw"]
    assert (line["nothing"], line["yes"]) == (None, True)


def test_a_long_value_is_cut(lines):
    log.get("x").info("from peer", body="x" * 10_000)
    assert len(lines()[0]["body"]) < log.LONGEST_VALUE + 50
    assert "(10000 characters)" in lines()[0]["body"]


def test_what_libraries_log_arrives_in_the_same_form(lines):
    logging.getLogger("aiohttp.server").error("it %s", "broke")
    (line,) = lines()
    assert (line["event"], line["part"], line["level"]) == ("it broke", "aiohttp.server", "error")


def test_an_exception_keeps_its_trace(lines):
    try:
        raise ValueError("x")
    except ValueError:
        log.get("x").exception("broken")
    assert "Traceback" in lines()[0]["exception"]


def test_lines_below_the_level_are_left_out():
    stream = io.StringIO()
    log.configure(stream, level="warning", json=False)
    log.get("x").info("quiet")
    log.get("x").warning("loud")
    structlog.reset_defaults()
    logging.basicConfig(handlers=[], level=logging.WARNING, force=True)
    assert "quiet" not in stream.getvalue()
    assert "loud" in stream.getvalue()
