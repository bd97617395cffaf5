"""From the body of an HTTP answer to the text of a document.

The content type decides what a body is; the character encoding is found as RFC 7303 section 3.2 orders it
(byte order mark, then `charset`, then the XML declaration), and a bare `&` is repaired.
"""

from __future__ import annotations

import codecs
import enum
import functools
import re
from dataclasses import dataclass
from email.message import Message

from rcml.errors import BODY_TOO_LARGE, MALFORMED_DOCUMENT, WRONG_CONTENT_TYPE, RcmlError
from rcml.values import shortened

MAX_BYTES = 1 << 20


class Medium(enum.Enum):
    """What a body is."""

    DOCUMENT = "document"
    SOUND = "sound"
    TEXT = "text"


@dataclass(frozen=True)
class ContentType:
    """A Content-Type header, read."""

    medium: Medium
    charset: str | None = None


_XML = {"text/xml", "application/xml", "text/html", "application/xhtml+xml"}


def is_sound(header: str | None) -> bool:
    """Tell whether a body is a sound, which is played from its URL, so that the body need not be read."""
    return header is not None and header.lstrip().lower().startswith("audio/")


@functools.lru_cache(maxsize=64)
def read_content_type(header: str | None) -> ContentType:
    """Tell what a body is; raises ``RcmlError`` (12300) for a type that no document has."""
    if header is None or not header.strip():
        raise RcmlError("the answer has no Content-Type: send text/xml", code=WRONG_CONTENT_TYPE)
    parsed = Message()
    parsed["Content-Type"] = " ".join(header[:1000].split())
    media_type = parsed.get_content_type() if "/" in header else ""
    if media_type in _XML:
        return ContentType(Medium.DOCUMENT, parsed.get_content_charset())
    if is_sound(media_type):
        return ContentType(Medium.SOUND)
    if media_type == "text/plain":
        return ContentType(Medium.TEXT, parsed.get_content_charset())
    what = f"Content-Type {shortened(header.strip())!r} is no document: send text/xml"
    raise RcmlError(what, code=WRONG_CONTENT_TYPE)


# Longest first: a UTF-16 mark is the beginning of a UTF-32 one.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Python's codecs include compressors and slow transformations; only character sets are let in.
_CHARACTER_SETS = re.compile(
    r"utf-(8|16|32)(-(le|be|sig))?|ascii|iso8859-\d+|cp\d+|koi8-[a-z]|gb2312|gbk|gb18030|big5"
    r"|euc_(jp|kr)|shift_jis|iso2022_jp|mac-roman"
)

_DECLARED = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")


def decode(body: bytes, charset: str | None, *, declared: bool = True) -> str:
    """Return the text of a body; ``declared`` says whether an XML declaration may name its encoding."""
    if len(body) > MAX_BYTES:
        what = f"the document has {len(body)} bytes, at most {MAX_BYTES} are read: <Redirect> to the rest"
        raise RcmlError(what, code=BODY_TOO_LARGE)
    name = next((encoding for mark, encoding in _MARKS if body.startswith(mark)), None) or charset
    if name is None and declared:
        found = _DECLARED.match(body[:400])
        name = found[1].decode("ascii") if found else None
    name = name or "utf-8"
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):
        codec = ""
    if not _CHARACTER_SETS.fullmatch(codec):
        raise RcmlError(f"the character encoding {name!r} is not known: use UTF-8", 1, MALFORMED_DOCUMENT)
    try:
        return body.decode(codec)
    except UnicodeError as error:
        what = f"the document is not {name}: save it as UTF-8, or name its encoding"
        raise RcmlError(what, _line_of(body, error)) from None


def _line_of(body: bytes, error: UnicodeError) -> int | None:
    if isinstance(error, UnicodeDecodeError):
        return body.count(b"\n", 0, error.start) + 1
    return None


# Matches what began a reference before every `&` was replaced; a document of nothing but `&` then costs a
# tenth of what replacing the bare ones by pattern does.
_REFERENCE = re.compile(r"&amp;(?=(?:[A-Za-z_:][\w:.-]{0,40}|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_CDATA_START, _CDATA_END = "<![CDATA[", "]]>"


def repair_ampersands(text: str) -> str:
    """Write `&amp;` for each `&` that begins no reference; CDATA needs no repair and gets none."""
    repaired: list[str] = []
    position = 0
    while position < len(text):
        start = text.find(_CDATA_START, position)
        end = text.find(_CDATA_END, start) if start >= 0 else -1
        if end < 0:
            start = end = len(text)
        else:
            end += len(_CDATA_END)
        repaired.append(_REFERENCE.sub("&", text[position:start].replace("&", "&amp;")))
        repaired.append(text[start:end])
        position = end
    return "".join(repaired)
