"""Where a target of Dial can be reached: the INVITEs that ring it."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from engine.errors import EngineError
from engine.outgoing_leg import Invitation, OutgoingLeg
from engine.sip_leg import LegMedia, SipLeg
from engine.store import CallRow
from media.plane.plane import MediaPlane
from rcml.dialling import ClientTarget, NumberTarget, SipTarget, Target
from sip.endpoint import SipEndpoint
from sip.errors import SipError
from sip.flow import Destination, Route
from sip.header_values import NameAddr
from sip.invite_session import InviteSession
from sip.transport.stack import SipStack
from sip.uri import SipUri

RESOLVE_WITHIN = 5.0
"""Seconds that the name of a SIP host may take to resolve."""


class Unreachable(EngineError):
    """Nobody can be rung at a target; the message names it and says why."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """One place where a target can be rung."""

    request_uri: str
    destination: Route
    to_user: str
    """What the leg's record calls the party."""
    headers: tuple[tuple[str, str], ...] = ()
    username: str = ""
    password: str = ""


class Directory(Protocol):
    """Knows clients and trunks."""

    def client(self, login: str) -> list[Found]:
        """Return every place where a client is registered now."""
        ...

    def number(self, number: str, caller: str) -> list[Found]:
        """Return the trunk that takes a number, if one does."""
        ...


class Reach:
    """Finds targets and makes legs to them."""

    def __init__(
        self,
        stack: SipStack,
        endpoint: SipEndpoint,
        plane: MediaPlane,
        media: LegMedia,
        directory: Directory,
        adopt: Callable[[InviteSession, SipLeg], None],
    ) -> None:
        self._stack = stack
        self._endpoint = endpoint
        self._plane = plane
        self._media = media
        self._directory = directory
        self._adopt = adopt

    async def find(self, target: Target, caller: str) -> list[Found]:
        """Return where ``target`` can be rung; raises :class:`Unreachable` when nowhere."""
        match target:
            case SipTarget():
                return [await self._address(target)]
            case ClientTarget(login=login):
                found = self._directory.client(login)
                if not found:
                    raise Unreachable(f"client {login!r} is not registered")
            case NumberTarget(number=number):
                found = self._directory.number(number, caller)
                if not found:
                    raise Unreachable(f"no trunk takes {number!r}; add its prefix to one under [[trunks]]")
        return [replace(each, headers=(*each.headers, *target.headers)) for each in found]

    def make_leg(self, found: Found, row: CallRow) -> OutgoingLeg:
        """Return a leg to a place found, not yet invited."""
        host = self._endpoint_host()
        caller = NameAddr(SipUri.make(row.from_, host), row.from_)
        invitation = Invitation(
            request_uri=found.request_uri,
            from_=str(caller),
            to=f"<{found.request_uri}>",
            destination=found.destination,
            headers=(
                ("X-RestComm-CallSid", row.sid),
                ("X-RestComm-AccountSid", row.account_sid),
                ("X-RestComm-ApiVersion", row.api_version),
                *found.headers,
            ),
            username=found.username,
            password=found.password,
        )
        return OutgoingLeg(invitation, self._stack, self._endpoint, self._plane, self._media, self._adopt)

    def _endpoint_host(self) -> str:
        return self._media.address

    async def _address(self, target: SipTarget) -> Found:
        try:
            uri = SipUri.parse(target.uri)
        except SipError as error:
            raise Unreachable(f"{target.uri!r} is no SIP address: {error}") from error
        transport = uri.transport or "UDP"
        if uri.secure or transport not in ("UDP", "TCP"):
            raise Unreachable(f"{target.uri!r} asks for {transport}, and only UDP and TCP are spoken yet")
        host = await self._resolve(uri.address)
        return Found(
            request_uri=str(uri),
            destination=Destination(transport, host, uri.port or 5060),
            to_user=uri.username or uri.host,
            headers=target.headers,
            username=target.username or "",
            password=target.password or "",
        )

    async def _resolve(self, host: str) -> str:
        try:
            return str(ipaddress.ip_address(host))
        except ValueError:
            pass
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(RESOLVE_WITHIN):
                found = await loop.getaddrinfo(host, None, type=socket.SOCK_DGRAM)
        except (OSError, TimeoutError) as error:
            raise Unreachable(f"the name {host!r} cannot be resolved: {error}") from error
        return str(found[0][4][0])
