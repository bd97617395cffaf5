"""Every configuration key, declared once: name, type, default and the sentence that explains it.

Validation, environment variables, ``dialplane config`` and ``docs/reference/configuration.md``
derive from these classes.
"""

from collections import Counter
from typing import Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator

from engine import ids
from engine.config.email_section import EmailSection
from engine.config.entries import ClientEntry, NumberEntry, TrunkEntry
from engine.config.limits_section import LimitsSection
from engine.config.media_section import MediaSection
from engine.config.providers import check_chosen
from engine.config.recognition import EMBEDDED_RECOGNISER, RecogniserEntry
from engine.config.retention_section import RetentionSection
from engine.config.s3_section import S3Section
from engine.config.section import Section
from engine.config.sip_section import SipSection
from engine.config.sip_websocket_section import SipWebSocketSettings
from engine.config.speech_section import EMBEDDED, SpeechSection, VoiceEntry
from engine.config.store_section import StoreSection
from engine.config.telemetry_section import TelemetrySection
from engine.config.traces_section import TracesSection
from engine.config.values import (
    Address,
    ApplicationUrl,
    HostPort,
    Network,
)


class HttpSection(SipWebSocketSettings):
    """The HTTP server: REST API, recordings, health and metrics."""

    listen: Address = Field(HostPort("127.0.0.1", 8080), description="`HOST:PORT` of the HTTP server.")
    public_url: ApplicationUrl = Field(
        "",
        description="URL that applications reach us at, as in RecordingUrl; empty: made from `listen`.",
    )
    tls_certificate: str = Field(
        "",
        description="PEM file with a certificate and its chain: `https` and `wss` are served instead of "
        "`http` and `ws`; with `tls_private_key`. Read again at SIGHUP.",
    )
    tls_private_key: str = Field("", description="PEM file of the certificate's key.")

    @model_validator(mode="after")
    def _certificate_and_key(self) -> Self:
        if bool(self.tls_certificate) != bool(self.tls_private_key):
            raise ValueError("tls_certificate and tls_private_key belong together; write both or neither")
        return self

    @field_validator("public_url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        if value.startswith("/"):
            raise ValueError("write a whole URL, such as https://voice.example.com")
        return value.rstrip("/")


class AccountSection(Section):
    """The root account, made at first start; generated and printed once when absent."""

    sid: str = Field("", description="`AC` and 32 hex digits.")
    auth_token: SecretStr = Field(
        SecretStr(""),
        description="Password of the REST API, and the key that signs requests to applications.",
    )

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if self.sid and not ids.is_sid(self.sid, ids.ACCOUNT):
            raise ValueError("an account sid is AC and 32 hex digits in lower case")
        if bool(self.sid) != bool(self.auth_token.get_secret_value()):
            raise ValueError(
                "sid and auth_token belong together; write both, or neither to have them generated"
            )
        return self


class WebhooksSection(Section):
    """Requests to applications: documents, sounds and events."""

    connect_timeout: float = Field(5.0, description="Seconds until a connection must stand.", gt=0, le=60)
    timeout: float = Field(15.0, description="Seconds until the whole answer must be there.", gt=0, le=120)
    allow_networks: tuple[Network, ...] = Field(
        (),
        description="Private networks that application URLs may reach. `dialplane dev` allows loopback. "
        "Hosts of the URLs in this file and of `--app` are always allowed.",
    )
    max_document_bytes: int = Field(
        1_048_576, description="Largest document, after decompression.", ge=1024, le=67_108_864
    )
    max_audio_bytes: int = Field(
        16_777_216,
        description="Largest sound fetched for Play, or answered by a voice; the default holds 17 minutes of "
        "8 kHz WAV.",
        ge=1024,
        le=1_073_741_824,
    )


class RcmlSection(Section):
    """How documents are run."""

    app_url: ApplicationUrl = Field(
        "", description="Application of the calls that match no number; `--app URL` sets it."
    )
    apology_text: str = Field(
        "We are sorry, this call cannot be continued.",
        description="Said before a call ends because its document could not be used; empty: nothing is said.",
    )
    apology_url: ApplicationUrl = Field("", description="Sound played instead of `apology_text`.")
    max_documents: int = Field(
        50,
        description="Documents that may follow each other, each within a second, without the caller doing"
        " anything; a document that takes the caller longer does not count.",
        ge=1,
    )


class DialSection(Section):
    """How Dial reaches others and connects them."""

    direct_call_limit: float = Field(
        3600.0, description="Seconds that two parties may talk whom no document connects.", gt=0
    )
    first_response: float = Field(
        5.0,
        description="Seconds until a trunk or address that says nothing at all is given up for the next one.",
        gt=0,
        le=32,
    )
    hold: Literal["music", "pass"] = Field(
        "music",
        description="What a party gets whom the other one puts on hold: `music` from here, or `pass` for a "
        "re-INVITE of the same kind and the sound that the holder sends.",
    )
    hold_music_url: ApplicationUrl = Field(
        "",
        description="Sound for a party of a call whom the other one holds; empty: `music_url` of "
        "`[conferences]`.",
    )


class ConferencesSection(Section):
    """Conferences, as documents do not say otherwise."""

    max_duration: float = Field(
        14_400.0, description="Seconds after which a conference ends for everybody.", gt=0, le=604_800
    )
    wait_for_second: bool = Field(
        False,
        description="Whether a conference starts, and its waiting sound ends, only when a second "
        "participant has come, as Twilio's do; else with the first who may start it.",
    )
    music_url: ApplicationUrl = Field(
        "",
        description="Music of the server: heard while waiting for a conference or in a queue, and on hold, "
        "when a document names none; empty: ours.",
    )
    entry_url: ApplicationUrl = Field("", description="Sound when somebody comes; empty: a beep.")
    exit_url: ApplicationUrl = Field("", description="Sound when somebody leaves; empty: two short tones.")


class QueuesSection(Section):
    """Queues that callers wait in."""

    max_size: int = Field(
        1000, description="How many may wait in a queue that is made on its first use.", ge=1, le=5000
    )


class CompatSection(Section):
    """Habits of Restcomm that differ from its documentation."""

    restcomm_not_found: bool = Field(
        False, description="Answer SIP 404, not 500, when the first document is answered 404."
    )
    restcomm_next_verb_without_action: bool = Field(
        False,
        description="A Gather or Record without `action` goes on with the next verb instead of "
        "requesting the current document again.",
    )
    restcomm_hangup_after_dial: bool = Field(
        False,
        description="The caller is hung up when the callee of a Dial hangs up: `action` is requested, but no "
        "further verb that needs the caller runs.",
    )
    restcomm_null_parameters: bool = Field(
        False,
        description="A parameter of an `action` whose value is not known, such as the `DialCallSid` of a "
        "Dial that reached nobody, is sent as the text `null` instead of left out.",
    )


class LogSection(Section):
    """What is logged, to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least level that is logged."
    )
    format: Literal["auto", "json", "console"] = Field(
        "auto", description="`auto`: console on a terminal, else JSON."
    )


class Declarations(Section):
    """The whole configuration."""

    sip: SipSection = SipSection()
    media: MediaSection = MediaSection()
    http: HttpSection = HttpSection()
    store: StoreSection = StoreSection()
    account: AccountSection = AccountSection()
    webhooks: WebhooksSection = WebhooksSection()
    limits: LimitsSection = LimitsSection()
    rcml: RcmlSection = RcmlSection()
    dial: DialSection = DialSection()
    conferences: ConferencesSection = ConferencesSection()
    email: EmailSection = EmailSection()
    traces: TracesSection = TracesSection()
    retention: RetentionSection = RetentionSection()
    telemetry: TelemetrySection = TelemetrySection()
    s3: S3Section = S3Section()
    queues: QueuesSection = QueuesSection()
    compat: CompatSection = CompatSection()
    log: LogSection = LogSection()
    speech: SpeechSection = SpeechSection()
    numbers: tuple[NumberEntry, ...] = ()
    clients: tuple[ClientEntry, ...] = ()
    trunks: tuple[TrunkEntry, ...] = ()
    voices: tuple[VoiceEntry, ...] = ()
    recognisers: tuple[RecogniserEntry, ...] = ()

    @model_validator(mode="after")
    def _no_entry_twice(self) -> Self:
        names = {
            "numbers": [entry.number or entry.regex for entry in self.numbers],
            "clients": [entry.login for entry in self.clients],
            "trunks": [entry.name for entry in self.trunks],
            "voices": [entry.name for entry in self.voices],
            "recognisers": [entry.name for entry in self.recognisers],
        }
        for table, entries in names.items():
            name, times = next(iter(Counter(entries).most_common(1)), ("", 0))
            if times > 1:
                raise ValueError(f"[[{table}]] declares {name!r} {times} times; leave one")
        return self

    @model_validator(mode="after")
    def _known_provider(self) -> Self:
        speech, voices, recognisers = self.speech, self.voices, self.recognisers
        check_chosen("provider", speech.provider, EMBEDDED, "voices", (each.name for each in voices))
        listening = speech.recogniser, EMBEDDED_RECOGNISER
        check_chosen("recogniser", *listening, "recognisers", (each.name for each in recognisers))
        return self
