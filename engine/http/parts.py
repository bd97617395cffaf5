"""Serves what lies below a resource: lists, one by one, and what can be done to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler

from engine import ids
from engine.http import dialect
from engine.http.answers import answered
from engine.http.auth import authorised_account
from engine.http.dialect import TWILIO, Dialect
from engine.http.forms import Form, read_form
from engine.http.operations import Asked, asked_by
from engine.http.paging import Page
from engine.http.resources import Place
from engine.http.resources.declaration import Shown
from engine.http.resources.parts import Part, written
from engine.http.rest import SUFFIX, RestApi
from engine.store import Row, Store

R = TypeVar("R", bound=Row)
P = TypeVar("P")
CreationT = TypeVar("CreationT", bound=Form, contravariant=True)
ChangeT = TypeVar("ChangeT", bound=Form, contravariant=True)


class PartOperations(ABC, Generic[R, P, CreationT, ChangeT]):
    """The work behind a declared part of a row; all raise :class:`engine.http.problems.Problem`.

    What the declaration has no form for is never asked.
    """

    async def owner(self, account_sid: str, name: str) -> R | None:
        """Return what a path names by another name than its sid; usually nothing has one."""
        return None

    def new_owner(self, account_sid: str, name: str) -> R | None:
        """Return the record of what a creation makes its owner by, when there is none of this name yet."""
        return None

    @abstractmethod
    async def all_of(self, owner: R, query: Mapping[str, str], spoken: Dialect) -> Sequence[P]:
        """Return the parts that the query asks for, in their order."""

    @abstractmethod
    async def find(self, owner: R, name: str) -> P:
        """Return the part that a path names."""

    @abstractmethod
    def show(self, owner: R, part: P, place: Place) -> Shown:
        """Return what a client sees of it."""

    async def create(self, asked: Asked, owner: R, form: CreationT) -> P:
        """Make what the form asks for."""
        raise AssertionError("the part declares no creation")

    async def change(self, asked: Asked, owner: R, part: P, form: ChangeT) -> P:
        """Change it as the form asks, and return it as it is then."""
        raise AssertionError("the part declares no change")

    async def delete(self, asked: Asked, owner: R, part: P) -> None:
        """Delete it."""
        raise AssertionError("the part declares no deletion")


@dataclass(frozen=True)
class PartRoutes:
    """The paths of one kind of part."""

    api: RestApi
    store: Store
    part: Part
    work: PartOperations[Any, Any, Any, Any]

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Add the paths in each dialect and under each prefix."""
        part = self.part
        for spoken in dialect.ALL:
            for prefix in spoken.prefixes:
                all_of = f"{spoken.accounts(prefix)}/{part.of.name}/{{sid:[^/]+}}/{part.name}"
                router.add_get(all_of + SUFFIX, self._list(spoken))
                if part.creation is not None:
                    router.add_post(all_of + SUFFIX, self._creation(spoken, part.creation))
                # A name may hold full stops: a label, or Twilio.CURRENT.
                for path in (f"{all_of}/{{part:[^/]+?}}{SUFFIX}", f"{all_of}.json/{{part}}"):
                    router.add_get(path, self._one(spoken))
                    if part.change is not None:
                        router.add_post(path, self._change(spoken, part.change))
                        router.add_put(path, self._change(spoken, part.change))
                    if part.deletable:
                        router.add_delete(path, self._deletion(spoken))

    def _list(self, spoken: Dialect) -> Handler:
        key, bare = self.part.key_in(spoken), not self.part.paged and spoken is not TWILIO

        async def answer(request: web.Request) -> web.Response:
            asked, owner = await self._owner(request, spoken)
            page = Page.asked(request.query)
            found = await self.work.all_of(owner, request.query, spoken)
            place = self.api.place(asked.account.sid, spoken)
            if bare:
                shown = [self._written(owner, each, place) for each in found]
                return await answered(request, shown, self.part.called)
            end = page.offset + page.size
            items = [self._written(owner, each, place) for each in found[page.offset : end]]
            if spoken is TWILIO:
                body = page.twilio_body(request.path, key, items, more=len(found) > end)
            else:
                last_sid = str(items[-1].get("sid", "")) if items else ""
                body = page.body(request.path, key, items, len(found), last_sid)
            return await answered(request, body, self.part.called, array=key)

        return answer

    def _one(self, spoken: Dialect) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            asked, owner = await self._owner(request, spoken)
            return await self._shown(request, asked, owner, await self._find(request, owner))

        return answer

    def _creation(self, spoken: Dialect, kind: type[Form]) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            asked, owner = await self._owner(request, spoken, to_be_made=True)
            made = await self.work.create(asked, owner, await read_form(request, kind))
            return await self._shown(request, asked, owner, made, spoken.created)

        return answer

    def _change(self, spoken: Dialect, kind: type[Form]) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            asked, owner = await self._owner(request, spoken)
            await self._find(request, owner)
            form = await read_form(request, kind)
            # It may have gone while the form was read.
            part = await self._find(request, owner)
            changed = await self.work.change(asked, owner, part, form)
            return await self._shown(request, asked, owner, changed)

        return answer

    def _deletion(self, spoken: Dialect) -> Handler:
        async def answer(request: web.Request) -> web.Response:
            asked, owner = await self._owner(request, spoken)
            await self.work.delete(asked, owner, await self._find(request, owner))
            return web.Response(status=self.part.deleted or spoken.deleted)

        return answer

    async def _owner(
        self, request: web.Request, spoken: Dialect, *, to_be_made: bool = False
    ) -> tuple[Asked, Any]:
        account = await authorised_account(request, self.store)
        name = request.match_info["sid"]
        row = None if ids.is_sid(name) else await self.work.owner(account.sid, name)
        if row is None and to_be_made and not ids.is_sid(name):
            row = self.work.new_owner(account.sid, name)
        row = row or await self.api.find(self.part.of, name, account.sid)
        return asked_by(request, account, spoken), row

    async def _find(self, request: web.Request, owner: Any) -> Any:
        return await self.work.find(owner, request.match_info["part"])

    async def _shown(
        self, request: web.Request, asked: Asked, owner: Any, part: Any, status: int = 200
    ) -> web.Response:
        place = self.api.place(asked.account.sid, asked.dialect)
        return await answered(request, self._written(owner, part, place), self.part.called, status)

    def _written(self, owner: Any, part: Any, place: Place) -> dict[str, Any]:
        return written(self.work.show(owner, part, place), place)
