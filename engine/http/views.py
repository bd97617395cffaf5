"""Serves what is worked out when it is asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler

from engine.http.answers import answered
from engine.http.auth import PRINCIPAL, authorised_account
from engine.http.dialect import Dialect
from engine.http.forms import Form, checked, refuse_nul
from engine.http.paging import Page
from engine.http.permissions import Principal
from engine.http.problems import Problem
from engine.http.resources import Place
from engine.http.resources.declaration import Shown
from engine.http.resources.parts import written
from engine.http.resources.views import View
from engine.http.rest import SUFFIX, RestApi
from engine.store import AccountRow, Store

QueryT = TypeVar("QueryT", bound=Form)


@dataclass(frozen=True)
class Reading(Generic[QueryT]):
    """What somebody who may wants to see."""

    account: AccountRow
    owner: Any
    """The row that it lies below; None for the account."""
    name: str
    """The name below the view's path; empty for itself."""
    query: QueryT
    place: Place
    by: Principal

    def refuse_others(self, why: str) -> None:
        """Raise :class:`Problem` for whoever does not run this server; ``why`` it is theirs alone."""
        if not self.by.administers or self.by.account.parent_sid is not None:
            raise Problem(403, f"{why}: ask as an administrator of the root account.")


ViewWork = Callable[[Reading[Any]], Awaitable[Shown | Sequence[Shown]]]
"""Returns what is asked for: several where the declaration names an array. Raises :class:`Problem`."""


@dataclass(frozen=True)
class ViewRoutes:
    """The paths of one view."""

    api: RestApi
    store: Store
    view: View
    work: ViewWork

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add the paths in each dialect and under each prefix."""
        for spoken in self.view.dialects:
            for prefix in spoken.prefixes:
                path = self.view.path(spoken, prefix, "{sid:[^/.]+}")
                for each in self._spelled(path):
                    router.add_get(each, self._read(spoken, ""))
                for name in self.view.below:
                    router.add_get(f"{path}/{name}{SUFFIX}", self._read(spoken, name))

    def _spelled(self, path: str) -> Sequence[str]:
        """Return the ways to write a path: as others, and as ``Supervisor.json/metrics``."""
        first, slash, rest = self.view.name.partition("/")
        above = path.removesuffix(self.view.name)
        return (path + SUFFIX, f"{above}{first}.json/{rest}") if slash else (path + SUFFIX,)

    def _read(self, spoken: Dialect, name: str) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            account = await authorised_account(request, self.store)
            owner = None
            if self.view.of is not None:
                owner = await self.api.find(self.view.of, request.match_info["sid"], account.sid)
            query = _query(request, self.view.query)
            place = self.api.place(account.sid, spoken)
            found = await self.work(Reading(account, owner, name, query, place, request[PRINCIPAL]))
            if isinstance(found, Shown):
                return await answered(request, written(found, place), self.view.called)
            return await self._list(request, [written(each, place) for each in found], spoken)

        return answer

    async def _list(self, request: web.Request, items: list[dict[str, Any]], spoken: Dialect) -> web.Response:
        if not self.view.paged_in(spoken):
            return await answered(request, items, self.view.called)
        page = Page.asked(request.query)
        end = page.offset + page.size
        body = page.twilio_body(request.path, self.view.key, items[page.offset : end], more=len(items) > end)
        return await answered(request, body, self.view.called, array=self.view.key)


def _query(request: web.Request, kind: type[QueryT]) -> QueryT:
    """Return the parameters of a query; raises :class:`Problem` with the first mistake in them."""
    given = {name: [value] for name, value in request.query.items() if value.strip()}
    for name, (value,) in given.items():
        refuse_nul(name, value)
    return checked(given, kind)
