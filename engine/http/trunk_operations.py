"""Making, changing and deleting trunks through the REST API, under our name and as Restcomm's Gateways."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from engine import ids
from engine.http.operations import Asked
from engine.http.problems import Problem
from engine.http.provisioning import Inventory, refuse_of_file
from engine.http.resources.gateways import GatewayChange, GatewayCreation
from engine.http.resources.trunks import CODECS, TrunkChange, TrunkCreation
from engine.http.row_operations import RowOperations
from engine.peers.peers import Peers
from engine.store import Store, TrunkRow

LONGEST_NAME = 64
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")

CreationT = TypeVar("CreationT", TrunkCreation, GatewayCreation)
ChangeT = TypeVar("ChangeT", TrunkChange, GatewayChange)


class _Trunks(RowOperations[TrunkRow, CreationT, ChangeT], ABC):
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

    async def create(self, asked: Asked, form: CreationT) -> Sequence[TrunkRow]:
        if asked.account.parent_sid is not None:
            raise Problem(403, "Trunks belong to the root account: a trunk takes the calls of all accounts.")
        async with self._changing():
            row = TrunkRow(
                sid=ids.new_sid(ids.TRUNK),
                account_sid=asked.account.sid,
                name=await self._name(form),
                uri=form.uri,
                codecs=list(CODECS),
            )
            form.write(row)
            await self._store.commit(row)
        return [row]

    @abstractmethod
    async def _name(self, form: CreationT) -> str:
        """Return what a new trunk is called in the log, in metrics and among trunks."""

    async def _is_taken(self, name: str) -> bool:
        return await self._store.count(TrunkRow, TrunkRow.name == name) > 0

    def _refuse(self, row: TrunkRow) -> None:
        refuse_of_file(row, f"The trunk {row.name!r}")


class TrunkOperations(_Trunks[TrunkCreation, TrunkChange]):
    """Trunks as we have them, whose names are given."""

    async def _name(self, form: TrunkCreation) -> str:
        if await self._is_taken(form.name):
            message = f"Name = {form.name!r} is a trunk already: change or delete that one."
            raise Problem(409, message, twilio=(409, 20409))
        return form.name


class GatewayOperations(_Trunks[GatewayCreation, GatewayChange]):
    """Trunks as Restcomm's Gateways, which several may call alike."""

    async def _name(self, form: GatewayCreation) -> str:
        plain = _NOT_IN_NAMES.sub("-", form.friendly_name or form.username).strip("-._")
        name = wanted = plain[: LONGEST_NAME - 8] or "gateway"
        number = 1
        while await self._is_taken(name):
            number += 1
            name = f"{wanted}-{number}"
        return name
