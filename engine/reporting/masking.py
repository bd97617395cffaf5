"""Takes secrets out of what is kept to be looked at: HTTP exchanges and SIP messages."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode

MASK = "***"
LARGEST_BODY = 100_000
"""Octets of a body that are kept (rest-api.md section 14)."""

_WORDS = ("passw", "secret", *(f"auth{sign}token" for sign in ("", "_", "-")), "apikey", "api_key", "api-key")
"""One of these is in the name of every secret. Most texts have none, and need no closer look."""

# Possessive and bounded throughout: what an application answers must not take the server's time.
_NAME = r"[\w.-]{1,64}+"
_PARAMETER = re.compile(rf"(^|[?&;])({_NAME})=[^&;\s\"'<>]*+")
_MEMBER = re.compile(rf"(\"({_NAME})\"\s*+:\s*+)\"(?:[^\"\\]|\\.){{0,1024}}\"")
_ATTRIBUTE = re.compile(rf"(\s({_NAME})\s*+=\s*+)(?:\"[^\"]*+\"|'[^']*+')")
_ELEMENT = re.compile(rf"(<({_NAME})>)[^<]*+</")
_USER_INFO = re.compile(r"(?<=//)[^/?#\s\"'<>]*@")
_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_SIP_CREDENTIALS = re.compile(r"(?im)^((?:proxy-)?authorization\s*:\s*\w+)[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*")
_SRTP_KEY = re.compile(r"(?i)(inline:)[^\s|;]+")
_READABLE = re.compile(r"(?i)text/|application/(?:(?:[\w.-]+\+)?(?:xml|json)|x-www-form-urlencoded)")


def masked_url(url: str) -> str:
    """Return a URL without user name and password, and without secrets in its query."""
    base, mark, query = url.partition("?")
    plain = _USER_INFO.sub("", base) if "@" in base else base
    return f"{plain}?{masked_form(query)}" if mark else plain


def masked_form(text: str) -> str:
    """Return form-encoded parameters without secrets, those inside of a document in one of them too.

    What has none stays as it was written.
    """
    if not _may_hold_secrets(text):
        return text
    pairs = parse_qsl(text, keep_blank_values=True)
    masked = [(name, MASK if _may_hold_secrets(name) else masked_text(value)) for name, value in pairs]
    return text if masked == pairs else urlencode(masked, safe="*")


def masked_text(text: str) -> str:
    """Return a document or JSON text without passwords, tokens and secrets."""
    if "@" in text:
        text = _USER_INFO.sub("", text)
    if not _may_hold_secrets(text):
        return text
    for pattern in (_ATTRIBUTE, _MEMBER):
        text = pattern.sub(lambda found: _without(found, f'{found[1]}"{MASK}"'), text)
    text = _ELEMENT.sub(lambda found: _without(found, f"{found[1]}{MASK}</"), text)
    return _PARAMETER.sub(lambda found: _without(found, f"{found[1]}{found[2]}={MASK}"), text)


def masked_headers(headers: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Return HTTP headers without credentials and cookies."""
    return [
        [name, MASK if _is_secret(name) else _USER_INFO.sub("", value) if "@" in value else value]
        for name, value in headers
    ]


def masked_body(body: bytes, content_type: str | None) -> str:
    """Return a body as text, cut to 100 kB; of one that is no text, such as a sound, how large it is."""
    if not body:
        return ""
    if content_type is not None and not _READABLE.match(content_type):
        return f"({len(body)} octets of {content_type.partition(';')[0]})"
    mask = masked_form if content_type is not None and "form-urlencoded" in content_type else masked_text
    text = mask(body[:LARGEST_BODY].decode("utf-8", "replace"))
    return text if len(body) <= LARGEST_BODY else f"{text}… (cut: {len(body)} octets in all)"


def masked_sip(message: str) -> str:
    """Return a SIP message without digest credentials and keys of SRTP (RFC 4568)."""
    plain = message.lower()
    if "authorization" in plain:
        message = _SIP_CREDENTIALS.sub(rf"\1 {MASK}", message)
    return _SRTP_KEY.sub(rf"\1{MASK}", message) if "inline:" in plain else message


@lru_cache(maxsize=256)
def _is_secret(header: str) -> bool:
    return header.lower() in _HEADERS or _may_hold_secrets(header)


def _may_hold_secrets(text: str) -> bool:
    return any(map(text.lower().__contains__, _WORDS))


def _without(found: re.Match[str], masked: str) -> str:
    return masked if _may_hold_secrets(found[2]) else found[0]
