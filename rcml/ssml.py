"""Markup inside a spoken text: SSML 1.1, cut down to what cannot harm a voice.

What is kept is written anew from elements and attributes listed here, so a voice gets well-formed SSML
whatever the document held. An element that is not listed is read as its text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from rcml.values import shortened

LONGEST_BREAK = 10.0
"""Seconds of one pause; a longer one is for <Pause>."""

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_TAG = r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}"
_PERCENT = r"[+-]?\d{1,3}(\.\d{1,2})?%"
_WORDS = r"[^<>\x00-\x1f]{1,200}"

ELEMENTS: dict[str, dict[str, str]] = {
    "break": {
        "strength": "none|x-weak|weak|medium|strong|x-strong",
        "time": r"\+?\d{1,6}(\.\d{1,3})?(s|ms)",
    },
    "emphasis": {"level": "strong|moderate|none|reduced"},
    "lang": {_XML_LANG: _TAG},
    "p": {_XML_LANG: _TAG},
    "phoneme": {"alphabet": "ipa|x-sampa|x-amazon-pinyin|x-microsoft-sapi", "ph": _WORDS},
    "prosody": {
        "rate": rf"x-slow|slow|medium|fast|x-fast|default|{_PERCENT}|\d{{1,2}}(\.\d{{1,2}})?",
        "pitch": rf"x-low|low|medium|high|x-high|default|{_PERCENT}|[+-]?\d{{1,3}}(\.\d{{1,2}})?(Hz|st)",
        "volume": r"silent|x-soft|soft|medium|loud|x-loud|default|[+-]?\d{1,2}(\.\d{1,2})?(dB)?",
    },
    "s": {_XML_LANG: _TAG},
    "say-as": {"interpret-as": r"[a-z][a-z:-]{0,39}", "format": r"[a-z0-9:-]{1,40}", "detail": r"\w{1,40}"},
    "speak": {},
    "sub": {"alias": _WORDS},
    "token": {"role": r"[\w:-]{1,40}"},
    "voice": {"gender": "male|female|neutral", _XML_LANG: _TAG},
    "w": {"role": r"[\w:-]{1,40}"},
}
"""Which elements a voice gets (SSML 1.1 section 3), and what their attributes may say.

`voice` has no name here: whose voice speaks is for the attributes of <Say>, and some voices take a name for a
file. `audio` would have the voice fetch a URL for the document.
"""

READ_AS_TEXT = frozenset({"audio", "mark", "desc", "effect", "domain", "emotion", "auto-breaths"})
"""Elements of SSML and of its dialects whose text is spoken though their wish is not followed."""

KNOWN = frozenset(ELEMENTS) | READ_AS_TEXT

_PATTERNS = {
    (element, name): re.compile(pattern)
    for element, attributes in ELEMENTS.items()
    for name, pattern in attributes.items()
}
_BLANKS = re.compile(r"\s+")


def markup_of(element: etree._Element, remark: Callable[[str], None]) -> str:
    """Return the content of ``element`` as SSML, empty when no markup is left in it.

    ``remark`` is told of what was left out.
    """
    written = _BLANKS.sub(" ", _content(element, remark)).strip()
    return written if "<" in written else ""


def _content(element: etree._Element, remark: Callable[[str], None]) -> str:
    written = [escape(element.text or "")]
    for child in element:
        written += [_element(child, remark), escape(child.tail or "")]
    return "".join(written)


def _element(element: etree._Element, remark: Callable[[str], None]) -> str:
    name = element.tag.rpartition("}")[2]
    inside = _content(element, remark)
    if name not in ELEMENTS:
        remark(f"<{shortened(name)}> in a spoken text is not followed: its text is read")
        return inside
    if name == "speak":
        return inside
    attributes = ""
    for key in cast(list[str], element.keys()):
        value = cast(str, element.get(key)).strip()
        pattern = _PATTERNS.get((name, key))
        shown = "xml:lang" if key == _XML_LANG else key
        if pattern is None or not pattern.fullmatch(value):
            remark(f"<{name}> {shortened(shown)}={shortened(value)!r} is not followed: it is left out")
        else:
            attributes += f" {shown}={quoteattr(_capped(name, key, value, remark))}"
    return f"<{name}{attributes}>{inside}</{name}>" if inside else f"<{name}{attributes}/>"


def _capped(name: str, key: str, value: str, remark: Callable[[str], None]) -> str:
    if (name, key) != ("break", "time"):
        return value
    seconds = float(value[:-2]) / 1000 if value.endswith("ms") else float(value[:-1])
    if seconds <= LONGEST_BREAK:
        return value
    remark(f"<break> time={value!r} is longer than {LONGEST_BREAK:g} s: use <Pause> for longer")
    return f"{LONGEST_BREAK:g}s"
