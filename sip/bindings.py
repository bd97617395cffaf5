"""A registrar's table: which contacts an address-of-record has now (RFC 3261 section 10.3).

The way to each may lead through proxies (RFC 3327). Time is an argument, in seconds of any clock that
never goes back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from sip.errors import HeaderError, RegistrationRefused, shown
from sip.flow import Address, Flow, Route
from sip.header_values import NameAddr
from sip.local_identity import destination_of
from sip.message import Request
from sip.route_set import target_and_routes
from sip.timers import Schedule
from sip.uri import SipUri, Uri

USUAL_EXPIRES: Final = 3600
"""Seconds that a malformed or missing expiration stands for (RFC 3261 sections 10.2.1.1 and 20.19)."""

MOST_HOPS: Final = 8
"""Path values of a REGISTER: every request to the contact repeats them, and must still fit a datagram."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One contact of an address-of-record, until it expires."""

    contact: NameAddr
    """As registered, with every URI and header parameter but ``expires``."""
    uri: SipUri
    """The contact's URI: the Request-URI of what is sent to it."""
    call_id: str
    cseq: int
    """Call-ID and CSeq of the REGISTER that last changed it."""
    expires_at: float
    flow: Flow | None
    """The way the REGISTER came; None when it is gone, as a stream is after a restart."""
    path: tuple[NameAddr, ...] = ()
    """The proxies between us and the contact, nearest first; requests to it go by them (RFC 3327 5.3)."""
    user_agent: str = ""
    identity: str = ""
    """The owner's own name for the binding, kept over refreshes: a key in a database, say."""

    @property
    def q(self) -> float:
        """How much the contact is preferred, 0 to 1."""
        return self.contact.q

    @property
    def behind_nat(self) -> bool:
        """Whether the contact names another host than the packets came from."""
        return self.flow is not None and self.uri.address.lower() != self.flow.remote[0].lower()

    @property
    def next_hop(self) -> Uri:
        """The first URI that requests go to: the nearest proxy's, else the contact's."""
        return self.path[0].uri if self.path else self.uri

    @property
    def target_and_routes(self) -> tuple[Uri, tuple[NameAddr, ...]]:
        """The Request-URI and the Route values of requests to the contact."""
        return target_and_routes(self.uri, self.path)

    @property
    def route(self) -> Route | None:
        """Where requests go; None when the next hop's host is a name that only a resolver could place.

        A proxy that named itself in Path is reached where it says, be it that the REGISTER came from
        elsewhere: proxies send from other ports and addresses than they listen on.

        Without one a stream is used again, whatever the contact says (RFC 5626 section 5.3): a client behind
        NAT takes no connection, and one in a browser never does (RFC 7118 section 5). A datagram follows the
        flow when the contact's host is not where it came from; else the contact's port counts, for one who
        registers on behalf of another port.
        """
        if self.path:
            return destination_of(self.next_hop, "UDP", None)
        flow = self.flow
        if flow is not None and flow.transport in ("WS", "WSS"):
            return flow
        wanted = self.uri.transport or ("TLS" if self.uri.secure else "UDP")
        if flow is not None and (self.behind_nat or (flow.is_reliable and flow.transport == wanted)):
            return flow
        return destination_of(self.uri, "UDP", None) or flow

    def remaining(self, now: float) -> int:
        """Return the whole seconds it still has."""
        return max(0, round(self.expires_at - now))


@dataclass(frozen=True, slots=True)
class RegistrationPolicy:
    """What a registrar grants; expirations in seconds."""

    default_expires: int = USUAL_EXPIRES
    """Granted when the request names none."""
    min_expires: int = 60
    """A shorter wish is refused with 423 (10.3 step 7)."""
    max_expires: int = USUAL_EXPIRES
    """A longer wish is granted this much."""
    most_contacts: int = 10
    """Contacts of one address-of-record; a REGISTER that needs more is refused as a whole."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one REGISTER changed."""

    bound: tuple[Binding, ...] = ()
    """Added or refreshed."""
    removed: tuple[Binding, ...] = ()


@dataclass(slots=True)
class Bindings:
    """Every binding of a registrar, by address-of-record (any text that names one)."""

    policy: RegistrationPolicy = field(default_factory=RegistrationPolicy)
    new_identity: Callable[[], str] = str
    """Makes the identity of each new binding."""
    _records: dict[str, list[Binding]] = field(default_factory=dict)
    _expiry: Schedule[str] = field(default_factory=Schedule)
    _sources: Counter[tuple[str, Address]] = field(default_factory=Counter)

    def register(self, record: str, request: Request, flow: Flow, now: float) -> Change:
        """Carry out a REGISTER whose sender may change ``record``.

        All of it or nothing: raises :class:`RegistrationRefused`, or another ``PeerError`` for a Contact
        that cannot be read, and leaves the bindings as they were.
        """
        present = [binding for binding in self._records.get(record, ()) if binding.expires_at > now]
        if request.contact_is_star:
            change = _remove_all(present, request)
        else:
            change = self._plan(present, request, flow, now)
        gone = {id(binding) for binding in change.removed}
        kept = [binding for binding in present if id(binding) not in gone]
        for binding in change.bound:
            kept = [old for old in kept if not old.uri.equivalent(binding.uri)]
            kept.append(binding)
        if len(kept) > max(self.policy.most_contacts, len(present)):
            limit = self.policy.most_contacts
            raise RegistrationRefused(f"{len(kept)} contacts; at most {limit}: remove one first", 403)
        self._store(record, kept)
        return change

    def contacts(self, record: str, now: float) -> tuple[Binding, ...]:
        """Return what has not expired: the most preferred first, among equals the newest."""
        live = [binding for binding in self._records.get(record, ()) if binding.expires_at > now]
        return tuple(sorted(reversed(live), key=lambda binding: -binding.q))

    def records(self) -> tuple[str, ...]:
        """Return every address-of-record that has a binding."""
        return tuple(self._records)

    def knows(self, flow: Flow) -> bool:
        """Tell whether somebody registered from where this flow comes."""
        return (flow.transport, flow.remote) in self._sources

    def restore(self, record: str, binding: Binding) -> None:
        """Put a binding back that an earlier process had."""
        self._store(record, [*self._records.get(record, ()), binding])

    def flow_of(self, uri: SipUri) -> Flow | None:
        """Return the way that the contact of this URI registered along last."""
        live = (binding for bindings in self._records.values() for binding in bindings)
        return next((each.flow for each in live if each.flow and each.uri.equivalent(uri)), None)

    def of_flow(self, flow: Flow) -> list[tuple[str, Binding]]:
        """Return every binding that came along a flow, with its address-of-record."""
        return [
            (record, binding)
            for record, bindings in self._records.items()
            for binding in bindings
            if binding.flow == flow
        ]

    def remove(self, record: str, identity: str) -> Binding | None:
        """Take one binding away and return it; None when it is gone already."""
        present = self._records.get(record, [])
        found = next((binding for binding in present if binding.identity == identity), None)
        if found is not None:
            self._store(record, [binding for binding in present if binding is not found])
        return found

    def next_deadline(self) -> float | None:
        """Return when the next binding expires."""
        return self._expiry.next_deadline()

    def handle_timers(self, now: float) -> list[tuple[str, Binding]]:
        """Forget what has expired and return it with its address-of-record."""
        expired: list[tuple[str, Binding]] = []
        while (record := self._expiry.pop_due(now)) is not None:
            present = self._records.get(record, [])
            expired += [(record, binding) for binding in present if binding.expires_at <= now]
            self._store(record, [binding for binding in present if binding.expires_at > now])
        return expired

    def __len__(self) -> int:
        return sum(map(len, self._records.values()))

    def _store(self, record: str, bindings: list[Binding]) -> None:
        self._sources.update(_sources(bindings))
        for source in _sources(self._records.pop(record, ())):
            self._sources[source] -= 1
            if not self._sources[source]:
                del self._sources[source]
        if bindings:
            self._records[record] = bindings
        self._expiry.set(record, min((binding.expires_at for binding in bindings), default=None))

    def _plan(self, present: list[Binding], request: Request, flow: Flow, now: float) -> Change:
        default = self._default_expires(request)
        bound: list[Binding] = []
        removed: list[Binding] = []
        for contact in request.contacts:
            uri = contact.uri
            if not isinstance(uri, SipUri):
                raise HeaderError("Contact", str(uri), "register a sip: or sips: URI")
            known = next((old for old in present if old.uri.equivalent(uri)), None)
            if known is not None:
                _check_order(known, request)
            seconds = self._granted(contact, default)
            bound = [new for new in bound if not new.uri.equivalent(uri)]
            removed = [old for old in removed if old is not known]
            if seconds:
                bound.append(self._binding(contact, uri, known, request, flow, now + seconds))
            elif known is not None:
                removed.append(known)
        return Change(tuple(bound), tuple(removed))

    def _binding(
        self,
        contact: NameAddr,
        uri: SipUri,
        known: Binding | None,
        request: Request,
        flow: Flow,
        expires_at: float,
    ) -> Binding:
        return Binding(
            contact=replace(contact, parameters=contact.parameters.without("expires")),
            uri=uri.without_headers(),
            call_id=request.call_id,
            cseq=request.cseq.number,
            expires_at=expires_at,
            flow=flow,
            path=_path(request),
            user_agent=request.headers.get("User-Agent") or "",
            identity=known.identity if known is not None else self.new_identity(),
        )

    def _default_expires(self, request: Request) -> int:
        try:
            wanted = request.expires
        except HeaderError:
            return USUAL_EXPIRES
        return self.policy.default_expires if wanted is None else wanted

    def _granted(self, contact: NameAddr, default: int) -> int:
        """Return the seconds granted; 0 asks for removal."""
        wanted = default
        if "expires" in contact.parameters:
            wanted = USUAL_EXPIRES if contact.expires is None else contact.expires
        policy = self.policy
        if 0 < wanted < policy.min_expires:
            headers = (("Min-Expires", str(policy.min_expires)),)
            raise RegistrationRefused(
                f"expires {wanted}: at least {policy.min_expires} seconds are granted", 423, headers
            )
        return min(wanted, policy.max_expires)


def _sources(bindings: Iterable[Binding]) -> Iterator[tuple[str, Address]]:
    return ((binding.flow.transport, binding.flow.remote) for binding in bindings if binding.flow is not None)


def _path(request: Request) -> tuple[NameAddr, ...]:
    path = request.paths
    if len(path) > MOST_HOPS:
        raise RegistrationRefused(f"{len(path)} Path values; at most {MOST_HOPS} are kept", 403)
    for hop in path:
        if not isinstance(hop.uri, SipUri):
            raise HeaderError("Path", str(hop.uri), "name proxies by sip: or sips: URIs")
    return path


def contact_fields(bindings: Iterable[Binding], now: float) -> list[tuple[str, str]]:
    """Return the Contact fields of a 200, with the seconds each has left (10.3 step 8)."""
    fields = []
    for binding in bindings:
        left = binding.contact.parameters.with_value("expires", str(binding.remaining(now)))
        fields.append(("Contact", str(replace(binding.contact, parameters=left))))
    return fields


def _remove_all(present: list[Binding], request: Request) -> Change:
    try:
        expires = request.expires
    except HeaderError:
        expires = None
    if expires != 0:
        raise HeaderError("Contact", "*", "with * send Expires: 0 (10.2.2)")
    for binding in present:
        _check_order(binding, request)
    return Change((), tuple(present))


def _check_order(known: Binding, request: Request) -> None:
    """Refuse a REGISTER that was overtaken by a later one of the same client (10.3 step 7)."""
    if known.call_id == request.call_id and request.cseq.number <= known.cseq:
        raise RegistrationRefused(
            f"CSeq {request.cseq.number} follows {known.cseq} of Call-ID {shown(known.call_id)}; raise it",
            500,
        )
