"""Reads the configuration file and knows the line of each key, for messages and ``dialplane config``."""

import re
import tomllib
from pathlib import Path
from typing import Any

from engine.errors import ConfigurationError

_TABLE = re.compile(r"\s*\[\[?\s*([\w-]+)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"\s*\"?([\w-]+)\"?\s*(?:\.\s*\"?([\w-]+)\"?\s*)?=")
_PLACE = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")


def read(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the file's tables, and ``FILE:LINE`` by key such as ``sip.listen`` or ``numbers[0].number``."""
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            f"{path}: there is no such file; name one with --config, or leave it out"
        ) from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(_syntax_problem(path, str(error))) from None
    except ValueError as error:
        raise ConfigurationError(f"{path}: a number is too long: {error}") from None
    except RecursionError:
        raise ConfigurationError(f"{path}: brackets lie too deep in one another") from None
    return tree, {key: f"{path}:{line}" for key, line in lines_of_keys(text).items()}


def lines_of_keys(text: str) -> dict[str, int]:
    """Return the line, counted from 1, on which each table and key begins.

    Reads line by line: what looks like a key inside a multi-line string is taken for one. The result
    serves messages only, and the first place of a key wins.
    """
    lines: dict[str, int] = {}
    entries: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _TABLE.match(line):
            table = header[1]
            if line.lstrip().startswith("[["):
                entries[table] = entries.get(table, -1) + 1
                table = f"{table}[{entries[table]}]"
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            name = ".".join(part for part in (table, key[1], key[2]) if part)
            lines.setdefault(name, number)
    return lines


def _syntax_problem(path: Path, message: str) -> str:
    place = _PLACE.search(message)
    if place is None or place[1] is None:
        return f"{path}: {_PLACE.sub('', message)} at its end; this is not TOML"
    return f"{path}:{place[1]}: {_PLACE.sub('', message)} in column {place[2]}; this is not TOML"
