"""Making, changing and deleting trunks through the REST API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from engine import ids
from engine.http.operations import Asked
from engine.http.problems import Problem
from engine.http.provisioning import Inventory, refuse_of_file
from engine.http.resources.trunks import TrunkChange, TrunkCreation
from engine.http.row_operations import RowOperations
from engine.peers.peers import Peers
from engine.store import Store, TrunkRow


class TrunkOperations(RowOperations[TrunkRow, TrunkCreation, TrunkChange]):
    """Keeps trunks in the store; they are registered with, asked and used from then on.

    They are the root account's alone: a trunk takes and brings the calls of all accounts.
    """

    def __init__(self, store: Store, inventory: Inventory, peers: Callable[[], Peers | None]) -> None:
        super().__init__(store, inventory.changing)
        self._find_peers = peers

    def live(self, row: TrunkRow) -> Mapping[str, object]:
        peers = self._find_peers()
        if peers is None:
            return {}
        return {"up": peers.links.is_up(row.name), "registered": peers.links.is_registered(row.name)}

    async def create(self, asked: Asked, form: TrunkCreation) -> Sequence[TrunkRow]:
        if asked.account.parent_sid is not None:
            raise Problem(403, "Trunks belong to the root account: a trunk takes the calls of all accounts.")
        async with self._changing():
            if await self._store.count(TrunkRow, TrunkRow.name == form.name):
                message = f"Name = {form.name!r} is a trunk already: change or delete that one."
                raise Problem(409, message, twilio=(409, 20409))
            row = TrunkRow(
                sid=ids.new_sid(ids.TRUNK),
                account_sid=asked.account.sid,
                name=form.name,
                uri=form.uri,
                codecs=list(form.codecs),
            )
            form.write(row)
            await self._store.commit(row)
        return [row]

    def _refuse(self, row: TrunkRow) -> None:
        refuse_of_file(row, f"The trunk {row.name!r}")
