"""Where a call goes: the table of interface section "What a caller may dial"."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Application:
    """The HTTP endpoints that decide what happens in a call."""

    voice_url: str
    voice_method: str = "POST"
    voice_fallback_url: str = ""
    voice_fallback_method: str = "POST"
    status_callback: str = ""
    status_callback_method: str = "POST"


@dataclass(frozen=True)
class NumberRoute:
    """A number, or a pattern that numbers match in full, and its application."""

    application: Application
    number: str = ""
    pattern: str = ""


@dataclass(frozen=True)
class RunApplication:
    """The call runs this application."""

    application: Application


@dataclass(frozen=True)
class Refuse:
    """The call is refused with this SIP status; ``reason`` is for the log and the Reason header."""

    status: int
    reason: str


Decision = RunApplication | Refuse


@dataclass
class Router:
    """Decides by Request-URI and source; rebuilt as a whole when the configuration is reloaded."""

    routes: Iterable[NumberRoute] = ()
    default: Application | None = None
    """What ``--app`` named: runs every call that matches no number."""
    trusted_sources: Iterable[str] = ()
    """Networks of the trunks' ``allow_from``."""
    anonymous_inbound: bool = True
    """Whether a number may be reached from any source."""
    _exact: dict[str, Application] = field(init=False, repr=False)
    _patterns: list[tuple[re.Pattern[str], Application]] = field(init=False, repr=False)
    _trusted: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        routes = list(self.routes)
        self._exact = {route.number: route.application for route in routes if route.number}
        patterns = sorted((route for route in routes if route.pattern), key=lambda route: -len(route.pattern))
        self._patterns = [(compile_pattern(route.pattern), route.application) for route in patterns]
        self._trusted = [ipaddress.ip_network(network, strict=False) for network in self.trusted_sources]

    def route(self, dialled: str, source_host: str) -> Decision:
        """Decide what a call to the user part ``dialled`` from ``source_host`` does."""
        if not self.anonymous_inbound and not self._is_trusted(source_host):
            return Refuse(
                403, f"{source_host} is in no trunk's allow_from, and sip.anonymous_inbound is false"
            )
        application = self.application_of(dialled) or self.default
        if application is None:
            return Refuse(404, f"no number matches {dialled!r}")
        return RunApplication(application)

    def application_of(self, dialled: str) -> Application | None:
        """Return the application of the number that ``dialled`` is, if it is one."""
        # Carriers differ in whether they write the plus of an E.164 number.
        other_spelling = dialled[1:] if dialled.startswith("+") else f"+{dialled}"
        for spelling in (dialled, other_spelling):
            if spelling in self._exact:
                return self._exact[spelling]
        return next((found for pattern, found in self._patterns if pattern.fullmatch(dialled)), None)

    def _is_trusted(self, host: str) -> bool:
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._trusted)


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Compile a number pattern, in which ``*`` alone stands for any number.

    A ``*`` or ``+`` with nothing before it to repeat is the key or the plus sign itself, as people
    write ``*72.*`` for a feature code and ``+1555.*`` for a prefix. Raises ``re.error`` for what is
    still no pattern.
    """
    if pattern == "*":
        return re.compile(".*")
    return re.compile(re.sub(r"(^\^?|[(|])([*+])", r"\1\\\2", pattern))
