"""Joins defaults, file, environment and command line into :class:`Settings`; the later wins."""

import difflib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError

from engine.config import environment, toml_source
from engine.config.schema import Declarations
from engine.config.section import MASK
from engine.config.settings import LOOPBACK, Settings
from engine.errors import ConfigurationError

DEFAULT_FILE = Path("dialplane.toml")

_CURES = {
    "int_parsing": "write a whole number",
    "int_type": "write a whole number",
    "int_from_float": "write a whole number",
    "float_parsing": "write a number",
    "float_type": "write a number",
    "finite_number": "write a finite number",
    "bool_parsing": "write true or false",
    "bool_type": "write true or false",
    "string_type": "write a text in quotes",
    "tuple_type": 'write a list, such as ["a", "b"]',
    "model_type": "write a table",
    "model_attributes_type": "write a table",
    "missing": "this key must be given",
    "string_too_short": "it may not be empty",
    "too_short": "it may not be empty",
}


@dataclass(frozen=True)
class Sources:
    """Where a configuration is read from; reading twice is how SIGHUP works."""

    file: Path | None = None
    """None: ``dialplane.toml`` in the current directory, when there is one."""
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    options: Mapping[str, tuple[Any, str]] = field(default_factory=dict)
    """Value and option name by dotted key: ``{"rcml.app_url": (url, "--app")}``."""
    dev: bool = False
    """Whether applications on this machine may be reached, as ``dialplane dev`` wants it."""

    def load(self) -> Settings:
        """Return the configuration as it stands now; raise :exc:`ConfigurationError` with every mistake."""
        tree: dict[str, Any] = {}
        origins: dict[str, str] = {}
        path = self._path()
        if path is not None:
            tree, origins = toml_source.read(path)
        for (section, key), (value, name) in environment.read(self.environ).items():
            _set(tree, origins, section, key, value, name)
        for dotted, (value, option) in self.options.items():
            section, _, key = dotted.partition(".")
            _set(tree, origins, section, key, value, option)
        if self.dev and "allow_networks" not in _table(tree, "webhooks"):
            _set(tree, origins, "webhooks", "allow_networks", list(LOOPBACK), "dialplane dev")
        try:
            settings = Settings.model_validate(tree)
        except ValidationError as error:
            raise ConfigurationError(*_problems(error, origins, path)) from None
        settings._origins = origins
        return settings

    def _path(self) -> Path | None:
        if self.file is not None:
            return self.file
        return DEFAULT_FILE if DEFAULT_FILE.is_file() else None


def _table(tree: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    table = tree.get(section, {})
    return table if isinstance(table, Mapping) else {}


def _set(
    tree: dict[str, Any], origins: dict[str, str], section: str, key: str, value: Any, origin: str
) -> None:
    if not key:
        tree[section] = value
        for stale in [path for path in origins if path.startswith(f"{section}[")]:
            del origins[stale]
        for index, entry in enumerate(value):
            origins[f"{section}[{index}]"] = origin
            origins.update(
                {f"{section}[{index}].{name}": origin for name in entry} if isinstance(entry, dict) else {}
            )
        return
    # A table the file got wrong keeps its own error: validation sees the file's value.
    table = tree.setdefault(section, {})
    if isinstance(table, dict):
        table[key] = value
        origins[f"{section}.{key}"] = origin


def _problems(error: ValidationError, origins: Mapping[str, str], path: Path | None) -> list[str]:
    errors = error.errors(include_url=False)
    # A list whose only entry is wrong also counts as too short; the entry's own error says enough.
    wrong_entries = {details["loc"][:-1] for details in errors}
    plain = (each for each in errors if each["type"] != "too_short" or each["loc"] not in wrong_entries)
    return [_problem(details, origins, path) for details in plain]


def _problem(details: Any, origins: Mapping[str, str], path: Path | None) -> str:
    steps = details["loc"]
    where = _origin(steps, origins) or str(path or "configuration")
    name = _dotted(steps)
    if details["type"] == "extra_forbidden":
        return f"{where}: there is no key {name}{_did_you_mean(steps)}"
    shown = (
        ""
        if details["type"] == "missing" or isinstance(details["input"], dict | BaseModel)
        else _shown(details)
    )
    return f"{where}: {f'{name}{shown}: ' if name else ''}{_cure(details)}"


def _shown(details: Any) -> str:
    steps = details["loc"]
    secret = isinstance(details["input"], SecretStr) or steps[-1] in ("password", "auth_token", "token")
    return f" = {MASK}" if secret else f" = {str(details['input'])[:80]!r}"


def _cure(details: Any) -> str:
    if details["type"] == "value_error":
        return str(details["ctx"]["error"])
    message = str(details["msg"])
    if details["type"] in _CURES:
        return _CURES[details["type"]]
    return re.sub(r"^Input should be", "it must be", message)


def _origin(steps: Sequence[str | int], origins: Mapping[str, str]) -> str | None:
    for length in range(len(steps), 0, -1):
        if origin := origins.get(_dotted(steps[:length])):
            return origin
    # A section has no origin of its own when no header was written: one of its keys has.
    prefix = _dotted(steps) + "."
    return next((origin for path, origin in origins.items() if path.startswith(prefix)), None)


def _dotted(steps: Sequence[str | int]) -> str:
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _did_you_mean(steps: Sequence[str | int]) -> str:
    unknown = str(steps[-1])
    keys = _keys_of(Declarations if len(steps) == 1 else _section_class(str(steps[0])))
    homes = [section for section in Declarations.model_fields if unknown in _keys_of(_section_class(section))]
    if homes:
        return f"; {unknown} belongs into [{homes[0]}]"
    if near := difflib.get_close_matches(unknown, keys, n=1, cutoff=0.6):
        return f"; did you mean {near[0]}?"
    # Nothing is near: the whole choice is short enough to show.
    return f"; known are {', '.join(keys)}"


def _keys_of(model: type[BaseModel]) -> list[str]:
    return [declared.alias or name for name, declared in model.model_fields.items()]


def _section_class(section: str) -> type[BaseModel]:
    annotation = Declarations.model_fields[section].annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    entry: type[BaseModel] = annotation.__args__[0]  # type: ignore[union-attr]
    return entry
