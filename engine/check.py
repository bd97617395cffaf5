"""Checks an RCML document for ``dialplane check``: what a live call would warn about, or stop at."""

from __future__ import annotations

import http.client
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from engine.version import version
from rcml.document import Severity
from rcml.errors import RcmlError
from rcml.lint import lint
from rcml.parser import parse

LARGEST = 1_048_576
"""Bytes, the default of ``webhooks.max_document_bytes``."""
WITHIN = 15.0


@dataclass(frozen=True, slots=True)
class Report:
    """What there is to say about one document, line by line, and whether it fails the check."""

    lines: tuple[str, ...]
    failed: bool


class _Unreadable(Exception):
    """The document could not be had."""


def check(document: str, method: str = "POST") -> Report:
    """Return a line ``DOCUMENT:LINE: ...`` for each remark about the document at a path, a URL or ``-``."""
    try:
        body, content_type, url = _read(document, method)
    except _Unreadable as error:
        return Report((f"{document}: error: {error}",), failed=True)
    try:
        parsed = parse(body, content_type, url)
    except RcmlError as error:
        return Report((_line(document, error.line, "error", error.code, error.message),), failed=True)
    remarks = lint(parsed)
    lines = tuple(
        _line(document, remark.line, remark.severity.value, remark.code, remark.message) for remark in remarks
    )
    failed = any(remark.severity is Severity.ERROR for remark in remarks)
    verbs = len(parsed.verbs)
    summary = () if lines else (f"{document}: ok, {verbs} verb{'' if verbs == 1 else 's'}",)
    return Report(lines + summary, failed)


def _line(document: str, line: int | None, severity: str, code: int, message: str) -> str:
    place = document if line is None else f"{document}:{line}"
    return f"{place}: {severity} {code}: {message}"


def _read(document: str, method: str) -> tuple[bytes, str | None, str]:
    """Return body, content type and the URL that relative URLs are resolved against."""
    if document.startswith(("http://", "https://")):
        return _request(document, method)
    try:
        body = sys.stdin.buffer.read(LARGEST + 1) if document == "-" else _read_file(Path(document))
    except OSError as error:
        raise _Unreadable(error.strerror or str(error)) from None
    if len(body) > LARGEST:
        raise _Unreadable(f"larger than {LARGEST} bytes")
    return body, "application/xml", "http://localhost/"


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST + 1)


def _request(url: str, method: str) -> tuple[bytes, str | None, str]:
    try:
        request = urllib.request.Request(  # noqa: S310  http and https are all that comes here
            url,
            data=b"" if method == "POST" else None,
            method=method,
            headers={"User-Agent": f"Dialplane/{version()}"},
        )
        with urllib.request.urlopen(request, timeout=WITHIN) as response:  # noqa: S310
            body = response.read(LARGEST + 1)
            content_type = response.headers.get("Content-Type")
    except urllib.error.HTTPError as error:
        error.close()
        raise _Unreadable(f"answered {error.code} {error.reason} to {method}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise _Unreadable(str(getattr(error, "reason", error))) from None
    if len(body) > LARGEST:
        raise _Unreadable(f"larger than {LARGEST} bytes")
    return body, content_type, url
