"""What a routed call does: its application, or whom it rings without one."""

from __future__ import annotations

from engine.exchange.routing import Application, DialOut, RingClient, RunApplication
from rcml.dialling import ClientTarget, DialRequest, Headers, NumberTarget, Target


def plan_of(
    decision: RunApplication | DialOut, limit: float, headers: Headers = ()
) -> Application | DialRequest:
    """Return what a call does: its application, or whom it rings.

    ``headers`` go to a callee, with whom the caller may talk for ``limit`` seconds; the caller rings until
    the callee answers.
    """
    if isinstance(decision, RunApplication):
        return decision.application
    if isinstance(decision, RingClient):
        target: Target = ClientTarget(login=decision.login, headers=headers)
    else:
        target = NumberTarget(number=decision.number, headers=headers)
    return DialRequest(targets=(target,), answer_on_bridge=True, time_limit=limit)
