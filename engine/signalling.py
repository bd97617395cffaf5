"""The SIP side of the daemon: its stack, whom it exchanges calls with, and what makes calls of events."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from engine import ids
from engine.calls.call_services import CallServices
from engine.config.listening import cannot_listen
from engine.config.media_section import MediaSection
from engine.dialling.text_carrier import TextCarrier
from engine.exchange.door import Door
from engine.exchange.full_house import FullHouse
from engine.file_limit import FileShares
from engine.legs.leg_media import LegMedia
from engine.legs.webrtc import webrtc_options
from engine.peers.peers import Peers
from engine.peers.sip_requests import SipRequests
from engine.reporting import log
from engine.reporting.ladders import new_trace
from engine.switchboard.switchboard import Switchboard
from engine.turns import share
from media.codecs.registry import codecs_named
from media.srtp import SrtpPolicy
from sip.endpoint import SipEndpoint
from sip.endpoint_config import EndpointConfig
from sip.flow import Destination
from sip.transport import local
from sip.transport.addresses import near_end
from sip.transport.connections import StreamLimits
from sip.transport.stack import SipStack
from sip.transport.tls import TlsContexts

SERVED = ("OPTIONS", "REGISTER", "MESSAGE", "REFER", "NOTIFY")
"""Methods outside calls."""


class Signalling:
    """Joins the stack, the peers and the switchboard, and routes by what they know."""

    def __init__(
        self, services: CallServices, files: FileShares, certificates: TlsContexts, default_url: str = ""
    ) -> None:
        """``default_url`` answers what matches no number, unless the configuration names an application."""
        settings = services.settings
        self._services = services
        self._default_url = default_url
        self._log = log.get("daemon")
        capacity = min(services.plane.capacity, files.calls)
        store = services.store
        self.door = Door(
            settings.limits, capacity, services.talk_meter, services.account_caps, lambda: store.healthy
        )
        self.trace = new_trace()
        self.endpoint = self._new_endpoint()
        media = _leg_media(settings.media)
        self.switchboard = Switchboard(services, self.door.admission, media, self.door.clients)
        streams = StreamLimits(connections=files.streams)
        self.stack = SipStack(self.endpoint, self.switchboard.receive, streams, certificates)
        self.stack.on_refused = self._not_connected
        self._requests = SipRequests(self.stack, self.endpoint)
        self.peers = Peers(settings, services.store, services.accounts, self._requests, services.metrics)
        self.door.sources.trusts = self._trusts

    def _trusts(self, host: str) -> bool:
        """Tell whether a source may ask for as much as it likes: ourselves, and trunks."""
        return host == local.HOST or self.peers.trunks.of_source(host) is not None

    async def start(self, parts: AsyncExitStack) -> None:
        """Know callers, clients and trunks; ``parts`` closes the connections and stops what this starts."""
        self.stack.share_turns(share(asyncio.get_running_loop(), lambda: self.stack.worked))
        parts.push_async_callback(self.stack.close)
        await self.peers.start(parts)
        self.stack.on_closed = self.peers.registrar.flow_closed
        self.switchboard.attach(self._requests, self.peers)
        switchboard = self.switchboard
        self._services.texts.attach(
            TextCarrier(
                self._requests, switchboard.reach, self.peers.clients.enabled, switchboard.inbox.arrive
            )
        )
        self.route()

    async def open(self, http_host: str, http_port: int, parts: AsyncExitStack) -> None:
        """Listen, then make contact with the trunks. Browsers come by the HTTP server at that address."""
        for listener in self._services.settings.sip.listen:
            await self._listen(str(listener))
        self.stack.serve_websockets(http_host, http_port)
        await self.peers.connect(parts)

    def route(self) -> None:
        """Route by the numbers that are known, and by the settings of now."""
        settings = self._services.settings
        default = settings.rcml.app_url or self._default_url
        self.switchboard.router = self.peers.router(settings, default)

    async def take_over(self) -> None:
        """Route, register and connect by what the store has now."""
        await self.peers.refresh(self._services.settings)
        self.route()

    def _new_endpoint(self) -> SipEndpoint:
        host, _, port = self._services.settings.sip.external_address.partition(":")
        # What else there is outside calls the endpoint refuses with 405.
        config = EndpointConfig(external_host=host, external_port=int(port or 0), surfaced_methods=SERVED)
        return SipEndpoint(
            config,
            ids.new_tag,
            resolve=lambda uri, transport: self.peers.registrar.place_of(uri, transport),
            trace=self.trace,
            sources=self.door.sources,
            gate=FullHouse(self.door.admission, self._services.metrics),
        )

    async def _listen(self, where: str) -> None:
        try:
            await self.stack.listen(where)
        except OSError as error:
            raise cannot_listen("sip.listen", where, error) from error
        self._log.info("sip.listening", on=where)

    def _not_connected(self, destination: Destination, error: OSError) -> None:
        self._log.warning("sip.not_connected", to=str(destination), host=destination.name, error=str(error))


def _leg_media(media: MediaSection) -> LegMedia:
    return LegMedia(
        media.external_address or media.address,
        tuple(codec for name in media.codecs for codec in codecs_named(name)),
        SrtpPolicy(media.srtp),
        media.rtp_timeout,
        webrtc_options(media),
        here=near_end(media.address),
    )
