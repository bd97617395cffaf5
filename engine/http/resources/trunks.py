"""Trunks: ours alone, neither Restcomm nor Twilio has them in this form (interface section 2)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from engine.config.values import Network, SipAddress
from engine.http.filters import Equals, Sorting
from engine.http.forms import Words, words
from engine.http.provisioning import Entry
from engine.http.resources.declaration import Place, Resource, Rfc2822, Shown
from engine.store import TrunkRow

CODECS = ("PCMU", "PCMA", "G722", "opus")


class ShownTrunk(Shown):
    """A carrier or PBX. Its password is not shown."""

    sid: str
    date_created: Rfc2822
    date_updated: Rfc2822
    account_sid: str
    name: str
    sip_uri: str
    username: str
    register_: bool = Field(serialization_alias="register")
    register_expires: int
    allow_from: list[str]
    prefixes: list[str]
    codecs: list[str]
    realm: str
    number_format: str
    identity: str
    up: bool | None = None
    """Whether it answers, as far as we know; null while the server starts."""
    registered: bool | None = None
    """Whether it has our contact; null when it wants none."""
    source: str
    """`file` when the configuration file declares it, else `api`."""
    uri: str


class TrunkChange(Entry):
    """A request to change a trunk; its fields are the keys of `[[trunks]]`."""

    uri: SipAddress | None = Field(
        None, alias="SipUri", max_length=256, description="SIP URI that calls are sent to."
    )
    username: str = Field("", alias="Username", max_length=128, description="Digest user name.")
    password: str = Field("", alias="Password", max_length=128, repr=False, description="Digest password.")
    register_: bool = Field(False, alias="Register", description="Whether we REGISTER there.")
    register_expires: int = Field(
        3600,
        alias="RegisterExpires",
        ge=60,
        le=86_400,
        description="Seconds for which we ask to be registered.",
    )
    allow_from: Annotated[tuple[Network, ...], BeforeValidator(words)] = Field(
        (), alias="AllowFrom", description="Networks whose calls are this trunk's, separated by commas."
    )
    prefixes: Words = Field(
        (), alias="Prefixes", description="Dialled numbers that go to it; the longest prefix wins."
    )
    codecs: Words = Field(CODECS, alias="Codecs", description="Codecs offered, most wanted first.")
    realm: str = Field("", alias="Realm", max_length=128, description="The only realm that is answered.")
    number_format: Literal["dialled", "e164", "digits"] = Field(
        "dialled", alias="NumberFormat", description="How numbers are sent."
    )
    identity: Literal["p-asserted-identity", "remote-party-id", "both", "none"] = Field(
        "p-asserted-identity", alias="Identity", description="Header that tells it who calls."
    )

    def write(self, row: Any) -> None:
        """Write what was given; without an address a trunk is none, so that one given empty stays."""
        before = row.uri
        super().write(row)
        row.uri = row.uri or before
        row.allow_from = [str(network) for network in row.allow_from]
        row.prefixes, row.codecs = list(row.prefixes), list(row.codecs)
        if "register_" in self.model_fields_set:
            row.register = self.register_


class TrunkCreation(TrunkChange):
    """A request for a trunk."""

    name: str = Field(alias="Name", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", description="Its name.")
    uri: SipAddress = Field(alias="SipUri", max_length=256)


def _show(row: TrunkRow, place: Place) -> ShownTrunk:
    return ShownTrunk.model_validate(
        row.values() | {"sip_uri": row.uri, "register_": row.register, "uri": place.uri("Trunks", row.sid)}
    )


TRUNKS = Resource(
    "Trunks",
    "trunks",
    TrunkRow,
    _show,
    filters=(Equals("Name", TrunkRow.name),),
    sorting=Sorting({"DateCreated": TrunkRow.date_created, "Name": TrunkRow.name}),
    creation=TrunkCreation,
    change=TrunkChange,
    deletable=True,
)
