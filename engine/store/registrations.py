"""Bindings that outlive the process: phones do not register anew because we restarted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from engine import ids
from engine.store.provisioned_rows import RegistrationRow
from engine.store.row import utc_now
from engine.store.store import Store
from sip.bindings import Binding
from sip.errors import PeerError
from sip.flow import Flow
from sip.grammar import split_list
from sip.header_values import NameAddr
from sip.transport.websocket import WebSocketTransport
from sip.uri import SipUri


def new_identity() -> str:
    """Return the key of a new binding."""
    return ids.new_sid(ids.REGISTRATION)


class StoredRegistrations:
    """Keeps bindings as rows. ``now`` is the loop's clock, the store's is the wall's."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def keep(self, login: str, bindings: Iterable[Binding], now: float) -> None:
        """Write bindings and return when the database has them; raises ``StoreError``."""
        await self._store.commit(*(_row(login, binding, now) for binding in bindings))

    async def forget(self, bindings: Iterable[Binding]) -> None:
        """Delete bindings; raises ``StoreError``."""
        column = RegistrationRow.__table__.c["sid"]
        await self._store.delete(RegistrationRow, column.in_([binding.identity for binding in bindings]))

    async def load(self, now: float) -> list[tuple[str, Binding]]:
        """Return login and binding of every row that has not expired, and delete the others."""
        column = RegistrationRow.__table__.c["expires_at"]
        await self._store.delete(RegistrationRow, column <= utc_now())
        rows = await self._store.find(RegistrationRow)
        return [(row.login, binding) for row in rows if (binding := _binding(row, now)) is not None]


def _row(login: str, binding: Binding, now: float) -> RegistrationRow:
    flow = binding.flow
    assert flow is not None, "what is registered just now came along a flow"
    return RegistrationRow(
        sid=binding.identity,
        login=login,
        contact=str(binding.contact),
        call_id=binding.call_id,
        cseq=binding.cseq,
        expires_at=utc_now() + timedelta(seconds=binding.expires_at - now),
        transport=flow.transport,
        local_host=flow.local[0],
        local_port=flow.local[1],
        remote_host=flow.remote[0],
        remote_port=flow.remote[1],
        path=", ".join(map(str, binding.path)),
        user_agent=binding.user_agent,
    )


def _binding(row: RegistrationRow, now: float) -> Binding | None:
    """Make a binding of a row. A stream ended with the process that had it; a datagram has its way still.

    A page was reached along its stream alone: it registers anew, and what is left of it here expires.
    Whoever is behind a proxy is reached through that, however the REGISTER came.
    """
    if row.transport in WebSocketTransport.names and not row.path:
        return None
    try:
        contact = NameAddr.parse(row.contact)
        path = tuple(NameAddr.parse(hop) for hop in split_list(row.path) if hop)
    except PeerError:
        return None
    if not isinstance(contact.uri, SipUri):
        return None
    local, remote = (row.local_host, row.local_port), (row.remote_host, row.remote_port)
    flow = Flow(row.transport, local, remote)
    return Binding(
        contact=contact,
        uri=contact.uri.without_headers(),
        call_id=row.call_id,
        cseq=row.cseq,
        expires_at=now + (row.expires_at - utc_now()).total_seconds(),
        flow=None if flow.is_reliable else flow,
        path=path,
        user_agent=row.user_agent,
        identity=row.sid,
    )
