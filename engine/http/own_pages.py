"""What the pages of ours have in common: files of one folder, with headers that let nothing else in."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from aiohttp import web

from engine.requests.http_request import parse_url

CONTENT_POLICY: Final = (
    # Everything comes from here and nothing is inline; 'self' covers wss: to the same host, too.
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
TYPES: Final = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
}
_OF_PROXIES: Final = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")


def served_file(path: Path, headers: Mapping[str, str] = HEADERS) -> web.FileResponse:
    """Return a file of ours as what its ending says; raise 404 where there is none."""
    if not path.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(path, headers={**headers, "Content-Type": f"{TYPES[path.suffix]}; charset=utf-8"})


def is_before_the_machine(request: web.Request) -> bool:
    """Tell whether a request comes from a browser on this machine, and from a page of ours.

    A page of somebody else may make the browser of a developer ask a loopback address. Its requests carry
    the name that page was loaded from in Host (DNS rebinding), or another origin. A proxy on this machine
    adds fields of its own.
    """
    if not _is_loopback(request.remote or ""):
        return False
    if any(name in request.headers for name in _OF_PROXIES):
        return False
    ours = f"http://{request.headers.get('Host', '')}"
    if request.headers.get("Origin", ours) != ours:
        return False
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    try:
        return is_on_this_machine(ours)
    except ValueError:
        return False


def is_on_this_machine(url: str) -> bool:
    """Tell whether a URL, which is one, leads to this machine and no other."""
    host = parse_url(url).host or ""
    return host == "localhost" or _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
