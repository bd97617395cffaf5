"""From an HTTP answer to the verbs of a document.

Parsing is a pure function of its arguments and takes time linear in the body, so it may run in any thread.
What a document gets wrong without being unreadable (an unknown name, a value out of range) becomes a warning
and the document runs; what makes it unreadable raises ``RcmlError``.
"""

from __future__ import annotations

import difflib
import enum
import re
from collections.abc import Collection, Mapping
from typing import Any, TypeVar, cast

from lxml import etree

import rcml.verbs  # noqa: F401  (registers them)
from rcml import ssml
from rcml.content import Medium, decode, is_sound, read_content_type, repair_ampersands
from rcml.document import Document, Problem, Severity
from rcml.errors import INVALID_URI, UNKNOWN_NAME, RcmlError
from rcml.schema import VERBS, Attribute, Element, Nesting, Remark, Verb
from rcml.values import NotAllowed, Place, Url, shortened
from rcml.verbs.play import Play
from rcml.verbs.say import Say

MAX_DEPTH = 16
MAX_VERBS = 1000
"""Nouns and prompts inside verbs count too."""
MAX_CHILDREN = 1000
"""Elements inside one verb, whatever they are."""
MAX_ATTRIBUTES = 100
"""Attributes of one verb, whatever they are."""
MAX_MARKUP = 20_000
"""Tags and comments, and likewise attributes, of a document: counted before a tree is made of them, which for
100,000 takes as long as a whole tick of sound, with nobody else running."""
MAX_WARNINGS = 100
MAX_SUGGESTIONS = 10
"""Remarks that name the nearest known name; finding it is slow."""

_XmlElement = etree._Element
T = TypeVar("T", bound=Element)


def parse(body: bytes, content_type: str | None, url: str) -> Document:
    """Turn the answer to a request for ``url`` into a document.

    An empty body is a document without verbs; a sound is played from ``url`` (its body is not looked at);
    plain text is spoken. Raises ``RcmlError``.
    """
    if not body.strip() and not is_sound(content_type):
        return Document((), url=url)
    found = read_content_type(content_type)
    if found.medium is Medium.SOUND:
        return Document((Play(sound=Url(url, Place(base=url))),), url=url)
    if found.medium is Medium.TEXT:
        return Document((Say(words=decode(body, found.charset, declared=False).strip()),), url=url)
    return parse_xml(decode(body, found.charset), url)


def parse_xml(text: str, url: str) -> Document:
    """Turn the text of an RCML document, such as one given with a REST request, into a document."""
    trimmed = text.lstrip()
    if not trimmed:
        return Document((), url=url)
    skipped_lines = text[: len(text) - len(trimmed)].count("\n")
    root = _tree(repair_ampersands(trimmed.rstrip()), skipped_lines)
    reader = _Reader(url, skipped_lines)
    reader.walk(root, is_root=True)
    return Document(tuple(reader.verbs), reader.remarks(), url)


_DOCUMENT_TYPE = "<!DOCTYPE"
_SKIPPED = (("<?", "?>"), ("<!--", "-->"))
_not_space = re.compile(r"\S").search
_PLACE_IN_MESSAGE = re.compile(r"\s*(?:, line \d+, column \d+|\n)")
_TOO_DEEP = etree.XPath("(/*" + "/*" * MAX_DEPTH + ")[1]")


def _first_markup(text: str) -> int:
    """Return where the declaration, instructions and comments that may stand first are over."""
    at = 0
    while True:
        found = _not_space(text, at)
        at = found.start() if found else len(text)
        for opening, closing in _SKIPPED:
            if text.startswith(opening, at) and (closed := text.find(closing, at + len(opening))) != -1:
                at = closed + len(closing)
                break
        else:
            return at


def _tree(text: str, skipped_lines: int) -> _XmlElement:
    first = _first_markup(text)
    if text[first : first + len(_DOCUMENT_TYPE)].upper() == _DOCUMENT_TYPE:
        # Without a document type no entity can be declared, so none can be expanded either.
        line = text.count("\n", 0, first) + 1 + skipped_lines
        raise RcmlError("a document type declaration is not allowed: remove <!DOCTYPE>", line)
    _check_markup(text, 1 + skipped_lines)
    # A parser for each document: a shared one would make a small document on the event loop wait for a large
    # one that is parsed in a thread. Making it costs less than a microsecond.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "surrogatepass"), parser)
    except etree.XMLSyntaxError as error:
        what = shortened(_PLACE_IN_MESSAGE.sub("", error.msg or "it holds no element"), 200)
        line = _line(error.lineno) + skipped_lines
        raise RcmlError(f"the document is not well-formed XML: {what}", line) from None
    too_deep = cast(list[_XmlElement], _TOO_DEEP(root))
    if too_deep:
        line = _line(too_deep[0].sourceline) + skipped_lines
        raise RcmlError(f"elements are nested more than {MAX_DEPTH} deep: flatten the document", line)
    return root


def _check_markup(text: str, line: int) -> None:
    """Refuse what cannot be within the other caps, for the price of counting characters."""
    if text.count("<") > MAX_MARKUP:
        raise RcmlError(f"the document has more than {MAX_MARKUP} tags: fetch the rest with <Redirect>", line)
    # Each attribute has one of these and two of those; texts have apostrophes and URLs have equals signs.
    if min(text.count("="), (text.count('"') + text.count("'")) // 2) > MAX_MARKUP:
        what = f"the document has more than {MAX_MARKUP} attributes: keep what it knows alone"
        raise RcmlError(what, line)


class _Reader:
    """Reads one document, collecting verbs and remarks."""

    def __init__(self, url: str, skipped_lines: int) -> None:
        self.verbs: list[Verb] = []
        self._url = url
        self._skipped_lines = skipped_lines
        self._problems: list[Problem] = []
        self._unlisted = 0
        self._verbs_left = MAX_VERBS

    def remarks(self) -> tuple[Problem, ...]:
        """Return what was found wrong, in document order."""
        if self._unlisted:
            what = f"{self._unlisted} more remarks are not listed"
            return (*self._problems, Problem(UNKNOWN_NAME, what, None))
        return tuple(self._problems)

    def walk(self, element: _XmlElement, *, is_root: bool = False) -> None:
        """Take the verbs in document order; what is no verb is skipped and its children are walked."""
        name = _name(element)
        verb = VERBS.get(name)
        if verb is not None:
            self.verbs.append(self._read(element, verb, {}))
            return
        if not is_root:
            self._count(element)
            self._remark(element, f"<{shortened(name)}> is no verb and is skipped", name, VERBS)
        elif name != "Response":
            self._remark(
                element, f"the root is <{shortened(name)}>: write <Response>", severity=Severity.WARNING
            )
        if len(element) > self._verbs_left:
            raise self._too_many_verbs(element)
        if _last_chunk(element):
            self._remark(element, f"text inside <{shortened(name)}> is not spoken: put it in <Say>")
        for child in element:
            self.walk(child)

    def _read(self, element: _XmlElement, cls: type[T], codes: Mapping[int, int]) -> T:
        schema = cls.schema
        self._count(element)
        if len(element) > MAX_CHILDREN or len(element.attrib) > MAX_ATTRIBUTES:
            what = (
                f"<{schema.name}> has more than {MAX_CHILDREN} elements or {MAX_ATTRIBUTES} attributes:"
                " write what it knows alone"
            )
            raise RcmlError(what, self._line(element))
        place = Place(self._line(element), self._url, codes.get(INVALID_URI, INVALID_URI))
        values: dict[str, Any] = {"line": place.line}
        # Not items(): it looks every value up by name, in time quadratic in the number of attributes.
        for name in cast(list[str], element.keys()):
            attribute = schema.attributes.get(name)
            if attribute is not None:
                written = cast(str, element.get(name))
                values[attribute.field] = self._value(element, attribute, written, place, codes)
            elif not name.startswith("{"):
                what = f"<{schema.name}> has no attribute {shortened(name)!r}"
                self._remark(element, what, name, schema.attributes)
        self._read_content(element, cls, place, values)
        # As cls(**values), but a field that is not written stays the class's default instead of being
        # copied: a thousand Gathers take 4.7 ms instead of 7.4.
        read = object.__new__(cls)
        read.__dict__.update(values)
        for remark in read.remarks():
            if isinstance(remark, Remark):
                self._remark(element, remark.message, code=codes.get(remark.code, remark.code))
            else:
                self._remark(element, remark, severity=Severity.WARNING)
        return read

    def _read_content(
        self, element: _XmlElement, cls: type[Element], place: Place, values: dict[str, Any]
    ) -> None:
        schema = cls.schema
        absorbs = schema.text.absorbs if schema.text else frozenset[str]()
        if len(element):
            self._read_children(element, cls, absorbs, values)
        if schema.text is not None and schema.text.markup and _is_whole_text(element, absorbs):
            values[schema.text.markup] = self._markup(element)
        written = _text_of(element, absorbs)
        if not written:
            return
        if schema.text is None:
            self._remark(element, f"<{schema.name}> takes no text")
        else:
            values[schema.text.field] = self._value(element, schema.text, written, place, {})

    def _markup(self, element: _XmlElement) -> str:
        if sum(1 for _ in element.iterdescendants()) > MAX_CHILDREN:
            what = f"<{_name(element)}> has more than {MAX_CHILDREN} elements inside: split it"
            raise RcmlError(what, self._line(element))
        return ssml.markup_of(
            element, lambda remark: self._remark(element, remark, severity=Severity.WARNING)
        )

    def _read_children(
        self, element: _XmlElement, cls: type[Element], absorbs: frozenset[str], values: dict[str, Any]
    ) -> None:
        schema = cls.schema
        for child in element:
            name = _name(child)
            nesting = next((nesting for nesting in schema.nestings if name in nesting.elements), None)
            if nesting is not None:
                self._read_nested(child, nesting, schema.name, values)
            elif name not in absorbs:
                known = [known for nesting in schema.nestings for known in nesting.elements]
                what = f"<{schema.name}> cannot hold <{shortened(name)}>, which is skipped"
                self._remark(child, what, name, known)

    def _read_nested(self, child: _XmlElement, nesting: Nesting, parent: str, values: dict[str, Any]) -> None:
        held = values.get(nesting.field, ())
        if len(held) == nesting.at_most:
            what = f"<{parent}> holds more than {nesting.at_most} elements: divide them among several verbs"
            raise RcmlError(what, self._line(child))
        values[nesting.field] = (*held, self._read(child, nesting.elements[_name(child)], nesting.codes))

    def _value(
        self,
        element: _XmlElement,
        attribute: Attribute,
        written: str,
        place: Place,
        codes: Mapping[int, int],
    ) -> Any:
        written = written.strip()
        if not written and attribute.kind.empty_is_absent:
            return attribute.default
        try:
            value = attribute.kind.read(written, place)
            if attribute.minimum is not None and value < attribute.minimum:
                raise NotAllowed
        except NotAllowed as refusal:
            value = attribute.when_invalid if refusal.instead is None else refusal.instead
            allowed = attribute.allowed.replace("`", "")
            what = f"<{_name(element)}> {attribute.name}={shortened(written)!r}: allowed is {allowed};"
            code = attribute.code or UNKNOWN_NAME
            code = codes.get(code, code)
            self._remark(element, f"{what} {_shown(value)} is taken", code=code)
        return value

    def _count(self, element: _XmlElement) -> None:
        self._verbs_left -= 1
        if self._verbs_left < 0:
            raise self._too_many_verbs(element)

    def _too_many_verbs(self, element: _XmlElement) -> RcmlError:
        what = f"the document holds more than {MAX_VERBS} verbs: fetch the rest with <Redirect>"
        return RcmlError(what, self._line(element))

    def _remark(
        self,
        element: _XmlElement,
        message: str,
        name: str | None = None,
        known: Collection[str] = (),
        *,
        code: int = UNKNOWN_NAME,
        severity: Severity = Severity.ERROR,
    ) -> None:
        if len(self._problems) == MAX_WARNINGS:
            self._unlisted += 1
            return
        if name is not None and len(self._problems) < MAX_SUGGESTIONS:
            message += _suggestion(name, known)
        self._problems.append(Problem(code, message, self._line(element), severity))

    def _line(self, element: _XmlElement) -> int:
        return _line(element.sourceline) + self._skipped_lines


def _line(reported: object) -> int:
    return reported if isinstance(reported, int) else 1


def _name(element: _XmlElement) -> str:
    # Documents with a namespace of their own are read by their local names, as StAX gives them.
    return element.tag.rpartition("}")[2]


def _last_chunk(element: _XmlElement) -> str:
    chunks = [element.text, *(child.tail for child in element)]
    return next((chunk.strip() for chunk in reversed(chunks) if chunk and chunk.strip()), "")


def _text_of(element: _XmlElement, absorbs: frozenset[str]) -> str:
    if not len(element):
        return (element.text or "").strip()
    if _is_whole_text(element, absorbs):
        return " ".join(" ".join(str(chunk) for chunk in element.itertext()).split())
    return _last_chunk(element)


def _is_whole_text(element: _XmlElement, absorbs: frozenset[str]) -> bool:
    return bool(len(element) and absorbs) and all(_name(child) in absorbs for child in element)


def _suggestion(name: str, known: Collection[str]) -> str:
    # The comparison is quadratic in the length of a name.
    close = difflib.get_close_matches(name, known, n=1) if len(name) <= 40 else []
    same = [candidate for candidate in known if candidate.lower() == name.lower()]
    best = (same or close)[:1]
    return f"; did you mean {best[0]!r}?" if best else ""


def _shown(value: Any) -> str:
    if isinstance(value, enum.Enum):
        return repr(value.value)
    if isinstance(value, tuple):
        return ", ".join(_shown(item) for item in value) or "none"
    return "none" if value is None or value == "" else repr(value)
