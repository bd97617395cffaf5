"""Incoming phone numbers (rest-api.md section 11)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, ClassVar, Self

from pydantic import AliasChoices, Field, PlainSerializer, SerializationInfo, model_validator

from engine.exchange.routing import LONGEST_NUMBER
from engine.http.dialect import TWILIO
from engine.http.filters import Equals, Like, Sorting
from engine.http.forms import Method
from engine.http.provisioning import Entry, StoredUrl
from engine.http.resources.declaration import Place, Resource, Rfc2822, Shown, dialect_of
from engine.number_pattern import compile_pattern
from engine.store import NumberRow
from rcml.api_version import API_VERSION, ApiVersion

_SEPARATORS = re.compile(r"[\s().-]")
_PATTERN_SIGNS = re.compile(r"[][.(){}|?^$\\]|(?<=.)[*+]|^\*$")
_KINDS = {"Local": "local", "TollFree": "toll-free", "Mobile": "mobile"}
_REPEATS = 3
_CHOICES = 6


def _capabilities(able: bool, info: SerializationInfo) -> dict[str, bool]:
    ending = "" if dialect_of(info) is TWILIO else "_capable"
    return {f"voice{ending}": able} | {f"{kind}{ending}": False for kind in ("sms", "mms", "fax")}


class ShownNumber(Shown):
    """A number that callers may dial."""

    only_restcomm: ClassVar[frozenset[str]] = frozenset(
        {"source", "is_regex", "refer_url", "refer_method", "refer_application_sid"}
        | {f"ussd_{name}" for name in ("url", "method", "fallback_url", "fallback_method", "application_sid")}
    )

    sid: str
    account_sid: str
    friendly_name: str
    phone_number: str
    is_regex: bool
    """Whether `phone_number` is a pattern that a dialled number matches in full."""
    voice_url: str
    voice_method: str
    voice_fallback_url: str
    voice_fallback_method: str
    status_callback: str
    status_callback_method: str
    voice_caller_id_lookup: bool = False
    voice_application_sid: str | None
    date_created: Rfc2822
    date_updated: Rfc2822
    sms_url: str
    sms_method: str
    sms_fallback_url: str
    sms_fallback_method: str
    sms_application_sid: str | None
    ussd_url: None = None
    """None, as the next ones: USSD is not spoken here."""
    ussd_method: None = None
    ussd_fallback_url: None = None
    ussd_fallback_method: None = None
    ussd_application_sid: None = None
    refer_url: str
    refer_method: str
    refer_application_sid: str | None
    capabilities: Annotated[bool, PlainSerializer(_capabilities, return_type=dict[str, bool])] = True
    api_version: str
    """Whose words its callbacks use."""
    source: str
    """`file` when the configuration file declares it, else `api`."""
    uri: str = ""


class NumberChange(Entry):
    """A request to change a number."""

    friendly_name: str = Field("", alias="FriendlyName", max_length=64)
    voice_url: StoredUrl = Field("", alias="VoiceUrl", description="The document of a call to the number.")
    voice_method: Method = Field("POST", alias="VoiceMethod", description="How it is requested.")
    voice_fallback_url: StoredUrl = Field(
        "", alias="VoiceFallbackUrl", description="The document when `VoiceUrl` fails."
    )
    voice_fallback_method: Method = Field("POST", alias="VoiceFallbackMethod")
    voice_application_sid: str | None = Field(
        None, alias="VoiceApplicationSid", description="An application whose URLs win over these."
    )
    status_callback: StoredUrl = Field(
        "", alias="StatusCallback", description="Told each state that the call reaches."
    )
    status_callback_method: Method = Field("POST", alias="StatusCallbackMethod")
    sms_url: StoredUrl = Field("", alias="SmsUrl", description="The document of a text to the number.")
    sms_method: Method = Field("POST", alias="SmsMethod", description="How it is requested.")
    sms_fallback_url: StoredUrl = Field("", alias="SmsFallbackUrl", description="When `SmsUrl` fails.")
    sms_fallback_method: Method = Field("POST", alias="SmsFallbackMethod")
    refer_url: StoredUrl = Field(
        "", alias="ReferUrl", description="The document of a call transferred to us by REFER."
    )
    refer_method: Method = Field("POST", alias="ReferMethod")
    sms_application_sid: str | None = Field(
        None, alias="SmsApplicationSid", description="An application that answers texts instead of `SmsUrl`."
    )
    refer_application_sid: str | None = Field(
        None, alias="ReferApplicationSid", description="An application that runs instead of `ReferUrl`."
    )
    api_version: ApiVersion = Field(
        API_VERSION,
        alias="ApiVersion",
        description="Whose words callbacks use: Restcomm's, or those of Twilio's 2010-04-01; those of the"
        " dialect it is made in when absent.",
    )


class NumberUpdate(NumberChange):
    """A request to change a number that may give it to another account."""

    receiver: str | None = Field(
        None,
        alias="AccountSid",
        description="The account that it is given to: the one that asks, or one below it. Applications that"
        " the number names are left behind.",
    )


class NumberCreation(NumberChange):
    """A request for a number: one that a trunk brings us, or with `isSIP` any name or pattern."""

    phone_number: str = Field(
        alias="PhoneNumber",
        max_length=LONGEST_NUMBER,
        description="As it is dialled, with or without its plus sign; with `isSIP` also a regular expression"
        " that a dialled number matches in full.",
    )
    is_sip: bool = Field(
        False,
        validation_alias=AliasChoices("isSIP", "IsSIP"),
        serialization_alias="isSIP",
        description="Whether any text is a number, also a pattern.",
    )

    @model_validator(mode="after")
    def _number_or_pattern(self) -> Self:
        if self.is_regex:
            _check_pattern(self.phone_number)
        elif not self.is_sip and not re.fullmatch(r"\+?[0-9]{2,32}", self.number):
            raise ValueError(
                f"PhoneNumber = {self.phone_number[:80]!r}: write digits, as +15551230001; for a name or a"
                " pattern add isSIP=true"
            )
        elif re.search(r"[\s@\"<>]", self.number) or not self.number.isprintable():
            raise ValueError(
                f"PhoneNumber = {self.phone_number[:80]!r}: a SIP name has no blanks, @ or quotes"
            )
        return self

    @property
    def is_regex(self) -> bool:
        """Whether the number is a pattern."""
        return self.is_sip and _PATTERN_SIGNS.search(self.phone_number) is not None

    @property
    def number(self) -> str:
        """What is compared with what is dialled: digits without separators, a name or a pattern as it is."""
        return self.phone_number if self.is_sip else _SEPARATORS.sub("", self.phone_number)


def _check_pattern(pattern: str) -> None:
    """Refuse what is no pattern, and one that could take the server's time with a number made for it.

    ``re`` goes back and tries again: the time grows with the length of the number to the power of the
    repeats, and doubles with each choice.
    """
    try:
        compile_pattern(pattern)
    except re.error as error:
        raise ValueError(
            f"PhoneNumber = {pattern[:80]!r}: this is not a regular expression: {error}"
        ) from None
    bare = re.sub(r"\\.|\[\^?\]?[^\]]*\]", "x", pattern)
    bare = re.sub(r"(^\^?|[(|])[*+]", r"\1x", bare)
    grouped = sum(bare[: each.start()].count("(") > bare[: each.start()].count(")")
                  for each in re.finditer(r"\|", bare))  # fmt: skip
    choices = len(re.findall(r"\?(?![:=!<P])", bare)) + grouped
    if re.search(r"\)[*+{]", bare) or len(re.findall(r"[*+{]", bare)) > _REPEATS or choices > _CHOICES:
        raise ValueError(
            f"PhoneNumber = {pattern[:80]!r}: a pattern has at most {_REPEATS} of * + {{}}, {_CHOICES} of ?"
            " and of | in parentheses, and repeats no parentheses; make several numbers of it"
        )


def _show(row: NumberRow, place: Place) -> ShownNumber:
    shown = ShownNumber.model_validate(row.values())
    shown.uri = place.uri("IncomingPhoneNumbers", row.sid)
    return shown


NUMBERS = Resource(
    "IncomingPhoneNumbers",
    "incomingPhoneNumbers",
    NumberRow,
    _show,
    where=(NumberRow.released.is_(False),),
    filters=(Like("PhoneNumber", NumberRow.phone_number), Equals("FriendlyName", NumberRow.friendly_name)),
    sorting=Sorting(
        {
            "PhoneNumber": NumberRow.phone_number,
            "FriendlyName": NumberRow.friendly_name,
            "DateCreated": NumberRow.date_created,
        }
    ),
    creation=NumberCreation,
    change=NumberUpdate,
    deletable=True,
    deleted=204,
    twilio_key="incoming_phone_numbers",
)


def _of_kind(name: str, kind: str) -> Resource[NumberRow]:
    """Declare the numbers that were made under a name of their own; they are changed among all."""
    return replace(
        NUMBERS,
        name=f"{NUMBERS.name}/{name}",
        listed=(NumberRow.kind == kind,),
        change=None,
        deletable=False,
    )


KINDS = {kind: _of_kind(name, kind) for name, kind in _KINDS.items()}
"""Lists of numbers by their kind."""
