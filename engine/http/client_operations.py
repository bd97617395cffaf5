"""Making, changing and deleting clients through the REST API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from engine import ids
from engine.http.application_operations import check_application
from engine.http.operations import Asked
from engine.http.problems import Problem
from engine.http.provisioning import Inventory, refuse_of_file
from engine.http.resources.clients import ClientChange, ClientCreation
from engine.http.row_operations import RowOperations
from engine.peers.peers import Peers
from engine.store import ClientRow, Store, digest_hashes


class ClientOperations(RowOperations[ClientRow, ClientCreation, ClientChange]):
    """Keeps clients in the store; they may register from then on, and a closed or deleted one is dropped.

    Of a password the hashes for ``realm`` are kept: the one that this process challenges with.
    """

    def __init__(
        self, store: Store, inventory: Inventory, realm: str, peers: Callable[[], Peers | None]
    ) -> None:
        super().__init__(store, inventory.changing)
        self._realm = realm
        self._find_peers = peers

    def live(self, row: ClientRow) -> Mapping[str, object]:
        peers = self._find_peers()
        return {} if peers is None else {"registered": len(peers.registrar.contacts(row.login))}

    async def create(self, asked: Asked, form: ClientCreation) -> Sequence[ClientRow]:
        async with self._changing():
            await check_application(self._store, asked.account.sid, form.voice_application_sid)
            same = await self._store.find(ClientRow, ClientRow.login == form.login)
            if same and same[0].account_sid == asked.account.sid:
                return same
            if same:
                message = f"Login = {form.login!r} is a client of another account: choose another login."
                raise Problem(409, message, twilio=(409, 20409))
            row = ClientRow(
                sid=ids.new_sid(ids.CLIENT),
                account_sid=asked.account.sid,
                login=form.login,
                ha1_md5="",
                ha1_sha256="",
            )
            self._write(form, row)
            await self._store.commit(row)
        return [row]

    def _refuse(self, row: ClientRow) -> None:
        refuse_of_file(row, f"The client {row.login!r}")

    async def _check(self, row: ClientRow, form: ClientChange) -> None:
        await check_application(self._store, row.account_sid, form.voice_application_sid)

    def _write(self, form: ClientChange, row: ClientRow) -> None:
        form.write(row)
        row.friendly_name = row.friendly_name or row.login
        if "is_push_enabled" in form.model_fields_set:
            row.push_client_identity = row.sid if form.is_push_enabled else None
        if form.password is not None:
            row.ha1_md5, row.ha1_sha256 = digest_hashes(row.login, self._realm, form.password)
