"""What is said of an address that cannot be listened on: why, and how to take another one."""

from __future__ import annotations

import os

from engine.config.environment import PREFIX
from engine.errors import ConfigurationError


def cannot_listen(key: str, where: str, error: OSError) -> ConfigurationError:
    """Return the error for ``where``, which is, or is one of, the value of ``key``."""
    section, _, name = key.partition(".")
    address, _, port = where.rpartition(":")
    another = f"{address}:{int(port) + 1}"
    reason = os.strerror(error.errno) if error.errno else str(error)
    return ConfigurationError(
        f"{key} = {where!r}: cannot listen there: {reason}; choose another port: {name} in [{section}] of "
        f"dialplane.toml, or {PREFIX}{section.upper()}__{name.upper()}={another} before the command"
    )
