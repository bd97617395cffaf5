"""The effective configuration as text: what ``dialplane config`` prints."""

from __future__ import annotations

from itertools import groupby

from engine.config.settings import Settings

_COLUMN = 52
"""Where the origin begins, as far as the value leaves room."""


def as_toml(settings: Settings) -> str:
    """Return TOML that sets every key, with its origin in a comment. Secrets are masked."""
    lines: list[str] = []
    for section, entries in groupby(settings.effective(), key=lambda entry: entry.section):
        name = section.partition("[")[0]
        lines += ["", f"[{name}]" if name == section else f"[[{name}]]"]
        lines += [f"{f'{entry.key} = {entry.value}':<{_COLUMN}} # {entry.origin}" for entry in entries]
    return "\n".join(lines[1:])
