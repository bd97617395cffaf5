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
from engine.config.ice_section import IceSettings
from engine.config.providers import check_chosen
from engine.config.recognition import EMBEDDED_RECOGNISER, RecogniserEntry
from engine.config.retention_section import RetentionSection
from engine.config.s3_section import S3Section
from engine.config.section import Section
from engine.config.sip_websocket_section import SipWebSocketSettings
from engine.config.speech_section import EMBEDDED, SpeechSection, VoiceEntry
from engine.config.store_section import StoreSection
from engine.config.telemetry_section import TelemetrySection
from engine.config.traces_section import TracesSection
from engine.config.values import (
    Address,
    ApplicationUrl,
    HostPort,
    Listener,
    Network,
    PortRange,
    Ports,
    SipListener,
)


class SipSection(Section):
    """Where SIP is spoken."""

    listen: tuple[Listener, ...] = Field(
        (
            SipListener("udp", HostPort("127.0.0.1", 5060)),
            SipListener("tcp", HostPort("127.0.0.1", 5060)),
        ),
        description="SIP sockets, each `TRANSPORT:HOST:PORT` with udp, tcp or tls; WebSocket is in `[http]`.",
        min_length=1,
    )
    external_address: str = Field(
        "",
        description="`host` or `host:port` in Contact and Via behind NAT; empty: the listening address.",
    )
    realm: str = Field("dialplane", description="Realm of digest authentication.", min_length=1)
    tls_certificate: str = Field(
        "",
        description="PEM file with our certificate and its chain, for tls listeners and for peers that ask "
        "for one; with `tls_private_key`. Read again at SIGHUP.",
    )
    tls_private_key: str = Field("", description="PEM file of the certificate's key.")
    tls_authorities: str = Field(
        "", description="PEM file of the authorities whose certificates are taken; empty: the system's."
    )
    tls_verify_peers: bool = Field(
        True, description="Whether those whom we connect to over TLS need a certificate for their host."
    )
    tls_require_client_certificate: bool = Field(
        False, description="Whether only peers with a certificate of `tls_authorities` may connect over TLS."
    )
    anonymous_inbound: bool = Field(
        True, description="Whether anyone may call a number; false: only trunks and registered clients."
    )
    authenticate: bool = Field(
        True,
        description="Whether clients prove who they are (401, 407). false: whoever names a client is "
        "believed to be it and may call out through trunks; for closed networks only.",
    )
    digest_algorithms: tuple[Literal["SHA-256", "MD5"], ...] = Field(
        ("MD5",),
        description="Digest algorithms that clients are offered, in this order: `MD5` and `SHA-256`. Old "
        "phones read the first alone, and some give up when they do not know one; add `SHA-256` when all of "
        "yours do.",
        min_length=1,
    )
    ban_failures: int = Field(20, description="Wrong passwords from one source that ban it; 0: never.", ge=0)
    ban_seconds: float = Field(
        300.0, description="Seconds within which failures are counted, and for which a ban lasts.", gt=0
    )
    ping_interval: float = Field(
        60.0,
        description="Seconds between OPTIONS to each registered contact and each trunk; 0: none are sent.",
        ge=0,
    )

    @field_validator("realm")
    @classmethod
    def _quotable(cls, value: str) -> str:
        if '"' in value or "\\" in value or not value.isprintable():
            raise ValueError("a realm is printable text without quotes and backslashes")
        return value

    @model_validator(mode="after")
    def _certificate_where_needed(self) -> Self:
        if bool(self.tls_certificate) != bool(self.tls_private_key):
            raise ValueError("tls_certificate and tls_private_key belong together; write both or neither")
        if any(listener.transport == "tls" for listener in self.listen) and not self.tls_certificate:
            raise ValueError("a tls listener needs tls_certificate and tls_private_key")
        if self.tls_require_client_certificate and not self.tls_authorities:
            raise ValueError(
                "tls_require_client_certificate needs tls_authorities: whose certificates count?"
            )
        return self


class MediaSection(IceSettings):
    """Where sound is received and sent."""

    address: str = Field("127.0.0.1", description="Address that RTP sockets bind.", min_length=1)
    external_address: str = Field("", description="Address written into SDP; empty: `address`.")
    rtp_ports: Ports = Field(
        PortRange(20000, 29999), description="UDP ports for RTP, one for each leg, `FIRST-LAST`."
    )
    threads: int = Field(1, description="Media threads.", ge=1, le=64)
    rtp_timeout: float = Field(
        300.0,
        description="Seconds without RTP and RTCP after which a party that is not on hold counts as gone: "
        "its call gets notification 11009 and is ended. 0: never.",
        ge=0,
    )
    codecs: tuple[Literal["PCMU", "PCMA", "G722", "opus"], ...] = Field(
        ("PCMU", "PCMA", "G722"),
        description="Codecs that are taken, and offered in this order. G722 is wideband: put it first when "
        "your phones call each other. opus is, too; it costs most.",
        min_length=1,
    )
    srtp: Literal["off", "preferred", "required"] = Field(
        "off",
        description="Encrypted sound with keys in SDP (SDES-SRTP): `off`; `preferred`, when the peer can; "
        "`required`, or there is no call. Keys are as secret as the SIP that carries them: use tls.",
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


class LimitsSection(Section):
    """How much is taken on."""

    max_calls: int = Field(
        0, description="Most calls at a time; 0: what the port range and the file limit allow.", ge=0
    )
    calls_per_second: int = Field(0, description="Most new calls a second; 0: no limit.", ge=0)
    messages_per_second: int = Field(
        20, description="Most SIP MESSAGE requests a second from one source; 0: no limit.", ge=0
    )
    requests_per_source: float = Field(
        200.0,
        description="New requests a second (calls, registrations, OPTIONS) that one address is served, twice "
        "as many for a moment; as many again are answered 503, the rest not at all. Trunks (`allow_from`) "
        "have no limit: name a proxy in front of this server as one. 0: no limit.",
        ge=0,
    )
    calls_per_client: int = Field(
        20, description="Most calls that one client may have up at a time; 0: no limit.", ge=0
    )
    calls_per_client_per_minute: int = Field(
        60, description="Most calls that one client may begin in a minute; 0: no limit.", ge=0
    )
    minutes_per_client_per_day: float = Field(
        1440.0,
        description="Minutes that one client may talk through trunks in 24 hours, each of its calls counted; "
        "then its talks end, with notification 11013. The default is what one telephone can talk; raise it "
        "for a client that is a telephone system. 0: no limit.",
        ge=0,
    )
    calls_per_account: int = Field(
        0,
        description="Most calls that one account may have up at a time: those that come in, those it makes, "
        "and the legs of its Dials; then 503, with notification 11014. 0: no limit.",
        ge=0,
    )
    calls_per_account_per_second: int = Field(
        0,
        description="Most calls, counted the same way, that one account may begin in a second; 0: no limit.",
        ge=0,
    )
    minutes_per_account_per_day: float = Field(
        0.0,
        description="Minutes that one account may talk through trunks in 24 hours on the calls it makes, its "
        "Dials included; then they end, with notification 11014. 0: no limit.",
        ge=0,
    )
    drain_timeout: float = Field(
        300.0, description="Seconds that calls may go on after SIGTERM.", ge=0, le=86400
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
        50, description="Documents a call may run through without the caller doing anything.", ge=1
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
