"""Declaring verbs and nouns: one class per element, from which everything else is derived.

    @verb
    class Pause(Verb):
        '''Wait in silence.'''

        length: Seconds = attr("How long.", default=Seconds(1), minimum=1, code=13910)

        async def execute(self, call: Call) -> Next:
            await call.pause(self.length)
            return Flow.NEXT_VERB

``@verb`` and ``@noun`` turn the class into a frozen, keyword-only dataclass and derive its ``ElementSchema``:
names, kinds, limits and nesting for the parser, wordings for the reference page. ``@part`` is for a base
class that several of them share.
"""

from __future__ import annotations

import abc
import dataclasses
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast, dataclass_transform, get_args, get_type_hints

from rcml.errors import DeclarationError
from rcml.flow import Next
from rcml.values import Kind, kind_of

if TYPE_CHECKING:
    from rcml.call import Call

T = TypeVar("T")
E = TypeVar("E", bound="Element")


@dataclass(frozen=True)
class Remark:
    """Something that is wrong with an element, reported under a number of its own."""

    message: str
    code: int


@dataclass(frozen=True, kw_only=True)
class Element:
    """A verb or a noun, as it stands in a document."""

    line: int | None = field(default=None, compare=False, repr=False)
    """Line of the start tag, None for an element that was not read from a document."""

    schema: ClassVar[ElementSchema]

    def remarks(self) -> Iterator[str | Remark]:
        """Say what is odd about the element as a document wrote it, though it can be run."""
        yield from ()


class Verb(Element, abc.ABC):
    """An element that does something to a call."""

    runs_after_hangup: ClassVar[bool] = False
    """Whether the verb needs no caller."""

    @property
    def ends_document(self) -> bool:
        """Whether nothing after this verb can ever run."""
        return False

    @abc.abstractmethod
    async def execute(self, call: Call) -> Next:
        """Do it, and say where the document goes on."""


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """One attribute, or the text, of an element."""

    field: str
    name: str
    meaning: str
    kind: Kind
    default: Any
    when_invalid: Any
    minimum: int | None = None
    code: int | None = None
    """The number under which a value that is not allowed is reported; None when every value is."""
    absorbs: frozenset[str] = frozenset()
    """For a text: children whose own text is part of it."""
    markup: str = ""
    """For a text: the field that gets those children as SSML."""

    @property
    def allowed(self) -> str:
        """Which values may be written (Markdown)."""
        return self.kind.allowed + ("" if self.minimum is None else f" from {self.minimum}")


@dataclass(frozen=True, kw_only=True)
class Nesting:
    """The children an element may hold in one of its fields."""

    field: str
    meaning: str
    elements: Mapping[str, type[Element]]
    at_most: int
    codes: Mapping[int, int]
    """Numbers under which the children's warnings are reported here instead of their own."""


@dataclass(frozen=True, kw_only=True)
class ElementSchema:
    """Everything the parser and the reference page know of an element."""

    name: str
    aliases: tuple[str, ...]
    element: type[Element]
    meaning: str
    attributes: Mapping[str, Attribute]
    text: Attribute | None
    nestings: tuple[Nesting, ...]


_SPECIFICATION = "rcml"


def _declare(default: Any, *, secret: bool = False, **specification: Any) -> Any:
    return field(default=default, repr=not secret, metadata={_SPECIFICATION: specification})


def attr(
    meaning: str,
    *,
    default: T,
    name: str | None = None,
    kind: Kind | None = None,
    minimum: int | None = None,
    code: int | None = None,
    when_invalid: Any = MISSING,
    secret: bool = False,
) -> T:
    """Declare an attribute.

    Its XML name is the field's name in camelCase, its kind follows from the annotation. A value that is not
    allowed is reported as ``code``, else as its kind's code, and read as ``when_invalid``, else as
    ``default``. A ``secret`` is not shown when the element is.
    """
    when_invalid = default if when_invalid is MISSING else when_invalid
    declared: dict[str, Any] = {"meaning": meaning, "name": name, "kind": kind}
    declared |= {"minimum": minimum, "code": code, "when_invalid": when_invalid}
    return cast(T, _declare(default, secret=secret, role="attribute", **declared))


def text(
    meaning: str,
    *,
    default: T,
    kind: Kind | None = None,
    code: int | None = None,
    absorbs: frozenset[str] = frozenset(),
    markup: str = "",
) -> T:
    """Declare what the text of an element is.

    ``absorbs`` names children whose text belongs to it, ``markup`` the field that gets them as SSML.
    """
    declared: dict[str, Any] = {"meaning": meaning, "name": "text", "kind": kind, "code": code}
    declared |= {"absorbs": absorbs, "markup": markup}
    return cast(T, _declare(default, role="text", when_invalid=default, **declared))


def nested(meaning: str, *, default: T, at_most: int = 64, codes: Mapping[int, int] | None = None) -> T:
    """Declare which elements may stand inside; the annotation says ``tuple[Say | Play, ...]``."""
    return cast(T, _declare(default, role="nested", meaning=meaning, at_most=at_most, codes=codes or {}))


VERBS: dict[str, type[Verb]] = {}
"""Every verb by the names a document may use for it."""

V = TypeVar("V", bound=Verb)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(attr, text, nested))
def verb(cls: type[V]) -> type[V]:
    """Make a class a verb: a frozen dataclass with a schema, known to the parser by its name."""
    declared = _element(cls)
    if declared.schema.name in VERBS:
        raise DeclarationError(f"<{declared.schema.name}> is declared twice")
    VERBS[declared.schema.name] = declared
    return declared


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(attr, text, nested))
def noun(*, aliases: tuple[str, ...] = ()) -> Callable[[type[E]], type[E]]:
    """Make a class a noun: an element that only stands inside a verb, also under its ``aliases``."""

    def decorate(cls: type[E]) -> type[E]:
        return _element(cls, aliases)

    return decorate


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(attr, text, nested))
def part(cls: type[E]) -> type[E]:
    """Make a class the part that several elements have in common: its attributes are theirs."""
    return dataclass(frozen=True, kw_only=True)(cls)


def _element(cls: type[E], aliases: tuple[str, ...] = ()) -> type[E]:
    declared: type[E] = dataclass(frozen=True, kw_only=True)(cls)
    attributes: dict[str, Attribute] = {}
    texts: list[Attribute] = []
    nestings: list[Nesting] = []
    hints = get_type_hints(declared)
    own = cls.__annotations__
    # What an element shares with others comes after what is its own.
    for declaration in sorted(dataclasses.fields(declared), key=lambda each: each.name not in own):
        specification = dict(declaration.metadata.get(_SPECIFICATION, {}))
        role = specification.pop("role", None)
        if role == "nested":
            nestings.append(_nesting(declaration.name, hints[declaration.name], specification))
        elif role is not None:
            read = _attribute(declaration, hints[declaration.name], specification)
            if role == "text":
                texts.append(read)
            else:
                attributes[read.name] = read
    declared.schema = ElementSchema(
        name=declared.__name__,
        aliases=aliases,
        element=declared,
        meaning=inspect.getdoc(cls) or "",
        attributes=attributes,
        text=texts[0] if texts else None,
        nestings=tuple(nestings),
    )
    return declared


def _attribute(declaration: dataclasses.Field[Any], hint: Any, specification: dict[str, Any]) -> Attribute:
    specification["kind"] = specification["kind"] or kind_of(hint)
    specification["code"] = specification["code"] or specification["kind"].code
    specification["name"] = specification["name"] or _camel_case(declaration.name)
    return Attribute(field=declaration.name, default=declaration.default, **specification)


def _nesting(name: str, hint: Any, specification: dict[str, Any]) -> Nesting:
    items = [item for item in get_args(hint) if item is not Ellipsis]
    members = items if isinstance(items[0], type) else get_args(items[0])
    elements: dict[str, type[Element]] = {}
    for member in members:
        elements |= dict.fromkeys((member.schema.name, *member.schema.aliases), member)
    return Nesting(field=name, elements=elements, **specification)


def _camel_case(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
