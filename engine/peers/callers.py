"""Who calls: a trunk, a client that proves it, or a stranger (interface "What a caller may dial")."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from engine.exchange.authentication import Authenticated, Authenticator, Challenged, Denied
from engine.exchange.routing import (
    Application,
    Caller,
    ClientCaller,
    ProveIdentity,
    Stranger,
    TrunkCaller,
)
from engine.exchange.trunks import TrunkDirectory
from engine.peers.clients import ClientDirectory
from engine.peers.own_calls import OwnCalls
from engine.store import ClientRow
from sip.flow import LOCAL, Flow
from sip.message import Request
from sip.privacy import is_anonymous

D = TypeVar("D")
"""What a way to somebody decides, or that the caller must prove who it is."""


@dataclass
class CallerIdentification:
    """Finds out who sent an INVITE.

    A stranger is asked for nothing here: whether he must prove who he is depends on whom he calls, and must
    not depend on whom he claims to be, or he could find out which clients exist.
    """

    authenticator: Authenticator
    clients: ClientDirectory
    trunks: TrunkDirectory
    registered_from: Callable[[Flow], bool]
    """Tells whether a client registered from where a flow comes."""
    application_of: Callable[[ClientRow], Application | None]
    own_calls: OwnCalls = field(default_factory=OwnCalls)

    def decide(
        self, request: Request, flow: Flow, now: float, route: Callable[[Caller], D]
    ) -> tuple[Caller, D] | Challenged | Denied:
        """Return who sent this and what ``route`` decides for them, or what to answer.

        A stranger is asked for credentials only where the way wants them.
        """
        who = self.identify(request, flow, now)
        if isinstance(who, Challenged | Denied):
            return who
        decision = route(who)
        if isinstance(decision, ProveIdentity):
            who = self.prove(request, flow, now)
            if isinstance(who, Challenged | Denied):
                return who
            decision = route(who)
        return who, decision

    def identify(self, request: Request, flow: Flow, now: float) -> Caller | Challenged | Denied:
        """Return the caller, or what to answer."""
        if flow.transport == LOCAL:
            return self.own_calls.caller(request.call_id)
        claimed, source = request.from_.uri.username or "", flow.remote[0]
        if self.authenticator.presented(request):
            return self.prove(request, flow, now)
        trunk = self.trunks.of_source(source)
        if trunk is not None:
            return TrunkCaller(trunk, claimed if self.clients.enabled(claimed) else "")
        if self.registered_from(flow):
            # Its own application, or its right to call others, counts from the first call on.
            return self.prove(request, flow, now)
        return Stranger(source)

    def srtp_of(self, who: Caller) -> str:
        """Return the policy of encryption for a caller; empty where the configuration's default counts."""
        if isinstance(who, TrunkCaller):
            return who.trunk.srtp
        return self.clients.srtp(who.login) if isinstance(who, ClientCaller) else ""

    def prove(self, request: Request, flow: Flow, now: float) -> Caller | Challenged | Denied:
        """Return the client that sent this, or what to answer so that it proves who it is."""
        # Who hides from the callee proves to us who they are (RFC 3323 section 4.1).
        claimed = None if is_anonymous(request.from_) else request.from_.uri.username or ""
        verdict = self.authenticator.check(request, flow.remote[0], claimed, now)
        if isinstance(verdict, Authenticated):
            return ClientCaller(
                verdict.client.login, self.application_of(verdict.client), verdict.client.account_sid
            )
        return verdict
