"""Applications (rest-api.md section 9): URLs under a name, for several numbers and clients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import AliasChoices, Field
from sqlalchemy import or_

from engine.http.filters import Equals, Sorting
from engine.http.forms import Method
from engine.http.provisioning import Entry, StoredUrl
from engine.http.resources.declaration import Place, Resource, Rfc2822, Shown
from engine.store import ApplicationRow, NumberRow, Store
from rcml.api_version import API_VERSION, ApiVersion

_NAMED_BY = (
    *(NumberRow.voice_application_sid, NumberRow.sms_application_sid),
    NumberRow.refer_application_sid,
)


class ShownApplication(Shown):
    """An application."""

    only_restcomm: ClassVar[frozenset[str]] = frozenset({"rcml_url", "kind"})

    sid: str
    date_created: Rfc2822
    date_updated: Rfc2822
    friendly_name: str
    account_sid: str
    api_version: str
    """Whose words callbacks of its calls use."""
    voice_caller_id_lookup: bool = False
    uri: str = ""
    rcml_url: str
    kind: str
    voice_url: str
    voice_method: str
    voice_fallback_url: str
    voice_fallback_method: str
    status_callback: str
    status_callback_method: str
    sms_url: str
    sms_method: str
    sms_fallback_url: str
    sms_fallback_method: str


class ApplicationForm(Entry):
    """A request for an application, or to change one."""

    friendly_name: str = Field("", alias="FriendlyName", max_length=64)
    voice_url: StoredUrl = Field(
        "",
        validation_alias=AliasChoices("VoiceUrl", "RcmlUrl"),
        serialization_alias="VoiceUrl",
        description="The document of a call; `RcmlUrl` is another name.",
    )
    voice_method: Method = Field("POST", alias="VoiceMethod", description="How it is requested.")
    voice_fallback_url: StoredUrl = Field(
        "", alias="VoiceFallbackUrl", description="The document when `VoiceUrl` fails."
    )
    voice_fallback_method: Method = Field("POST", alias="VoiceFallbackMethod")
    status_callback: StoredUrl = Field(
        "", alias="StatusCallback", description="Told each state that a call to a number reaches."
    )
    status_callback_method: Method = Field("POST", alias="StatusCallbackMethod")
    api_version: ApiVersion = Field(
        API_VERSION,
        alias="ApiVersion",
        description="Whose words callbacks use: Restcomm's, or those of Twilio's 2010-04-01; those of the"
        " dialect it is made in when absent.",
    )
    kind: Literal["voice", "sms"] = Field(
        "voice", alias="Kind", description="What `RcmlUrl` answers; USSD is not offered."
    )
    sms_url: StoredUrl = Field(
        "",
        alias="SmsUrl",
        description="The document of a text to a number that names it as `SmsApplicationSid`; `VoiceUrl`"
        " when absent.",
    )
    sms_method: Method = Field("POST", alias="SmsMethod", description="How it is requested.")
    sms_fallback_url: StoredUrl = Field(
        "", alias="SmsFallbackUrl", description="The document when `SmsUrl` fails."
    )
    sms_fallback_method: Method = Field("POST", alias="SmsFallbackMethod")


def _show(row: ApplicationRow, place: Place) -> ShownApplication:
    return ShownApplication.model_validate(
        row.values() | {"rcml_url": row.voice_url, "uri": place.uri("Applications", row.sid)}
    )


async def _numbers(
    store: Store, rows: Sequence[ApplicationRow], query: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Return the numbers that name each application, when ``includeNumbers=true`` asks for them."""
    if query.get("includeNumbers", "").lower() != "true":
        return {}
    sids = [row.sid for row in rows]
    found: dict[str, dict[str, Any]] = {sid: {"numbers": []} for sid in sids}
    for number in await store.find(NumberRow, or_(*(column.in_(sids) for column in _NAMED_BY))):
        named = {column.key: getattr(number, column.key) for column in _NAMED_BY}
        own = ("sid", "account_sid", "phone_number", "friendly_name")
        shown = {name: getattr(number, name) for name in own} | named
        for sid in found.keys() & named.values():
            found[sid]["numbers"].append(shown)
    return found


APPLICATIONS = Resource(
    "Applications",
    "applications",
    ApplicationRow,
    _show,
    joined=_numbers,
    filters=(Equals("FriendlyName", ApplicationRow.friendly_name),),
    sorting=Sorting(
        {"DateCreated": ApplicationRow.date_created, "FriendlyName": ApplicationRow.friendly_name}
    ),
    creation=ApplicationForm,
    change=ApplicationForm,
    deletable=True,
    paged=False,
)
