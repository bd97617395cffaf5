"""Accounts (rest-api.md section 7)."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from engine.http.dialect import TWILIO
from engine.http.filters import Equals, Sorting
from engine.http.permissions import Role, read_role
from engine.http.provisioning import Entry
from engine.http.resources.clients import Password
from engine.http.resources.declaration import Place, Resource, Rfc2822, Shown
from engine.store import AccountRow

_ADDRESS = re.compile(r"[^@\s\"<>,;:\\()\[\]]{1,64}@[A-Za-z0-9.-]{1,190}")
_BELOW = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower(): name
    for name in (
        *("Applications", "Calls", "Clients", "Conferences", "IncomingPhoneNumbers", "Keys"),
        *("Notifications", "OutgoingCallerIds", "Queues", "Recordings", "Traces", "Transcriptions", "Users"),
    )
} | {"sms_messages": "SMS/Messages"}


class ShownAccount(Shown):
    """An account. Its token is shown to administrators alone."""

    only_restcomm: ClassVar[frozenset[str]] = frozenset({"organization", "email_address", "role"})
    only_twilio: ClassVar[frozenset[str]] = frozenset({"owner_account_sid"})

    sid: str
    organization: str = ""
    """Empty: a server is one organization."""
    owner_account_sid: str
    """The account above; its own sid for the root account."""
    friendly_name: str
    email_address: str | None
    type: str
    status: str
    role: str
    date_created: Rfc2822
    date_updated: Rfc2822
    auth_token: str
    uri: str = ""
    subresource_uris: dict[str, str] = {}  # noqa: RUF012  pydantic copies it


def address(text: str) -> str:
    """Take an e-mail address; letter case makes no other one."""
    if not _ADDRESS.fullmatch(text) or not text.isprintable():
        raise ValueError("write an e-mail address, such as name@example.com")
    return text.lower()


def _lower(text: Any) -> Any:
    return text.lower() if isinstance(text, str) else text


EmailAddress = Annotated[str, AfterValidator(address)]
Status = Annotated[Literal["uninitialized", "active", "suspended", "closed"], BeforeValidator(_lower)]
RoleName = Annotated[Role, BeforeValidator(lambda text: read_role(str(text)))]


class AccountChange(Entry):
    """A request to change an account."""

    friendly_name: str = Field("", alias="FriendlyName", max_length=64)
    password: Password | None = Field(
        None,
        alias="Password",
        max_length=128,
        repr=False,
        description="The auth token becomes the hex MD5 of it, as Restcomm's clients expect.",
    )
    role: RoleName | None = Field(None, alias="Role", description="Given by an account above alone.")
    status: Status | None = Field(
        None,
        alias="Status",
        description="Given by an account above alone, and to all accounts below too. Closed is for ever.",
    )


class AccountCreation(AccountChange):
    """A request for a sub-account."""

    email_address: EmailAddress | None = Field(
        None, alias="EmailAddress", description="Its other user name; Restcomm's dialect wants one."
    )


def _show(row: AccountRow, place: Place) -> ShownAccount:
    values = {name: getattr(row, name) for name in row.attributes()}
    of_it = Place(row.sid, place.public_url, place.dialect)
    return ShownAccount.model_validate(
        values
        | {
            "owner_account_sid": row.parent_sid or row.sid,
            "uri": of_it.uri(),
            "subresource_uris": _below(of_it),
        }
    )


def _below(place: Place) -> dict[str, str]:
    if place.dialect is TWILIO:
        return {key: place.uri(name) for key, name in _BELOW.items()}
    return {key: "/restcomm" + place.uri(name, suffix="") for key, name in _BELOW.items()}


ACCOUNTS = Resource(
    "Accounts",
    "accounts",
    AccountRow,
    _show,
    filters=(Equals("FriendlyName", AccountRow.friendly_name), Equals("Status", AccountRow.status)),
    sorting=Sorting({"DateCreated": AccountRow.date_created, "FriendlyName": AccountRow.friendly_name}),
    creation=AccountCreation,
    change=AccountChange,
    paged=False,
)
