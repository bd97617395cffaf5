"""Clients (rest-api.md section 10)."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from engine.http.filters import Equals, Sorting
from engine.http.forms import Method
from engine.http.provisioning import Entry, StoredUrl
from engine.http.resources.declaration import ApiVersion, Place, Resource, Rfc2822, Shown
from engine.store import ClientRow

SHORTEST_PASSWORD = 8
_CLASSES = ("[a-z]", "[A-Z]", "[0-9]", "[^a-zA-Z0-9]")


class ShownClient(Shown):
    """A SIP user. Its password is known to nobody, the hashes of it are shown to nobody."""

    sid: str
    date_created: Rfc2822
    date_updated: Rfc2822
    account_sid: str
    api_version: ApiVersion
    friendly_name: str
    login: str
    password: str = ""
    password_algorithm: str = ""
    status: int
    voice_url: str
    voice_method: str
    voice_fallback_url: str
    voice_fallback_method: str
    voice_application_sid: str | None
    registered: int | None = None
    """From how many places it is registered now; null while the server starts. An addition of ours."""
    push_client_identity: str | None
    """By what name a push service would wake it; none unless `IsPushEnabled` was given."""
    source: str
    """`file` when the configuration file declares it, else `api`."""
    uri: str = ""


def _login(text: str) -> str:
    if re.search(r"[?=@:\"\\\s<>]", text) or not text.isprintable():
        raise ValueError('it contains invalid character(s): leave out blanks and ? = @ : " \\ < >')
    return text


def _strong(text: str) -> str:
    """Take a password of eight characters of three kinds (rest-api.md section 16)."""
    if len(text) < SHORTEST_PASSWORD or sum(re.search(kind, text) is not None for kind in _CLASSES) < 3:
        raise ValueError(
            f"this is too weak: give {SHORTEST_PASSWORD} characters or more, of three kinds out of small"
            " letters, capitals, digits and signs"
        )
    return text


Password = Annotated[str, AfterValidator(_strong)]


class ClientChange(Entry):
    """A request to change a client."""

    password: Password | None = Field(
        None, alias="Password", max_length=128, repr=False, description="Of eight characters of three kinds."
    )
    friendly_name: str = Field("", alias="FriendlyName", max_length=64)
    status: int = Field(1, alias="Status", ge=0, le=1, description="1 enabled, 0 closed.")
    voice_url: StoredUrl = Field(
        "", alias="VoiceUrl", description="When set, every call that the client makes runs this document."
    )
    voice_method: Method = Field("POST", alias="VoiceMethod", description="How it is requested.")
    voice_fallback_url: StoredUrl = Field(
        "", alias="VoiceFallbackUrl", description="The document when `VoiceUrl` fails."
    )
    voice_fallback_method: Method = Field("POST", alias="VoiceFallbackMethod")
    voice_application_sid: str | None = Field(
        None, alias="VoiceApplicationSid", description="An application whose URLs win over these."
    )
    is_push_enabled: bool = Field(
        False, alias="IsPushEnabled", description="Whether the client has a `push_client_identity`."
    )


class ClientCreation(ClientChange):
    """A request for a client."""

    login: Annotated[str, AfterValidator(_login)] = Field(
        alias="Login", max_length=64, description="The user name of registration."
    )
    password: Password = Field(alias="Password", max_length=128, repr=False)


def _show(row: ClientRow, place: Place) -> ShownClient:
    # The hashes stay in the row: shown is what is named here.
    shown = ShownClient.model_validate(row.values())
    shown.uri = place.uri("Clients", row.sid)
    return shown


CLIENTS = Resource(
    "Clients",
    "clients",
    ClientRow,
    _show,
    filters=(Equals("Login", ClientRow.login), Equals("FriendlyName", ClientRow.friendly_name)),
    sorting=Sorting({"DateCreated": ClientRow.date_created, "Login": ClientRow.login}),
    creation=ClientCreation,
    change=ClientChange,
    deletable=True,
    paged=False,
)
