"""What can be done to a resource besides reading it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from aiohttp import web

from engine.http.auth import PRINCIPAL
from engine.http.dialect import Dialect
from engine.http.forms import Form
from engine.http.permissions import Principal
from engine.store import AccountRow
from engine.store.row import Row

R = TypeVar("R", bound=Row)
CreationT = TypeVar("CreationT", bound=Form, contravariant=True)
ChangeT = TypeVar("ChangeT", bound=Form, contravariant=True)


@dataclass(frozen=True)
class Asked:
    """For which account a request is, in which dialect, and whose."""

    account: AccountRow
    dialect: Dialect
    by: Principal


def asked_by(request: web.Request, account: AccountRow, spoken: Dialect) -> Asked:
    """Return what is known of a request that was authorised."""
    return Asked(account, spoken, request[PRINCIPAL])


class Operations(Generic[R, CreationT, ChangeT]):
    """The work behind the forms that a resource declares; all raise :class:`engine.http.problems.Problem`.

    A resource whose declaration has no such form is never asked for it.
    """

    def live(self, row: R) -> Mapping[str, object]:
        """Return the fields of a row's JSON object that only the live server knows."""
        return {}

    async def create(self, asked: Asked, form: CreationT) -> Sequence[object]:
        """Make what the form asks for and return the rows, usually one, or what is shown in their place."""
        raise AssertionError("the resource declares no creation")

    async def change(self, asked: Asked, row: R, form: ChangeT) -> R:
        """Change a row as the form asks, and return it as it is then."""
        raise AssertionError("the resource declares no change")

    async def delete(self, asked: Asked, row: R) -> None:
        """Delete a row."""
        raise AssertionError("the resource declares no deletion")
