"""The two spellings of one API: Restcomm's and Twilio's."""

from __future__ import annotations

from dataclasses import dataclass

from rcml.api_version import API_VERSION, TWILIOS_API_VERSION


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
    root: str
    """The element around every answer in XML."""

    def accounts(self, prefix: str) -> str:
        """Return the path below which everything lies, with ``{account}`` in it."""
        return f"{prefix}/{self.version}/Accounts/{{account}}"


RESTCOMM = Dialect(
    "Restcomm",
    API_VERSION,
    prefixes=("", "/restcomm", "/api"),
    created=200,
    deleted=200,
    root="RestcommResponse",
)
TWILIO = Dialect(
    "Twilio", TWILIOS_API_VERSION, prefixes=("",), created=201, deleted=204, root="TwilioResponse"
)

ALL = (RESTCOMM, TWILIO)
_BEGINNINGS = tuple(f"{prefix}/{spoken.version}/" for spoken in ALL for prefix in spoken.prefixes)


def of_path(path: str) -> Dialect:
    """Return the dialect a request is written in."""
    return TWILIO if path.startswith(f"/{TWILIO.version}/") else RESTCOMM


def is_spoken_at(path: str) -> bool:
    """Say whether a path is one of the API, where a dialect decides how errors look too."""
    return path.startswith(_BEGINNINGS)
