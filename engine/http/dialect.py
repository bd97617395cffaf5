"""The two spellings of one API: Restcomm's and Twilio's."""

from __future__ import annotations

from dataclasses import dataclass

from engine.api_version import API_VERSION, TWILIOS_API_VERSION


@dataclass(frozen=True, eq=False)
class Dialect:
    """What differs between the dialects, besides the form of lists and errors."""

    name: str
    version: str
    """The date in every path, and the ``api_version`` of what is shown."""
    prefixes: tuple[str, ...]
    """What may stand before it."""
    created: int
    """Status of the answer to a creation."""
    deleted: int

    def accounts(self, prefix: str) -> str:
        """Return the path below which everything lies, with ``{account}`` in it."""
        return f"{prefix}/{self.version}/Accounts/{{account}}"


RESTCOMM = Dialect("Restcomm", API_VERSION, ("", "/restcomm", "/api"), created=200, deleted=200)
TWILIO = Dialect("Twilio", TWILIOS_API_VERSION, ("",), created=201, deleted=204)

ALL = (RESTCOMM, TWILIO)


def of_path(path: str) -> Dialect:
    """Return the dialect a request is written in."""
    return TWILIO if path.startswith(f"/{TWILIO.version}/") else RESTCOMM
