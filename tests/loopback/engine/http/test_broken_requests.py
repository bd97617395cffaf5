"""Requests that are no sound HTTP: an answer that says why, and no trace in the log."""

import asyncio
import json
import logging

import pytest
from structlog.testing import capture_logs

from engine.http.broken_requests import first_line
from tests.testkit.http_visitor import ROOT

CALLS = f"/2012-04-24/Accounts/{ROOT}/Calls.json"
FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_a_body_that_is_not_packed_as_it_says_is_answered_400(visitor, coding):
    with capture_logs() as lines:
        response, body = await visitor.get(
            CALLS,
            method="POST",
            data=b"\x1f\x8b\x00 no such thing",
            headers={"Content-Encoding": coding, "Content-Type": FORM},
        )
    assert response.status == 400
    assert "The body cannot be read" in json.loads(body)["message"]
    assert [line for line in lines if line["log_level"] in ("warning", "error")] == []


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\n\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX\x00: y\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    ],
    ids=["TLS", "no text", "half an address", "NUL", "a long line", "a version", "a length"],
)
async def test_what_is_no_http_leaves_one_quiet_line(server, caplog, sent):
    caplog.set_level(logging.DEBUG)
    with capture_logs() as lines:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(sent)
        answer = await asyncio.wait_for(reader.read(), 5.0)
        writer.close()
    assert answer.startswith(b"HTTP/1.0 400 ") or answer.startswith(b"HTTP/1.1 400 ")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    told = [line for line in lines if line["event"] == "http.malformed"]
    assert len(told) <= 1
    for line in told:
        assert (line["log_level"], line["source"]) == ("debug", "127.0.0.1")
        assert "\n" not in line["reason"]


def test_what_is_wrong_is_told_without_the_octets_around_it():
    assert first_line(ValueError("Invalid header token:\n\n  b'X'\n    ^")) == "Invalid header token"
    assert first_line(ValueError("400, message:\n  Bad status line:\n    x")) == "Bad status line"
    assert first_line(ValueError()) == "ValueError"
