"""One request of ours to an application: its form on the wire, its signatures and how it is shown.

Plain values, no network: :mod:`engine.requests.requester` sends them.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain
from urllib.parse import parse_qsl, quote_plus

from yarl import URL

from engine.errors import Cause, RequestRefused
from engine.requests import signatures
from engine.requests.cookies import Cookies
from engine.utf8 import encodable
from rcml.values import LONGEST_URL

Parameters = Mapping[str, str] | Iterable[tuple[str, str]]
Pairs = tuple[tuple[str, str], ...]

FORM = "application/x-www-form-urlencoded; charset=utf-8"
_PLAIN = re.compile(r"[A-Za-z0-9_.~-]*").fullmatch
"""Matches what a form holds as it is."""
_ESCAPES = {code: quote_plus(chr(code)) for code in range(128)}
_USER_INFO = re.compile(r"(?<=//)[^/?#]*@")
_TO_GET = (301, 302, 303)
"""Redirects after which all user agents go on with GET (RFC 9110 15.4.2 to 15.4.4)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A 2xx (or 304) answer, its body decompressed and within the limit."""

    status: int
    content_type: str | None
    body: bytes = field(repr=False)
    url: str
    """Where the body came from, after redirections; without user name and password."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    moved_to: str = ""
    """Where redirections led to, as a document there would be asked for; empty where there were none."""
    digest: str = ""
    """Of the body of a sound, which many calls are told apart by; of nothing else."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of an application."""

    url: str
    method: str = "GET"
    parameters: Pairs = ()
    auth_token: str = field(default="", repr=False)
    """Key of the signatures."""
    event_id: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    largest: int = 1_048_576
    """Bytes of the body, after decompression."""
    wants_body: bool = True
    """False when only the status counts, as for an event: a large answer is no failure then."""
    account_sid: str = ""
    """On whose behalf it is; empty: nobody's in particular, which is not traced."""
    call_sid: str = ""
    attempt: int = 1
    """Which attempt to deliver an event it is."""
    cookies: Cookies | None = field(default=None, repr=False)
    """Sent along, and kept as answers set them; None: there are none."""
    redirected_as_get: bool = False
    """Whether a POST that is redirected by 301, 302 or 303 goes on as GET, as with Twilio and browsers; with
    Restcomm it stays what it is."""


@dataclass(frozen=True, slots=True)
class Wire:
    """A request as one hop sends it."""

    method: str
    url: URL
    address: str
    """The URL as text."""
    headers: dict[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Ended:
    """How one request ended: with an answer, a redirection to ``moved``, or a problem."""

    answer: Answer | None = None
    status: int | None = None
    moved: str = ""
    problem: str = ""
    refused: RequestRefused | None = None


def pairs(parameters: Parameters) -> Pairs:
    """Return name and value pairs that UTF-8 can carry: SIP headers may hold bytes that are no text."""
    items = tuple(parameters.items() if isinstance(parameters, Mapping) else parameters)
    if all(map(str.isascii, chain.from_iterable(items))):
        return items
    return tuple((encodable(name), encodable(value)) for name, value in items)


def shown(url: str | URL) -> str:
    """Return the URL without user name and password, for logs and records."""
    text = str(url)
    return _USER_INFO.sub("", text) if "@" in text else text


def parse_url(url: str) -> URL:
    """Return any URL, its host decoded; raise :exc:`ValueError` for what is none.

    Of a bracket after an empty host, ``https://[2001:db8@::1]@/``, yarl 1.25 says :exc:`IndexError`; of
    some hundred nines in Punycode CPython 3.13 says :exc:`OverflowError`, when the host is first asked for.
    """
    try:
        parsed = URL(url)
        _ = parsed.host
    except (IndexError, OverflowError):
        raise ValueError("it has no host") from None
    return parsed


@lru_cache(256)
def read_url(url: str) -> URL:
    """Return the URL; raise :exc:`RequestRefused` unless it is http or https with a host."""
    try:
        parsed = parse_url(url if len(url) <= LONGEST_URL else "")
        usable = parsed.scheme in ("http", "https") and bool(parsed.host) and parsed.port != 0
    except (ValueError, TypeError):
        usable = False
    if not usable:
        raise RequestRefused(Cause.URL, "this is not an http:// or https:// URL with a host", shown(url))
    return parsed.with_path("/") if not parsed.raw_path else parsed


def basic_credentials(url: URL) -> str | None:
    """Return the Authorization header for a URL with a user name, None for one without."""
    if url.user is None:
        return None
    # RFC 7617 section 2.1: UTF-8, which all servers of today read.
    return "Basic " + base64.b64encode(f"{url.user}:{url.password or ''}".encode()).decode("ascii")


def on_wire(request: Request, url: URL, now: float, credentials: str | None) -> Wire:
    """Return what is sent to ``url``, which is the request's own or where a redirect leads.

    For GET the parameters follow the URL's query. For POST they are the form, and what the query says
    is repeated in it: Restcomm applications read it there, Twilio ones in the query. The URL is signed
    as it is sent, without user name and password.
    """
    plain = url.with_user(None).with_fragment(None)
    form: Pairs = ()
    body = None
    headers = dict(request.headers)
    if request.method == "POST":
        form = _form(request.parameters, plain.raw_query_string)
        body = _encoded(form).encode("ascii")
        headers["Content-Type"] = FORM
    else:
        plain = _with_query(plain, request.parameters)
    if credentials is not None:
        headers["Authorization"] = credentials
    if request.cookies is not None and (cookie := request.cookies.header(plain)):
        headers["Cookie"] = cookie
    address = str(plain)
    headers |= signatures.signed_headers(
        request.auth_token, address, form, body or b"", request.event_id, now
    )
    return Wire(request.method, plain, address, headers, body)


def _encoded(parameters: Iterable[tuple[str, str]]) -> str:
    """Return parameters as a form has them. Most names and values need no look at each character."""
    return "&".join(
        [
            f"{name if _PLAIN(name) else quote_plus(name)}={value if _PLAIN(value) else _quoted(value)}"
            for name, value in parameters
        ]
    )


def _quoted(text: str) -> str:
    """Return the same as :func:`urllib.parse.quote_plus`, which looks at each character by a call."""
    return text.translate(_ESCAPES) if text.isascii() else quote_plus(text)


def _form(parameters: Pairs, query: str) -> Pairs:
    if not query:
        return parameters
    named = {name for name, _ in parameters}
    repeated = tuple(pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in named)
    return parameters + tuple((encodable(name), encodable(value)) for name, value in repeated)


def _with_query(url: URL, parameters: Pairs) -> URL:
    # A redirect that hands our own query back must not double it.
    present = set(parse_qsl(url.raw_query_string, keep_blank_values=True))
    added = _encoded(pair for pair in parameters if pair not in present)
    if not added:
        return url
    joint = "&" if url.raw_query_string else "?"
    base = str(url).removesuffix("?")
    return URL(f"{base}{joint}{added}", encoded=True)


def redirected(request: Request, status: int) -> Request:
    """Return how a request goes on where an answer of this status leads."""
    as_get = request.redirected_as_get and status in _TO_GET
    return replace(request, method="GET") if as_get else request


def without_parameters(url: URL, parameters: Pairs) -> str:
    """Return a URL without those of its query's parameters that a redirection handed back to us."""
    said = parse_qsl(url.raw_query_string, keep_blank_values=True)
    own = [pair for pair in said if pair not in parameters]
    return str(url if len(own) == len(said) else url.with_query(own))
