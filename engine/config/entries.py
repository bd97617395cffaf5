"""The tables of the configuration that repeat: numbers, clients and trunks."""

from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from engine.config.section import HttpMethod, Section
from engine.config.values import (
    ApplicationUrl,
    Network,
    Pattern,
    SipAddress,
)
from rcml.api_version import API_VERSION, ApiVersion


class NumberEntry(Section):
    """A number that callers may dial, and its application."""

    number: str = Field("", description="User part of the Request-URI, such as `+15551230001`.")
    regex: Pattern = Field("", description="Instead of `number`: a pattern that the whole user part matches.")
    voice_url: ApplicationUrl = Field(description="Document of a call to the number.", min_length=1)
    voice_method: HttpMethod = Field("POST", description="`POST` or `GET`.")
    voice_fallback_url: ApplicationUrl = Field("", description="Document when `voice_url` fails.")
    voice_fallback_method: HttpMethod = Field("POST", description="`POST` or `GET`.")
    status_callback: ApplicationUrl = Field("", description="Told each state the call reaches.")
    status_callback_method: HttpMethod = Field("POST", description="`POST` or `GET`.")
    sms_url: ApplicationUrl = Field("", description="Document of a text sent to the number by SIP MESSAGE.")
    sms_method: HttpMethod = Field("POST", description="`POST` or `GET`.")
    sms_fallback_url: ApplicationUrl = Field("", description="Document when `sms_url` fails.")
    sms_fallback_method: HttpMethod = Field("POST", description="`POST` or `GET`.")
    refer_url: ApplicationUrl = Field(
        "",
        description="Document for a party of a Dial whom the other one transfers by REFER; empty: refused.",
    )
    refer_method: HttpMethod = Field("POST", description="`POST` or `GET`.")
    api_version: ApiVersion = Field(
        API_VERSION,
        description="Whose words status callbacks use: Restcomm's, or those of Twilio's 2010-04-01.",
    )

    @model_validator(mode="after")
    def _number_or_regex(self) -> Self:
        if bool(self.number) == bool(self.regex):
            raise ValueError("write either number or regex")
        return self


class ClientEntry(Section):
    """A SIP user who may register and call."""

    login: str = Field(description="User name of registration.", min_length=1)
    password: SecretStr = Field(description="Password of registration.", min_length=1)
    voice_url: ApplicationUrl = Field("", description="When set, every call this client makes runs it.")
    voice_method: HttpMethod = Field("POST", description="`POST` or `GET`.")
    voice_fallback_url: ApplicationUrl = Field("", description="Document when `voice_url` fails.")
    voice_fallback_method: HttpMethod = Field("POST", description="`POST` or `GET`.")

    srtp: Literal["", "off", "preferred", "required"] = Field(
        "", description="Encrypted sound, as in `[media]`; empty: as there."
    )

    @field_validator("login")
    @classmethod
    def _no_separators(cls, value: str) -> str:
        if set(value) & set('?=:"\\') or not value.isprintable() or " " in value:
            raise ValueError("a login has no spaces, quotes or any of ? = : \\")
        return value


class TrunkEntry(Section):
    """A carrier or PBX we exchange calls with."""

    name: str = Field(description="Name of the trunk.", min_length=1)
    uri: SipAddress = Field(description="SIP URI that calls are sent to.", min_length=1)
    username: str = Field("", description="Digest user name.")
    password: SecretStr = Field(SecretStr(""), description="Digest password.")
    register_: bool = Field(False, alias="register", description="Whether we REGISTER there.")
    register_expires: int = Field(
        3600, description="Seconds for which we ask to be registered.", ge=60, le=86_400
    )
    allow_from: tuple[Network, ...] = Field((), description="Sources whose calls are this trunk's.")
    prefixes: tuple[str, ...] = Field(
        (), description="Dialled numbers that go to it; the longest prefix wins."
    )
    codecs: tuple[str, ...] = Field(
        ("PCMU", "PCMA", "G722", "opus"), description="Codecs offered, most wanted first.", min_length=1
    )
    realm: str = Field(
        "", description="The only realm whose challenges are answered; empty: what the trunk's host names."
    )
    number_format: Literal["dialled", "e164", "digits"] = Field(
        "dialled", description="How numbers are sent: as dialled, with a plus sign, or without one."
    )
    srtp: Literal["", "off", "preferred", "required"] = Field(
        "", description="Encrypted sound, as in `[media]`; empty: as there."
    )

    identity: Literal["p-asserted-identity", "remote-party-id", "both", "none"] = Field(
        "p-asserted-identity",
        description="Header that tells it who calls, besides From: P-Asserted-Identity (RFC 3325), the older "
        "Remote-Party-ID, both or none.",
    )
