"""Restcomm's Gateways: our trunks, by its names (rest-api.md section 17)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from engine.config.values import SipAddress
from engine.http.filters import Sorting
from engine.http.provisioning import Entry
from engine.http.resources.declaration import Place, Resource, Rfc2822, Shown
from engine.store import TrunkRow


def _with_scheme(text: Any) -> Any:
    """Return a proxy as a URI: Restcomm's have a host alone, or with its port."""
    written = str(text).strip()
    return written if written.lower().startswith(("sip:", "sips:")) else f"sip:{written}"


Proxy = Annotated[SipAddress, BeforeValidator(_with_scheme)]


class ShownGateway(Shown):
    """A carrier that we register with. Its password is not shown."""

    sid: str
    date_created: Rfc2822
    date_updated: Rfc2822
    friendly_name: str
    proxy: str
    register_: bool = Field(serialization_alias="register")
    user_name: str
    time_to_live: int
    up: bool | None = None
    """Whether it answers, as far as we know; null while the server starts."""
    registered: bool | None = None
    """Whether it has our contact; null when it wants none."""
    uri: str


class GatewayChange(Entry):
    """A request to change a gateway. What Restcomm knows nothing of is changed among the trunks."""

    friendly_name: str = Field("", alias="FriendlyName", max_length=128, description="What it is called.")
    username: str = Field("", alias="UserName", max_length=128, description="Digest user name.")
    password: str = Field("", alias="Password", max_length=128, repr=False, description="Digest password.")
    uri: Proxy | None = Field(
        None, alias="Proxy", max_length=256, description="The carrier: a host, `host:port`, or a SIP URI."
    )
    register_: bool = Field(False, alias="Register", description="Whether we REGISTER there.")
    register_expires: int = Field(
        3600, alias="TTL", ge=60, le=86_400, description="Seconds for which we ask to be registered."
    )

    def write(self, row: Any) -> None:
        """Write what was given; without an address a gateway is none, so that one given empty stays."""
        before = row.uri
        super().write(row)
        row.uri = row.uri or before
        if "register_" in self.model_fields_set:
            row.register = self.register_


class GatewayCreation(GatewayChange):
    """A request for a gateway."""

    username: str = Field(alias="UserName", max_length=128)
    password: str = Field(alias="Password", max_length=128, repr=False)
    uri: Proxy = Field(alias="Proxy", max_length=256)
    register_: bool = Field(alias="Register")


def _show(row: TrunkRow, place: Place) -> ShownGateway:
    return ShownGateway(
        sid=row.sid,
        date_created=row.date_created,
        date_updated=row.date_updated,
        friendly_name=row.friendly_name or row.name,
        proxy=row.uri.removeprefix("sip:"),
        register_=row.register,
        user_name=row.username,
        time_to_live=row.register_expires,
        uri=place.uri("Management/Gateways", row.sid),
    )


GATEWAYS = Resource(
    "Management/Gateways",
    "gateways",
    TrunkRow,
    _show,
    sorting=Sorting({"DateCreated": TrunkRow.date_created}),
    creation=GatewayCreation,
    change=GatewayChange,
    deletable=True,
    paged=False,
)
