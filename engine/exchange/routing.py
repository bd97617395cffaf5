"""Where a call goes: the table of interface section "What a caller may dial"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from engine.exchange.trunks import Trunk, TrunkDirectory
from engine.number_pattern import compile_pattern, literal_prefix
from rcml.api_version import API_VERSION
from rcml.document import Document

Parameters = tuple[tuple[str, str], ...]

LONGEST_NUMBER = 128
"""Characters of a user part beyond which no pattern is tried."""


@dataclass(frozen=True, kw_only=True)
class Application:
    """What decides what happens in a call: HTTP endpoints, or a document given with a request."""

    voice_url: str = ""
    voice_method: str = "POST"
    voice_fallback_url: str = ""
    voice_fallback_method: str = "POST"
    status_callback: str = ""
    status_callback_method: str = "POST"
    document: Document | None = None
    """Runs first, instead of what ``voice_url`` answers."""
    sms_url: str = ""
    """The document of a text; empty for a number that takes none."""
    sms_method: str = "POST"
    sms_fallback_url: str = ""
    sms_fallback_method: str = "POST"
    parameters: Parameters = ()
    """Told with the first request."""
    refer_url: str = ""
    """The document for a party that another one transfers by REFER."""
    refer_method: str = "POST"
    account_sid: str = ""
    """Whose calls it answers; empty: the root account's."""
    number_sid: str | None = None
    """The number that led to it."""
    api_version: str = API_VERSION
    """Whose words it is told of its calls in (:mod:`rcml.call_parameters`)."""


NO_APPLICATION = Application()
"""Of a call that no application decides about."""


@dataclass(frozen=True)
class NumberRoute:
    """A number, or a pattern that numbers match in full, and its application."""

    application: Application
    number: str = ""
    pattern: str = ""
    refusal: str = ""
    """Why no call to it is taken, such as the closing of its account; empty: calls are."""


@dataclass(frozen=True)
class NumberSearch:
    """Which number a dialled user part is, and what was looked at to find out."""

    spellings: tuple[str, ...]
    """Looked up among the exact numbers, in this order."""
    tried: tuple[NumberRoute, ...]
    """Patterns that were tried, in this order; the last one is the route when a pattern matched."""
    route: NumberRoute | None = None


@dataclass(frozen=True)
class Stranger:
    """Somebody of whom we know the address alone."""

    source: str


@dataclass(frozen=True)
class TrunkCaller:
    """A source that a trunk's ``allow_from`` names."""

    trunk: Trunk
    claims: str = ""
    """The login in From when a client has it: a phone that shares the trunk's network, perhaps."""


@dataclass(frozen=True)
class ClientCaller:
    """A client that proved who it is."""

    login: str
    application: Application | None = None
    """What every call of this client runs."""
    account_sid: str = ""


@dataclass(frozen=True, kw_only=True)
class Ourselves:
    """A call of ours to what is hosted here: its INVITE came along no network."""

    payer: str = ""
    """The client that answers for what the call costs; empty for none."""
    application: Application | None = None
    """What was called, when it was no number."""


Caller = Stranger | TrunkCaller | ClientCaller | Ourselves


@dataclass(frozen=True)
class RunApplication:
    """The call runs this application."""

    application: Application


@dataclass(frozen=True)
class RingClient:
    """The call rings a client wherever it is registered."""

    login: str


@dataclass(frozen=True)
class UseTrunk:
    """The call goes out through the first of these trunks that takes it."""

    number: str
    """As dialled; each trunk has its own format."""
    trunks: tuple[Trunk, ...]


@dataclass(frozen=True)
class ProveIdentity:
    """Only a client may do that: the caller is asked for credentials."""


@dataclass(frozen=True)
class Refuse:
    """The call is refused with this SIP status; ``reason`` is for the log and the Reason header."""

    status: int
    reason: str


DialOut = RingClient | UseTrunk
"""Decisions that bridge the caller to somebody without an application."""

Decision = RunApplication | DialOut | ProveIdentity | Refuse


def _nobody(login: str) -> bool:
    return False


@dataclass
class Router:
    """Decides by Request-URI and caller; rebuilt as a whole when the configuration is reloaded."""

    routes: Iterable[NumberRoute] = ()
    default: Application | None = None
    """What ``--app`` named: runs every call that matches no number."""
    anonymous_inbound: bool = True
    """Whether a number may be reached from any source."""
    registered: Callable[[str], bool] = _nobody
    """Tells whether a client of this login is registered."""
    trunks: TrunkDirectory | None = None
    asks_for_credentials: bool = False
    """Whether there is any client, so that it makes sense to ask a stranger to prove to be one."""
    _exact: dict[str, NumberRoute] = field(init=False, repr=False)
    _patterns: list[tuple[re.Pattern[str], NumberRoute]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        routes = list(self.routes)
        self._exact = {route.number: route for route in routes if route.number}
        patterns = sorted((route for route in routes if route.pattern), key=lambda route: -len(route.pattern))
        self._patterns = [(compile_pattern(route.pattern), route) for route in patterns]

    def route(self, dialled: str, caller: Caller) -> Decision:
        """Decide what a call to the user part ``dialled`` does."""
        if isinstance(caller, Stranger):
            return self._route_stranger(dialled, caller)
        if isinstance(caller, ClientCaller) and caller.application is not None:
            return RunApplication(caller.application)
        if (number := self._number(dialled)) is not None:
            return number
        if isinstance(caller, Ourselves):
            return Refuse(404, f"{dialled!r} is no number that is hosted here")
        if self.registered(dialled):
            return RingClient(dialled)
        if isinstance(caller, ClientCaller) and self.trunks is not None:
            trunks = self.trunks.for_number(dialled)
            if trunks:
                return UseTrunk(dialled, trunks)
        if self.default is not None:
            return RunApplication(self.default)
        if isinstance(caller, TrunkCaller) and caller.claims:
            return ProveIdentity()
        return Refuse(404, f"{dialled!r} is no number, no registered client and no trunk takes it")

    def _route_stranger(self, dialled: str, caller: Stranger) -> Decision:
        """Let a stranger reach numbers. All else is answered alike, so that it tells nothing."""
        if self.anonymous_inbound:
            if (number := self._number(dialled)) is not None:
                return number
            if self.default is not None:
                return RunApplication(self.default)
        if self.asks_for_credentials:
            return ProveIdentity()
        if not self.anonymous_inbound:
            reason = f"{caller.source} is in no trunk's allow_from, and sip.anonymous_inbound is false"
            return Refuse(403, reason)
        return Refuse(404, f"no number matches {dialled!r}")

    def route_own(self, number: str) -> RunApplication | UseTrunk | Refuse:
        """Decide where a number leads that we ring ourselves, for a document or the REST API.

        What is hosted here is reached here, and no carrier bills it. Of what a pattern alone matches, a trunk
        whose prefix says as much knows more: what takes all that comes in must not keep what is to go out.
        """
        trunks = self.trunks.for_number(number) if self.trunks is not None else ()
        found = self.search(number).route
        if found is not None:
            known = max((trunk.knows(number) for trunk in trunks), default=-1)
            if found.number or len(literal_prefix(found.pattern)) > known:
                return _hosted(found)
        if trunks:
            return UseTrunk(number, trunks)
        return Refuse(
            404,
            f"no trunk takes {number!r}, and no number here is {number!r}; "
            "add its prefix to one under [[trunks]], or the number under [[numbers]]",
        )

    def route_own_text(self, number: str) -> RunApplication | UseTrunk | Refuse:
        """Decide where a text goes that we send to a number ourselves: as a call does, where it is read.

        A number hosted here that reads no texts may have them elsewhere, as one of which a carrier brings us
        the calls alone.
        """
        decision = self.route_own(number)
        if not isinstance(decision, RunApplication) or decision.application.sms_url:
            return decision
        trunks = self.trunks.for_number(number) if self.trunks is not None else ()
        if trunks:
            return UseTrunk(number, trunks)
        return Refuse(404, f"the number {number!r} takes no texts, and no trunk takes it: give it an sms_url")

    def application_of(self, dialled: str) -> Application | None:
        """Return the application of the number that ``dialled`` is, if it is one that takes calls."""
        decision = self._number(dialled)
        return decision.application if isinstance(decision, RunApplication) else None

    def refusal_of(self, dialled: str) -> Refuse | None:
        """Return how calls and texts to a number are refused whose account may do nothing now."""
        decision = self._number(dialled)
        return decision if isinstance(decision, Refuse) else None

    def _number(self, dialled: str) -> RunApplication | Refuse | None:
        route = self.search(dialled).route
        return None if route is None else _hosted(route)

    def search(self, dialled: str) -> NumberSearch:
        """Find the number that ``dialled`` is: exactly, else by the longest pattern that matches in full."""
        # Carriers differ in whether they write the plus of an E.164 number.
        spellings = (dialled, dialled[1:] if dialled.startswith("+") else f"+{dialled}")
        for spelling in spellings:
            if spelling in self._exact:
                return NumberSearch(spellings, (), self._exact[spelling])
        # No number is longer, and a pattern may take time that grows fast with what it is tried on.
        patterns = self._patterns if len(dialled) <= LONGEST_NUMBER else []
        for place, (pattern, route) in enumerate(patterns, 1):
            if pattern.fullmatch(dialled):
                return NumberSearch(spellings, tuple(each for _, each in patterns[:place]), route)
        return NumberSearch(spellings, tuple(each for _, each in patterns))


def _hosted(route: NumberRoute) -> RunApplication | Refuse:
    """Return what a number that is hosted here does with a call."""
    return Refuse(403, route.refusal) if route.refusal else RunApplication(route.application)
