"""Examines a machine and a configuration for ``dialplane doctor``: what would keep calls from working.

Nothing is changed: sockets are bound and given back, names are looked up, STUN servers and storage are asked
once.
"""

from __future__ import annotations

import asyncio
import ctypes
import enum
import ipaddress
import os
import platform
import resource
import shutil
import socket
import ssl
import sys
import sysconfig
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aioice import stun
from cryptography import x509

from engine.config import Settings
from engine.config.values import HostPort
from engine.errors import ConfigurationError, StoreError
from engine.file_limit import share_out
from engine.requests.network_policy import private_kind
from engine.s3.trial import try_bucket
from engine.sqlite_file import sqlite_file
from sip.uri import SipUri

WITHIN = 3.0
"""Seconds that a look-up or a server may take."""
EXPIRES_SOON = timedelta(days=14)
LEAST_SPACE = 1 << 30
"""Octets; an hour of a hundred recorded calls takes six of them."""
_CLOCK_ERROR = 5
"""What adjtimex(2) returns when nothing keeps the clock right (TIME_ERROR)."""
_PORTS_TRIED = 50


class Verdict(enum.Enum):
    """How something fares."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    verdict: Verdict
    what: str
    cure: str = ""

    def __str__(self) -> str:
        return f"{self.verdict.value:<8} {self.what}" + (f"\n         -> {self.cure}" if self.cure else "")


def _ok(what: str) -> Finding:
    return Finding(Verdict.OK, what)


def _warning(what: str, cure: str) -> Finding:
    return Finding(Verdict.WARNING, what, cure)


def _fault(what: str, cure: str) -> Finding:
    return Finding(Verdict.FAULT, what, cure)


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything, one thing after the other."""
    running = _is_running(settings)
    yield _ok(f"a daemon runs at http://{settings.http.listen}") if running else _ok("no daemon runs here")
    if not running:
        yield from _listeners(settings)
        yield from _rtp_ports(settings)
    yield from _addresses(settings)
    yield from _names(settings)
    yield from _certificates(settings)
    yield _clock()
    yield _python()
    yield _files(settings)
    yield from _database(settings)
    yield from _folders(settings)
    yield from _stun(settings)
    yield from _storage(settings)


def _is_running(settings: Settings) -> bool:
    try:
        with urllib.request.urlopen(f"http://{settings.http.listen}/healthz", timeout=WITHIN) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _listeners(settings: Settings) -> Iterator[Finding]:
    wanted = [("sip.listen", each.transport, each.address) for each in settings.sip.listen]
    for name, transport, address in (*wanted, ("http.listen", "tcp", settings.http.listen)):
        kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
        problem = _binding_problem(address, kind)
        if problem is None:
            yield _ok(f"{name} {transport}:{address} is free")
        else:
            yield _fault(f"{name} {transport}:{address}: {problem}", "stop what has it, or choose another")


def _binding_problem(address: HostPort, kind: socket.SocketKind) -> str | None:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind is socket.SOCK_STREAM:
            # As servers do: a port that waits for the last packets of a daemon that ended is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.host, address.port))
        except OSError as error:
            return error.strerror or str(error)
    return None


def _rtp_ports(settings: Settings) -> Iterator[Finding]:
    media = settings.media
    ports = media.rtp_ports.range
    sample = ports[:: max(len(ports) // _PORTS_TRIED, 1)]
    taken = [
        port
        for port in sample
        if _binding_problem(HostPort(media.address, port), socket.SOCK_DGRAM) is not None
    ]
    what = f"media.rtp_ports {media.rtp_ports}: {len(sample) - len(taken)} of {len(sample)} tried are free"
    if len(taken) > len(sample) // 4:
        yield _fault(what, "choose a range that nothing else uses, on an address of this machine")
    else:
        yield _ok(what)
    if len(ports) < 4 * settings.limits.max_calls:
        yield _warning(
            f"media.rtp_ports has {len(ports)} ports, and limits.max_calls is {settings.limits.max_calls}",
            "a bridged call takes four; widen the range, or calls get 503 before the limit",
        )


def _addresses(settings: Settings) -> Iterator[Finding]:
    media = settings.media.external_address or settings.media.address
    sip = settings.sip.external_address.partition(":")[0] or settings.sip.listen[0].address.host
    for name, host, section, bound in (("SIP", sip, "sip", "listen"), ("sound", media, "media", "address")):
        kind = _kind_of(host)
        if kind == "public":
            yield _ok(f"{name} is announced at {host}")
        elif kind == "loopback":
            yield _warning(
                f"{name} is announced at {host}: only this machine reaches it",
                f"set [{section}] {bound} to an address that telephones reach",
            )
        elif kind == "any":
            yield _fault(
                f"{name} is announced at {host}, which nobody can call", f"set [{section}] external_address"
            )
        else:
            yield _warning(
                f"{name} is announced at {host}, a private address: only its own network reaches it",
                f"behind NAT set [{section}] external_address to the public one and forward the ports",
            )


def _kind_of(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "public"
    if address.is_unspecified:
        return "any"
    if address.is_loopback:
        return "loopback"
    return "public" if private_kind(address) is None else "private"


def _names(settings: Settings) -> Iterator[Finding]:
    named = [(f"trunk {trunk.name}", SipUri.parse(trunk.uri).address) for trunk in settings.trunks]
    named += [("media.stun_servers", server.host) for server in settings.media.stun_servers]
    named += [("media.turn_servers", relay.address.host) for relay in settings.media.turn_servers]
    for name, host in named:
        try:
            found = socket.getaddrinfo(host, None)
        except OSError as error:
            yield _fault(
                f"{name}: {host} cannot be looked up: {error}", "correct the name, or the DNS server"
            )
        else:
            yield _ok(f"{name}: {host} is {found[0][4][0]}")


def _certificates(settings: Settings) -> Iterator[Finding]:
    sip, http = settings.sip, settings.http
    if sip.tls_certificate:
        yield _certificate("sip", sip.tls_certificate, sip.tls_private_key)
    if http.tls_certificate:
        yield _certificate("http", http.tls_certificate, http.tls_private_key)


def _certificate(section: str, file: str, key: str) -> Finding:
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(file, key)
        certificate = x509.load_pem_x509_certificate(Path(file).read_bytes())
    except (OSError, ValueError) as error:
        return _fault(
            f"{section}.tls_certificate {file}: {error}", "give the PEM files of a certificate and its key"
        )
    now, until = datetime.now(UTC), certificate.not_valid_after_utc
    what = f"{section}.tls_certificate {file} is valid until {until:%Y-%m-%d}"
    if now > until or now < certificate.not_valid_before_utc:
        return _fault(what, "peers refuse it now: renew it, then send the daemon SIGHUP")
    if until - now < EXPIRES_SOON:
        return _warning(what, "renew it, then send the daemon SIGHUP")
    return _ok(what)


def _clock() -> Finding:
    state = _clock_state()
    if state is None:
        return _ok("whether the clock is kept right cannot be told on this system")
    if state == _CLOCK_ERROR:
        return _warning(
            "nothing keeps the clock right, or it does not say so",
            "run an NTP client: tokens and signatures carry the time, and receivers refuse what is old",
        )
    return _ok("the clock is kept right")


def _clock_state() -> int | None:
    try:
        adjtimex = ctypes.CDLL(None).adjtimex
    except (OSError, AttributeError):
        return None
    # struct timex, all zero: nothing is set. It is 208 octets on 64-bit Linux; more does no harm.
    return int(adjtimex(ctypes.create_string_buffer(512)))


def _python() -> Finding:
    what = f"Python {platform.python_version()}"
    configured = sysconfig.get_config_var("CONFIG_ARGS") or ""
    if not is_built_plainly(sys.base_prefix, sys.version, configured):
        return _ok(what)
    cure = "calls cost less with an optimized one, such as Debian's (docs/howto/operate.md)"
    return Finding(Verdict.OK, f"{what} was built without --enable-optimizations", cure)


def is_built_plainly(prefix: str, version: str, configured: str) -> bool:
    """Say whether somebody built this Python themselves, as pyenv does, without having it optimized.

    Who packages Python may optimize it by other means than the flag: Debian does.
    """
    packaged = prefix == "/usr" or "packaged by" in version
    return bool(configured) and not packaged and "--enable-optimizations" not in configured


def _files(settings: Settings) -> Finding:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    calls = share_out(hard).calls
    what = f"the limit of {hard} open files is enough for {calls} calls"
    if calls < settings.limits.max_calls:
        return _warning(
            what, f"for limits.max_calls = {settings.limits.max_calls} raise LimitNOFILE or ulimit -n"
        )
    return _ok(what)


def _database(settings: Settings) -> Iterator[Finding]:
    url = settings.store.url
    path = sqlite_file(url)
    if path is not None:
        needed = (
            "make room: while the disk is full records wait in memory, and are lost when that is full too"
        )
        # SQLite writes further files beside its own.
        yield _room(f"store.url {path}", path.parent, needed, path)
        return
    from engine.store.postgresql import ask_version

    try:
        yield _ok(f"store.url is answered by PostgreSQL {asyncio.run(ask_version(url))}")
    except (StoreError, ConfigurationError) as error:
        yield _fault(f"store.url is not answered: {error}", "a daemon does not start without its database")


def _folders(settings: Settings) -> Iterator[Finding]:
    folder = Path(settings.store.recordings)
    needed = "make room: a recording of one hour takes 55 MiB, and ends when the disk is full"
    yield _room(f"store.recordings {folder}", folder, needed)


def _room(what: str, folder: Path, cure: str, *files: Path) -> Finding:
    """Say whether a folder can be written, or be made, and the files in it, and how much room there is."""
    there = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not all(os.access(each, os.W_OK) for each in (there, *(file for file in files if file.exists()))):
        return _fault(f"{what} cannot be written", "give the daemon's user the folder, and what is in it")
    free = shutil.disk_usage(there).free
    said = f"{what} has {free / (1 << 30):.1f} GiB free"
    return _warning(said, cure) if free < LEAST_SPACE else _ok(said)


def _stun(settings: Settings) -> Iterator[Finding]:
    external = settings.media.external_address
    for server in settings.media.stun_servers:
        seen = _seen_by(server)
        if seen is None:
            yield _fault(
                f"media.stun_servers {server} does not answer", "choose another, or let UDP through to it"
            )
        elif external and seen != external:
            yield _warning(
                f"media.stun_servers {server} sees us at {seen}, media.external_address says {external}",
                "correct external_address, unless this machine has several ways out",
            )
        else:
            yield _ok(f"media.stun_servers {server} sees us at {seen}")


def _seen_by(server: HostPort) -> str | None:
    """Return the address from which a STUN server hears us (RFC 8489 section 5)."""
    request = stun.Message(message_method=stun.Method.BINDING, message_class=stun.Class.REQUEST)
    try:
        family, _, _, _, address = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.settimeout(WITHIN)
            asking.sendto(bytes(request), address)
            answer = stun.parse_message(asking.recv(2048))
            return str(answer.attributes["XOR-MAPPED-ADDRESS"][0])
    except (OSError, ValueError, KeyError):
        return None


def _storage(settings: Settings) -> Iterator[Finding]:
    section = settings.s3
    if not section.endpoint:
        return
    tried = asyncio.run(try_bucket(section.model_copy(update={"timeout": WITHIN})))
    what = f"s3 bucket {section.bucket} at {section.endpoint}: {tried.answer}"
    if not tried.cure:
        yield _ok(what)
    elif tried.certain:
        yield _fault(what, tried.cure)
    else:
        yield _warning(what, tried.cure)


def report(settings: Settings, tell: Callable[[str], None]) -> bool:
    """Tell each finding as soon as it is known; return whether there was no fault."""
    sound = True
    for finding in examine(settings):
        tell(str(finding))
        sound = sound and finding.verdict is not Verdict.FAULT
    return sound
