"""Forms: the parameters of a request, read into one declared value (rest-api.md section 1.1)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, TypeVar
from urllib.parse import parse_qsl

from aiohttp import web
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError

from engine.http.broken_requests import body_of
from engine.http.problems import Problem
from rcml.errors import InvalidUrl
from rcml.values import Url

F = TypeVar("F", bound="Form")


class Form(BaseModel):
    """What a request may say; the class declares names, types and defaults. Other names are ignored."""

    # Made ready by their first request: a hundred forms and answers are 5 % of a start.
    model_config = ConfigDict(str_strip_whitespace=True, frozen=True, extra="ignore", defer_build=True)

    keeps_blanks: ClassVar[bool] = False
    """Whether a parameter that is given empty is other than one that is not given."""


def checked_url(text: str) -> str:
    """Take an http or https URL, or a path of this server."""
    try:
        return text if text.startswith("/") else Url(text).absolute()
    except InvalidUrl as error:
        raise ValueError(error.message) from None


def words(text: Any) -> Any:
    return tuple(word for word in re.split(r"[\s,]+", text) if word) if isinstance(text, str) else text


def _upper(text: Any) -> Any:
    return text.upper() if isinstance(text, str) else text


HttpUrl = Annotated[str, AfterValidator(checked_url)]
Method = Annotated[Literal["GET", "POST"], BeforeValidator(_upper)]
Words = Annotated[tuple[str, ...], BeforeValidator(words)]
"""Several words, separated by blanks or commas, or given as a parameter each."""

_CURES = {
    "int_parsing": "write a whole number",
    "float_parsing": "write a number",
    "bool_parsing": "write true or false",
}
_INVALID = 21218
"""Twilio's code for a parameter that cannot be used."""
MOST_ON_THE_LOOP = 8_192
"""Octets of a form that the event loop reads itself; a megabyte of escapes takes a tenth of a second."""
MOST_PARAMETERS = 500
"""Far beyond what any resource knows."""


async def read_form(request: web.Request, kind: type[F]) -> F:
    """Return the request's form; raises :class:`Problem` with the first mistake in it."""
    if request.content_type not in ("application/x-www-form-urlencoded", "application/octet-stream"):
        # Octets are what a client sends that names no type, with an empty body for instance.
        raise Problem(415, "Send the parameters as application/x-www-form-urlencoded.")
    if (request.charset or "utf-8").lower() not in ("utf-8", "utf8", "us-ascii", "ascii"):
        raise Problem(415, f"charset = {request.charset!r}: send the parameters in UTF-8.")
    body = await body_of(request) if request.content_type.endswith("urlencoded") else b""
    if len(body) <= MOST_ON_THE_LOOP:
        return checked(read_fields(body, keep_blanks=kind.keeps_blanks), kind)
    return checked(await asyncio.to_thread(read_fields, body, keep_blanks=kind.keeps_blanks), kind)


def read_fields(body: bytes, *, keep_blanks: bool) -> dict[str, list[str]]:
    """Return the values of each parameter of an encoded form; raises :class:`Problem`."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Problem(400, "The parameters are not UTF-8.", twilio=(400, _INVALID)) from None
    # Counted first: to decode 10,000 names takes longer than the event loop may be kept.
    if text.count("&") >= MOST_PARAMETERS:
        raise Problem(
            400, f"There are {text.count('&') + 1} parameters, of which {MOST_PARAMETERS} are read."
        )
    fields: dict[str, list[str]] = {}
    for name, value in parse_qsl(text, keep_blank_values=keep_blanks):
        refuse_nul(name, value)
        if value.strip() or keep_blanks:
            fields.setdefault(name, []).append(value)
    return fields


def refuse_nul(name: str, value: str) -> None:
    """Refuse a text with a character that no database keeps; raises :class:`Problem`."""
    if "\0" in value:
        message = f"{name[:80]}: it holds a NUL character; leave it out."
        raise Problem(400, message, twilio=(400, _INVALID))


def checked(fields: Mapping[str, Sequence[str]], kind: type[F]) -> F:
    """Return the form that the parameters make; raises :class:`Problem` with the first mistake."""
    try:
        return kind.model_validate({name: " ".join(values) for name, values in fields.items()})
    except ValidationError as error:
        details = error.errors(include_url=False)[0]
        raise Problem(400, _sentence(details), twilio=(400, _INVALID)) from None


def _sentence(details: Any) -> str:
    name = ".".join(str(step) for step in details["loc"])
    if details["type"] == "missing":
        return f"{name} can not be null."
    if details["type"] == "value_error":
        what = str(details["ctx"]["error"])
    else:
        what = _CURES.get(details["type"]) or re.sub(r"^Input should be", "it must be", str(details["msg"]))
    if not name:
        return what
    shown = "" if name.lower().endswith("password") else f" = {str(details['input'])[:80]!r}"
    return f"{name}{shown}: {what}"
