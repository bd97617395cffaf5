"""Where a text goes that somebody sends us: the table of calls, read for texts."""

from __future__ import annotations

from collections.abc import Callable

from engine.exchange.routing import (
    Application,
    Caller,
    ClientCaller,
    Decision,
    ProveIdentity,
    Refuse,
    RingClient,
    Router,
    RunApplication,
    Stranger,
    TrunkCaller,
    UseTrunk,
)


def route_text(router: Router, to: str, sender: Caller, is_client: Callable[[str], bool]) -> Decision:
    """Decide what a text to the user part ``to`` does.

    As with calls a stranger reaches numbers only, and all else is answered alike. A client's own
    application is one for its calls; what it writes goes to whom it writes to. A client who is not
    registered is one all the same: its sender is told so.
    """
    if isinstance(sender, Stranger):
        return _route_stranger(router, to, sender)
    if (refusal := router.refusal_of(to)) is not None:
        return refusal
    application = router.application_of(to)
    if application is not None:
        return _run(application) or Refuse(404, f"the number {to!r} takes no texts: give it an sms_url")
    if is_client(to):
        return RingClient(to)
    if isinstance(sender, ClientCaller) and router.trunks is not None:
        trunks = router.trunks.for_number(to)
        if trunks:
            return UseTrunk(to, trunks)
    asked = _run(router.default)
    if asked is not None:
        return asked
    if isinstance(sender, TrunkCaller) and sender.claims:
        return ProveIdentity()
    return Refuse(404, f"{to!r} is no number, no client and no trunk takes it")


def _route_stranger(router: Router, to: str, sender: Stranger) -> Decision:
    if router.anonymous_inbound:
        if (refusal := router.refusal_of(to)) is not None:
            return refusal
        asked = _run(router.application_of(to) or router.default)
        if asked is not None:
            return asked
    if router.asks_for_credentials:
        return ProveIdentity()
    if not router.anonymous_inbound:
        reason = f"{sender.source} is in no trunk's allow_from, and sip.anonymous_inbound is false"
        return Refuse(403, reason)
    return Refuse(404, f"no number with an sms_url matches {to!r}")


def _run(application: Application | None) -> RunApplication | None:
    return RunApplication(application) if application is not None and application.sms_url else None
