"""Where a target of Dial, or who is written to, can be reached."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from engine import ids
from engine.dialling.redirects import FORWARDING_HOPS, contacts_in
from engine.errors import EngineError, StoreError
from engine.exchange.routing import Application, ClientCaller, Ourselves, Refuse, Router, UseTrunk
from engine.exchange.trunks import CallerIdentity, Trunk
from engine.legs.leg_media import LegMedia
from engine.legs.outgoing_leg import Invitation, OutgoingLeg
from engine.legs.sip_leg import MAX_FORWARDS, SipLeg
from engine.peers.binding_routes import RESOLVE_WITHIN, routes_to
from engine.peers.peers import Peers
from engine.peers.sip_requests import SipRequests
from engine.reporting import log
from engine.store import CallRow
from engine.turns import a_turn
from media.plane.plane import MediaPlane
from rcml.dialling import (
    ApplicationTarget,
    ClientTarget,
    Headers,
    NumberTarget,
    SipAddress,
    SipTarget,
    Target,
)
from sip.bindings import Binding
from sip.challenges import ChallengeAnswers, Login
from sip.errors import SipError
from sip.flow import Destination, Route, place_of
from sip.header_values import NameAddr
from sip.invite_session import InviteSession
from sip.message import Response
from sip.privacy import ANONYMOUS
from sip.transport import local
from sip.transport.websocket import WebSocketTransport
from sip.uri import SipUri, Uri

_OURSELVES = Trunk(name="", uri=SipUri(local.HOST))
"""What a call to ourselves says of who calls, it says as to a trunk."""

_NOBODY = (("From", str(ANONYMOUS)), ("Privacy", "id"))
"""What a party is told of somebody whom it must not know (RFC 3323 section 4.1)."""

_OURS_TO_SAY = frozenset({"x-restcomm-callsid", "x-restcomm-accountsid", "x-restcomm-apiversion"})
"""Headers of each INVITE of ours; those of the call that led to it are not passed on beside them."""


class Unreachable(EngineError):
    """Nobody can be rung at a target; the message names it and says why."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """One INVITE that may reach a party."""

    request_uri: str
    route: Route
    headers: Headers
    by_way_of: Headers = ()
    """The Route fields that lead there through proxies."""
    to_page: bool = False
    """Whether a browser is behind those proxies."""
    identity: tuple[tuple[str, str], ...] = ()
    """From, and what else says who calls; empty for our own address."""
    login: Login | None = None
    trunk: str = ""
    """Its name, when the way leads through one."""
    codecs: tuple[str, ...] = ()
    """Encoding names, most wanted first; empty for ours."""
    srtp: str = ""
    """The policy of encryption; empty for ours."""
    application: Application | None = None
    """What answers at a way to ourselves, unless the number in the Request-URI says; it reads each text."""
    forwarding: ClientCaller | None = None
    """The client whose telephone forwards the call, at a way to ourselves: it leads where that may call."""
    private: bool = False
    """Whether nothing in the INVITE may name who calls."""
    redirected: bool = False
    """Whether a 3xx led here: who says nothing here is not the trunk, which has answered."""


@dataclass(frozen=True)
class Place:
    """A party at one place: the ways to it are tried one after another, as trunks are."""

    to_user: str
    ways: tuple[Way, ...]


class Reach:
    """Finds targets and makes legs to them; ``adopt`` is told each session of such a leg."""

    def __init__(
        self,
        requests: SipRequests,
        plane: MediaPlane,
        media: LegMedia,
        peers: Peers,
        adopt: Callable[[InviteSession, SipLeg], None],
        router: Callable[[], Router],
    ) -> None:
        self._requests = requests
        self._plane = plane
        self._media = media
        self._peers = peers
        self._adopt = adopt
        self._router = router

    async def find(
        self, target: Target, caller: str, call: CallRow | None = None, *, private: bool = False
    ) -> list[Place]:
        """Return where ``target`` can be rung or written to; raises :class:`Unreachable` when nowhere.

        ``call`` says more of the caller; a text has none. Who is ``private`` is seen by trunks alone, which
        bill by the number. A client is reached at every place where it is registered, and a number that is
        hosted here by a call or a text to ourselves; another number goes out through the first of its trunks
        that takes it. Who rings it then has a turn of the event loop to himself.
        """
        identity = CallerIdentity(number=caller) if call is None else _identity(caller, call, private)
        places = await self._places(target, identity, call)
        await a_turn()
        return [_hidden(place) for place in places] if private else places

    async def _places(self, target: Target, identity: CallerIdentity, call: CallRow | None) -> list[Place]:
        match target:
            case SipTarget():
                return [await self._address(target)]
            case ClientTarget(login=login, headers=headers):
                srtp = self._peers.clients.srtp(login)
                found = [
                    await self._contact(login, binding, headers, srtp)
                    for binding in self._peers.registrar.contacts(login)
                ]
                places = [place for place in found if place.ways]
                if not places:
                    raise Unreachable(f"client {login!r} is not registered")
                return places
            case NumberTarget():
                return [await self._number(target, identity, call)]
            case ApplicationTarget():
                return [await self._application(target, identity, call)]

    async def redirected(self, way: Way, target: Target, caller: str, response: Response) -> list[Way]:
        """Return the ways to where a 3xx leads; none where nobody is.

        A telephone that forwards names somebody as its user would dial them, and the call does what a call
        of that client there would do. What a server names is an address.
        """
        uris = contacts_in(response)
        if isinstance(target, ClientTarget):
            return [found for uri in uris if (found := self._forwarded(way, target.login, caller, uri))]
        ways: list[Way] = []
        for uri in uris:
            if isinstance(uri, SipUri):
                try:
                    ways += [_led_to(way, uri, route) for route in await self._routes(uri)]
                except Unreachable as error:
                    log.get("dial").warning("redirect.not_followed", uri=str(uri), error=str(error))
        return ways

    def _forwarded(self, way: Way, login: str, caller: str, uri: Uri) -> Way | None:
        client = self._peers.clients.find(login)
        if client is None or not uri.subscriber:
            return None
        identity = CallerIdentity(number=caller, forwarded_from=login, private=way.private)
        (here,) = _here(uri.subscriber, way.headers, identity).ways
        who = ClientCaller(login, self._peers.callers.application_of(client), client.account_sid)
        return replace(here, forwarding=who, private=way.private)

    def was_silent(self, way: Way) -> None:
        """Take note that an INVITE this way got no response: a trunk is tried last for a while."""
        if way.trunk and not way.redirected:
            self._peers.links.was_silent(way.trunk)

    def identity(self, way: Way, caller: str) -> Headers:
        """Return From, without a tag, and what else says who calls or writes."""
        ours = NameAddr(SipUri.make(caller, self._media.address), caller)
        return way.identity or (("From", str(ours)),)

    def make_leg(self, way: Way, row: CallRow, beside: SipLeg | None) -> OutgoingLeg:
        """Return a leg that will ring a party, not yet invited; ``beside`` is whom it is to hear, if any.

        Raises :class:`Unreachable` when the call came through too many servers already: one that dials
        itself, by way of others or at once, ends there (RFC 3261 16.3, RFC 7332).
        """
        hops_left = MAX_FORWARDS if beside is None else beside.hops_left - 1
        hops_left -= FORWARDING_HOPS if way.forwarding is not None else 0
        if hops_left < 0:
            raise Unreachable(
                "the call has no hops left (Max-Forwards 0): it goes in a circle; "
                "look at what its numbers dial"
            )
        identity = self.identity(way, row.from_)
        answers = ChallengeAnswers(way.login, ids.new_tag) if way.login is not None else None
        invitation = Invitation(
            request_uri=way.request_uri,
            from_=identity[0][1],
            to=f"<{way.request_uri}>",
            destination=way.route,
            headers=(
                *way.by_way_of,
                *(field for field in way.headers if field[0].lower() not in _OURS_TO_SAY),
                *identity[1:],
                ("Max-Forwards", str(hops_left)),
                ("X-RestComm-CallSid", row.sid),
                ("X-RestComm-AccountSid", row.account_sid),
                ("X-RestComm-ApiVersion", row.api_version),
            ),
            answers=answers,
            caller="" if way.private else row.from_,
        )
        browser = way.to_page or way.route.transport in WebSocketTransport.names
        media = self._media.for_peer(way.codecs, way.srtp, browser=browser)
        payer = beside.payer if beside is not None else ""
        calls_as: Ourselves | ClientCaller | None = None
        if way.route == local.CALLING:
            media = self._media.for_ourselves()
            calls_as = way.forwarding or Ourselves(payer=payer, application=way.application)
        leg = OutgoingLeg(invitation, self._requests, self._plane, media, self._adopt, beside)
        leg.trunk, leg.payer, leg.calls_as = way.trunk, payer, calls_as
        return leg

    async def _contact(self, login: str, binding: Binding, headers: Headers, srtp: str) -> Place:
        """Return the ways to where a client is registered: by the proxies of its Path, if there are any."""
        target, proxies = binding.target_and_routes
        by_way_of = tuple(("Route", str(proxy)) for proxy in proxies)
        ways = (
            Way(
                request_uri=str(target),
                route=route,
                headers=headers,
                by_way_of=by_way_of,
                to_page=bool(proxies) and binding.uri.transport in WebSocketTransport.names,
                srtp=srtp,
            )
            for route in await routes_to(binding, self._peers.resolver.resolve)
        )
        return Place(login, tuple(ways))

    async def _address(self, target: SipTarget) -> Place:
        """Return the ways to an address, or to each of several that can be found, in their order."""
        ways: list[Way] = []
        to_user, problem = "", None
        for address in self._peers.resolver.in_order(target.addresses or (_only(target),)):
            try:
                uri, routes = await self._resolved(address.uri)
            except Unreachable as error:
                log.get("dial").warning("dial.address_skipped", uri=address.uri, error=str(error))
                problem = error
                continue
            login = Login(address.username, address.password or "") if address.username else None
            headers = (*address.headers, *target.headers)
            to_user = to_user or uri.username or uri.host
            ways += [Way(request_uri=str(uri), route=route, headers=headers, login=login) for route in routes]
        if problem is not None and not ways:
            raise problem
        return Place(to_user, tuple(ways))

    async def _resolved(self, address: str) -> tuple[SipUri, list[Destination]]:
        try:
            uri = SipUri.parse(address)
        except SipError as error:
            raise Unreachable(f"{address!r} is no SIP address: {error}") from error
        return uri, await self._routes(uri)

    async def _number(self, target: NumberTarget, identity: CallerIdentity, call: CallRow | None) -> Place:
        router, number = self._router(), target.number
        decision = router.route_own_text(number) if call is None else router.route_own(number)
        if isinstance(decision, Refuse):
            raise Unreachable(decision.reason)
        if isinstance(decision, UseTrunk):
            return await self._through(decision.trunks, target, identity)
        return _here(number, target.headers, identity, None if call is not None else decision.application)

    async def _application(
        self, target: ApplicationTarget, identity: CallerIdentity, call: CallRow | None
    ) -> Place:
        assert call is not None, "no text is written to an application"
        parameters = (
            ("CustomerId", target.customer_id or call.account_sid),
            *((f"Param_{name}", value) for name, value in target.parameters),
        )
        try:
            found = await self._peers.application(target.sid, call.account_sid, parameters)
        except StoreError as error:
            raise Unreachable(f"application {target.sid} cannot be looked up: {error}") from error
        if found is None:
            raise Unreachable(
                f"account {call.account_sid} has no application {target.sid} with a VoiceUrl; "
                "look at the account's Applications"
            )
        dialled = call.to if target.copy_parent_to else target.sid
        return _here(dialled, target.headers, identity, found)

    async def _through(
        self, trunks: Sequence[Trunk], target: NumberTarget, identity: CallerIdentity
    ) -> Place:
        ways = [
            Way(
                request_uri=str(trunk.request_uri(target.number)),
                route=route,
                headers=target.headers,
                identity=tuple(trunk.identity_fields(identity)),
                login=trunk.login,
                trunk=trunk.name,
                codecs=trunk.codecs,
                srtp=trunk.srtp,
            )
            for trunk in trunks
            for route in await self._routes(trunk.uri)
        ]
        return Place(target.number, tuple(ways))

    async def _routes(self, uri: SipUri) -> list[Destination]:
        """Return the places of a URI to try in order (RFC 3263); raises :class:`Unreachable` for none."""
        try:
            async with asyncio.timeout(RESOLVE_WITHIN):
                routes = await self._peers.resolver.resolve(uri)
        except (OSError, TimeoutError) as error:
            raise Unreachable(f"the host of {uri} cannot be resolved: {error}") from error
        if not routes:
            raise Unreachable(f"{uri} has no address for a transport that we listen on, nor for TLS")
        return routes


def _only(target: SipTarget) -> SipAddress:
    return SipAddress(uri=target.uri, username=target.username, password=target.password)


def _identity(caller: str, call: CallRow, private: bool) -> CallerIdentity:
    """Return who calls, with what is known of the call that dials."""
    named, diverted = call.caller_name or "", call.forwarded_from or ""
    return CallerIdentity(number=caller, display_name=named, forwarded_from=diverted, private=private)


def _led_to(way: Way, uri: SipUri, route: Destination) -> Way:
    """Return the way to an address that who answers at ``way`` named.

    A password is for the host that it was given for, and for nobody that this one names.
    """
    same_host = route.host == place_of(way.route)[1]
    login = way.login if same_host else None
    there = str(uri.without_headers())
    return replace(way, request_uri=there, route=route, login=login, redirected=True)


def _hidden(place: Place) -> Place:
    """Return the same place, rung by somebody whom the party must not know."""
    ways = (replace(way, private=True, identity=way.identity or _NOBODY) for way in place.ways)
    return replace(place, ways=tuple(ways))


def _here(
    dialled: str, headers: Headers, identity: CallerIdentity, application: Application | None = None
) -> Place:
    """Return the place of what is hosted here: a call to ourselves, along no network."""
    way = Way(
        request_uri=str(SipUri.make(dialled, local.HOST)),
        route=local.CALLING,
        headers=headers,
        identity=tuple(_OURSELVES.identity_fields(identity)),
        application=application,
    )
    return Place(dialled, (way,))
