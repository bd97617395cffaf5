"""Every parser that reads what others send, with the errors it may raise and the inputs to begin from."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from engine.config import toml_source
from engine.conversation_relay import messages as relay_messages
from engine.errors import ConfigurationError, RequestRefused, TokenRefused
from engine.exchange.access_tokens import read_claims
from engine.http.forms import checked, read_fields
from engine.http.problems import Problem
from engine.http.resources.call_forms import CallCreation
from engine.legs.info_digits import key_in_info
from engine.recognition import messages as recogniser_messages
from engine.requests.fetch_options import FetchOptions, split_options
from engine.requests.http_request import read_url
from engine.streams import messages as stream_messages
from media import sdp
from media.codecs.registry import G722, OPUS, PCMA, PCMU
from media.errors import RecognitionError, RemoteError
from media.offer_answer import LocalMedia, answer
from media.rtp import rtcp
from media.rtp.packet import RtpPacket
from media.rtp.telephone_event import TelephoneEvent
from media.srtp import SrtpPolicy
from media.webrtc.description import WebRtcLocal
from media.webrtc.ice import MOST_CANDIDATES, usable
from rcml import parser as documents
from rcml.errors import RcmlError
from sip.digest import Challenge, Credentials
from sip.errors import SipError
from sip.framing import StreamFramer
from sip.header_fields import Field
from sip.history import diverted_by
from sip.message import Message, Request
from sip.multipart import all_parts
from sip.parser import parse_head, parse_message
from sip.transport.plain_stream import SLICE
from sip.uri import parse_uri
from sip.validation import check_request, check_response
from tests.contract.sip.torture import torture_message, torture_names
from tests.fuzz import endpoint_door, plane_door, stun_door

CORPORA = Path(__file__).parents[1] / "corpora"


@dataclass(frozen=True)
class Target:
    """A parser: ``read`` returns, or raises one of ``own``, whatever it is given."""

    name: str
    read: Callable[[bytes], object]
    own: tuple[type[Exception], ...] = ()
    quick: bool = True
    """Whether it runs on the event loop, and so must not take longer than 5 ms for 64 kB."""
    largest: int = 65_535
    """Octets of the longest input that reaches it."""

    changes: tuple[int, int] = (1, 8)
    """How many places of an input are changed, at least and at most."""
    beside: tuple[bytes, ...] = ()
    """Inputs to begin from that lie elsewhere."""

    def corpus(self) -> list[bytes]:
        """Return the inputs kept for this parser: good ones, and bad ones that were once taken badly."""
        return [path.read_bytes() for path in sorted((CORPORA / self.name).iterdir())] + [*self.beside]


def _message(data: bytes) -> None:
    message = parse_message(data)
    if isinstance(message, Request):
        check_request(message)
    else:
        check_response(message)


def _stream(data: bytes) -> None:
    framer = StreamFramer()
    third = len(data) // 3
    for piece in (data[:third], data[third : 2 * third], data[2 * third :]):
        framer.receive_bytes(piece)


def _parts(data: bytes) -> None:
    message = Request("INVITE", "sip:a@b", [("Content-Type", "multipart/mixed;boundary=b")], data)
    all_parts(message)


def _digest(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    for kind in (Credentials, Challenge):
        kind.parse(text)


def _headers(data: bytes) -> None:
    """Read every header that has a meaning here, as whoever asks for it does: each may be refused."""
    headers = parse_head(data.partition(b"\r\n\r\n")[0]).headers
    for name in _FIELDS:
        with suppress(SipError):
            getattr(Request("INVITE", "sip:a@b", headers, b""), name)
    with suppress(SipError):
        diverted_by(Request("INVITE", "sip:a@b", headers, b""))


_FIELDS = sorted(name for name, kind in vars(Message).items() if isinstance(kind, Field))

_OURS = WebRtcLocal("ufrg", "p" * 22, ("1 1 udp 1 192.0.2.20 20000 typ host",), "sha-256 AB:CD", 77, "cname")
_LOCAL = LocalMedia("127.0.0.1", 40_000, (OPUS, G722, PCMU, PCMA), srtp=SrtpPolicy.PREFERRED, webrtc=_OURS)


def _offer(data: bytes) -> None:
    answer(sdp.parse(data), _LOCAL)


def _candidates(data: bytes) -> None:
    lines = data.decode("utf-8", "surrogateescape").splitlines()
    list(islice(usable(lines, 4), MOST_CANDIDATES))


def _url(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    url, _ = split_options(text, FetchOptions())
    read_url(url)


def _form(data: bytes) -> None:
    checked(read_fields(data, keep_blanks=True), CallCreation)


def _configuration(data: bytes) -> None:
    with tempfile.NamedTemporaryFile(suffix=".toml") as file:
        file.write(data)
        file.flush()
        toml_source.read(Path(file.name))


def _access_token(data: bytes) -> None:
    read_claims(data.decode("utf-8", "surrogateescape"), lambda account: b"k" * 32, 1_800_000_000.0)


_TORTURE = tuple(torture_message(rfc, name) for rfc in ("rfc4475", "rfc5118") for name in torture_names(rfc))

TARGETS = (
    Target("sip", _message, (SipError,), beside=_TORTURE),
    # Each of the 35 is a reading of its own, none of which may take 5 ms for what fits into a message.
    Target("sip-headers", _headers, (SipError,), largest=65_535 // 8, beside=_TORTURE),
    # The loop takes a slice in one turn; a longer input is many messages, each of 15 microseconds.
    Target("sip-stream", _stream, largest=SLICE, beside=_TORTURE),
    Target("sip-stream-long", _stream, quick=False),
    Target("sip-endpoint", endpoint_door.receive, largest=65_535 // 8, changes=(0, 2)),
    Target("uri", lambda data: parse_uri(data.decode("utf-8", "surrogateescape")), (SipError,)),
    Target("digest", _digest, (SipError,)),
    Target("access-token", _access_token, (TokenRefused,)),
    Target("multipart", _parts, (SipError,)),
    Target("sdp", _offer, (RemoteError,)),
    Target("ice-candidate", _candidates),
    Target("stun", stun_door.receive, largest=2048),
    Target("rtp", RtpPacket.parse, (RemoteError,)),
    Target("plane", plane_door.receive, largest=plane_door.LARGEST, changes=(0, 4)),
    Target("rtcp", rtcp.parse_compound, (RemoteError,), largest=2048),
    Target("telephone-event", TelephoneEvent.parse, (RemoteError,)),
    Target("info", lambda data: key_in_info("application/dtmf-relay", data)),
    # A document beyond 8 kB is parsed in a thread.
    Target("rcml", lambda data: documents.parse(data, "text/xml", "http://a/"), (RcmlError,), quick=False),
    Target("url", _url, (RequestRefused,)),
    # One beyond 8 kB is read in a thread: Python's own decoding of escapes takes most of the time.
    Target("form", _form, (Problem,), quick=False),
    Target(
        "stream-message",
        lambda data: stream_messages.read_message(data.decode("utf-8", "replace"), "MZ1"),
        (stream_messages.MessageRefused,),
    ),
    Target(
        "relay-message",
        lambda data: relay_messages.read_message(data.decode("utf-8", "replace")),
        (relay_messages.MessageRefused,),
    ),
    Target(
        "recogniser-message",
        lambda data: recogniser_messages.read(data.decode("utf-8", "replace")),
        (RecognitionError,),
    ),
    Target("configuration", _configuration, (ConfigurationError,), quick=False),
)
