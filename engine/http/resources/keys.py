"""API keys, with the shape of Twilio's, and users (rest-api.md section 8)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from engine.http.filters import Equals, Sorting
from engine.http.forms import Words
from engine.http.permissions import Role, read_scope
from engine.http.provisioning import Entry
from engine.http.resources.accounts import EmailAddress, RoleName
from engine.http.resources.clients import Password
from engine.http.resources.declaration import ApiVersion, Resource, Rfc2822, Shown, shown_as
from engine.store import ApiKeyRow, UserRow

_SCOPES = "Needed with the role Scoped: first names of paths, alone or with `:read` or `:write`."


class ShownKey(Shown):
    """A key. Its secret is in the answer to its making, and nowhere else."""

    only_restcomm: ClassVar[frozenset[str]] = frozenset({"role", "scopes", "user_sid", "uri"})

    sid: str
    friendly_name: str
    date_created: Rfc2822
    date_updated: Rfc2822
    account_sid: str
    secret: str | None
    role: str
    scopes: list[str]
    user_sid: str | None
    uri: str = ""


class ShownUser(Shown):
    """A person. The password is in the answer to the making, when it was made up, and nowhere else."""

    sid: str
    date_created: Rfc2822
    date_updated: Rfc2822
    account_sid: str
    name: str
    email_address: str
    phone_number: str
    role: str
    scopes: list[str]
    status: str
    password: str | None
    api_version: ApiVersion
    uri: str = ""


class _Rights(Entry):
    """What somebody may do."""

    role: RoleName = Field(Role.DEVELOPER, alias="Role", description="What it may do.")
    scopes: Words = Field((), alias="Scopes", description=_SCOPES)

    @model_validator(mode="after")
    def _scopes_are_of_scoped(self) -> Self:
        for scope in self.scopes:
            read_scope(scope)
        if bool(self.scopes) != (self.role is Role.SCOPED) and {"role", "scopes"} & self.model_fields_set:
            raise ValueError("Scopes and Role=Scoped belong together: give both or neither")
        return self


class KeyChange(Entry):
    """A request to rename a key; other rights need another key."""

    friendly_name: str = Field("", alias="FriendlyName", max_length=64)


class KeyCreation(_Rights):
    """A request for a key."""

    friendly_name: str = Field("", alias="FriendlyName", max_length=64)
    user_sid: str | None = Field(
        None,
        alias="UserSid",
        description="The user whose key it is, with the user's rights; at most two each.",
    )


class UserChange(_Rights):
    """A request to change a user."""

    name: str = Field("", alias="Name", max_length=64)
    phone_number: str = Field("", alias="PhoneNumber", max_length=32)
    password: Password | None = Field(None, alias="Password", max_length=128, repr=False)
    status: Annotated[Literal["active", "inactive"], BeforeValidator(lambda text: str(text).lower())] = Field(
        "active", alias="Status", description="An inactive user, and the user's keys, may do nothing."
    )


class UserCreation(UserChange):
    """A request for a user."""

    email_address: EmailAddress = Field(alias="EmailAddress", description="The user name.")


KEYS = Resource(
    "Keys",
    "keys",
    ApiKeyRow,
    shown_as(ShownKey, "Keys"),
    filters=(Equals("UserSid", ApiKeyRow.user_sid), Equals("FriendlyName", ApiKeyRow.friendly_name)),
    sorting=Sorting({"DateCreated": ApiKeyRow.date_created}),
    creation=KeyCreation,
    change=KeyChange,
    deletable=True,
)
USERS = Resource(
    "Users",
    "users",
    UserRow,
    shown_as(ShownUser, "Users"),
    filters=(Equals("EmailAddress", UserRow.email_address), Equals("Status", UserRow.status)),
    sorting=Sorting({"DateCreated": UserRow.date_created, "Name": UserRow.name}),
    creation=UserCreation,
    change=UserChange,
    deletable=True,
)
