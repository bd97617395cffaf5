"""Reads ``DIALPLANE_<SECTION>__<KEY>`` variables."""

import difflib
import json
from collections.abc import Mapping
from typing import Any, get_origin

from pydantic import BaseModel

from engine.config.schema import Declarations
from engine.errors import ConfigurationError

PREFIX = "DIALPLANE_"


def variable(section: str, key: str = "") -> str:
    """Return the variable's name for a key, or for a whole table of entries such as ``numbers``."""
    return PREFIX + (f"{section}__{key}" if key else section).upper()


def known_variables() -> dict[str, tuple[str, str, bool]]:
    """Return section, key and "is it a list" of each variable that means something."""
    known: dict[str, tuple[str, str, bool]] = {}
    for section, declared in Declarations.model_fields.items():
        table = declared.annotation
        if isinstance(table, type) and issubclass(table, BaseModel):
            for key, field in table.model_fields.items():
                key = field.alias or key
                known[variable(section, key)] = section, key, get_origin(field.annotation) is tuple
        else:
            known[variable(section)] = section, "", True
    return known


def read(environ: Mapping[str, str]) -> dict[tuple[str, str], tuple[Any, str]]:
    """Return value and variable by (section, key); key is empty for a whole table.

    A name that holds ``__``, or that nearly is one of ours, must be one of ours.
    """
    known = known_variables()
    found: dict[tuple[str, str], tuple[Any, str]] = {}
    problems = []
    for name in sorted(environ):
        if not name.startswith(PREFIX):
            continue
        if name in known:
            section, key, is_list = known[name]
            found[section, key] = _value(name, environ[name], is_list, of_tables=not key), name
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.6 if "__" in name else 0.92)
        if near or "__" in name:
            hint = f"; did you mean {near[0]}?" if near else "; see docs/reference/configuration.md"
            problems.append(f"{name}: there is no such key{hint}")
    if problems:
        raise ConfigurationError(*problems)
    return found


def _value(name: str, text: str, is_list: bool, of_tables: bool) -> Any:
    if not is_list:
        return text
    if not of_tables and not text.lstrip().startswith("["):
        return [item.strip() for item in text.split(",") if item.strip()]
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list):
        wanted = '[{"number": "+15551230001", ...}]' if of_tables else '["a", "b"], or a,b'
        raise ConfigurationError(f"{name}: {text[:80]!r} is not a list; write JSON such as {wanted}")
    return value
