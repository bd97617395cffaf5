"""Answers that cost no transaction: RFC 3261 section 8.2.7."""

from __future__ import annotations

import hashlib
import re
from typing import Final

from sip.errors import PeerError
from sip.flow import Flow
from sip.message import Request, Response
from sip.response_route import response_route
from sip.user_agent_core import UserAgentCore
from sip.validation import Refusal

MARK: Final = "s-"
"""How the To tags of such answers begin, and no other tag of ours: an ACK with one is known by it."""

_branch: Final = re.compile(r";\s*branch\s*=\s*([^;,\s]+)", re.IGNORECASE).search


class StatelessAnswers:
    """Refuses requests, and keeps nothing of them.

    A repeated request gets the same answer again, with the same To tag: it is made of what also the ACK of
    the answer repeats. An attacker costs no memory.
    """

    def __init__(self, core: UserAgentCore) -> None:
        self._core = core
        self._secret = core.token().encode()[:64]
        self.sent = 0

    def refuse(self, request: Request, flow: Flow, refusal: Refusal, now: float) -> None:
        """Answer, unless the source of the request was refused too often of late."""
        if self._core.sources.may_refuse(flow.remote[0], now):
            self.answer(request, flow, refusal, now)

    def answer(self, request: Request, flow: Flow, refusal: Refusal, now: float) -> None:
        """Answer; the source was judged already."""
        self.sent += 1
        response = refusal.response(request, self.tag(request))
        if response is not None:
            self.send(request, response, flow, now)

    def send(
        self, request: Request, response: Response, flow: Flow, now: float, *, traced: bool = True
    ) -> None:
        """Send a response to where the request wants it."""
        core = self._core
        core.sign(response)
        try:
            route = response_route(request, flow, follow_flow=core.config.follow_flow)
        except PeerError:
            route = flow
        core.outbox.send(response, route, now, traced=traced)

    def tag(self, request: Request) -> str:
        """Return the To tag of our answer: the same for each repetition of a request, and for its ACK."""
        headers = request.headers
        via = headers.get("Via") or ""
        branch = _branch(via)
        seed = "\n".join(
            (via.partition(";")[0], branch.group(1) if branch else "", headers.get("Call-ID") or "")
        )
        digest = hashlib.blake2b(seed.encode("utf-8", "surrogateescape"), key=self._secret, digest_size=8)
        return MARK + digest.hexdigest()

    def acknowledged_by(self, request: Request) -> bool:
        """Tell whether a request is the ACK of such an answer, which nothing waits for."""
        to = request.headers.get("To") or ""
        return request.method == "ACK" and MARK in to and f";tag={self.tag(request)}" in to
