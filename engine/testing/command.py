"""Runs ``dialplane try`` with the terminal's keyboard and screen."""

from __future__ import annotations

import sys

from engine.testing.applications import Applications
from engine.testing.terminal import Terminal
from rcml.api_version import ApiVersion
from rcml.testing import dial


def run(target: str, auth_token: str, *, to: str, from_: str, method: str, api_version: ApiVersion) -> bool:
    """Call the application and return whether it went without errors."""
    with Applications() as applications:
        served, url = applications.find(target, auth_token)
        caller = dial(served, url=url, to=to, from_=from_, method=method, api_version=api_version)
        if sys.stdin.isatty():
            _write("Type keys or words when it listens; help shows more.")
        return Terminal(caller, _read, _write).run()


def _read() -> str | None:
    if sys.stdin.isatty():
        sys.stdout.write("> ")
        sys.stdout.flush()
    try:
        line = sys.stdin.readline()
    except KeyboardInterrupt:
        _write("")
        return None
    return line.rstrip("\n") if line else None


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
