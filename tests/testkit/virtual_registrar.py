"""A registrar without sockets or database, in virtual time, and phones that register with it."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable

from engine.exchange.authentication import Authenticator
from engine.peers.clients import ClientDirectory
from engine.peers.registrar import Registrar
from engine.peers.sip_requests import SipRequests
from sip.endpoint_config import EndpointConfig
from sip.events import IncomingRequest, RequestAnswered, RequestTimedOut, SipEvent
from sip.flow import Destination, Flow
from sip.message import Request, Response
from sip.nonce import NonceIssuer
from sip.uri import SipUri
from tests.testkit.memory_bindings import MemoryBindings
from tests.testkit.sip_clients import REALM, challenges, client, with_credentials
from tests.testkit.sip_messages import request
from tests.testkit.virtual_loop import run_virtual
from tests.testkit.virtual_stack import PHONE, VirtualStack

CONTACT = "<sip:alice@192.0.2.10:5060;ob>"
MARIA = "maria@telestax.com"


class House:
    """A registrar on a stack without sockets, and phones that register with it."""

    def __init__(self, store: MemoryBindings | None = None, ping_interval: float = 60.0) -> None:
        self.stack = VirtualStack(self._receive, EndpointConfig(surfaced_methods=("OPTIONS", "REGISTER")))
        self.requests = SipRequests(self.stack, self.stack.endpoint)
        self.rows = [client(), client("bob", "other"), client(MARIA), client("closed", status=0)]
        self.clients = ClientDirectory(self.rows)
        self.store = store or MemoryBindings()
        numbers = itertools.count(1)
        authenticator = Authenticator(
            REALM, self.clients.find, NonceIssuer(b"k"), lambda: f"n{next(numbers)}"
        )
        self.registrar = Registrar(
            self.requests,
            authenticator,
            self.clients,
            self.store,
            resolve=self._resolve,
            ping_interval=ping_interval,
        )
        self.removed: list[tuple[str, str]] = []
        self.registrar.on_removed = lambda login, binding: self.removed.append((login, str(binding.uri)))
        self._calls = itertools.count(1)

        self.hosts: dict[str, list[Destination]] = {}
        """What the names of proxies resolve to."""

    async def _resolve(self, uri: SipUri) -> list[Destination]:
        return self.hosts.get(uri.host, [])

    def _receive(self, event: SipEvent) -> None:
        if isinstance(event, IncomingRequest):
            self.registrar.receive(event)
        elif isinstance(event, RequestAnswered | RequestTimedOut):
            self.requests.receive(event)

    async def ask(self, wish: Request, flow: Flow = PHONE) -> Response:
        """Send a request and return the final response."""
        before = len(self.stack.all(Response))
        self.stack.deliver(wish, flow)
        await asyncio.sleep(0.01)
        (answer,) = self.stack.all(Response)[before:]
        return answer

    def wish(self, contact: str | None = CONTACT, login: str = "alice", **fields: str | None) -> Request:
        """A REGISTER as a phone first sends it."""
        number = next(self._calls)
        headers: dict[str, object] = {
            "Via": f"SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-{number};rport",
            "From": f"<sip:{login}@example.org>;tag=a",
            "To": f"<sip:{login}@example.org>",
            "Contact": contact,
            **fields,
        }
        return request("REGISTER", "sip:example.org", headers, cseq=10 * number)

    async def register(
        self,
        contact: str | None = CONTACT,
        login: str = "alice",
        password: str = "secret",
        flow: Flow = PHONE,
        as_login: str | None = None,
        expires: str | None = None,
        **fields: str | None,
    ) -> Response:
        """Register as a phone does, credentials and all."""
        wish = self.wish(contact, login, Expires=expires, **fields)
        challenge = challenges(await self.ask(wish, flow))[0]
        return await self.ask(with_credentials(wish, challenge, as_login or login, password), flow)

    def reached(self, login: str = "alice") -> list[str]:
        return [str(binding.uri) for binding in self.registrar.contacts(login)]

    def pings(self) -> list[Request]:
        return [message for message in self.stack.all(Request) if message.method == "OPTIONS"]


def story(tell: Callable[[House], Awaitable[None]], ping_interval: float = 60.0) -> None:
    async def main() -> None:
        house = House(ping_interval=ping_interval)
        await house.registrar.start()
        await tell(house)
        await house.registrar.stop()

    run_virtual(main())
