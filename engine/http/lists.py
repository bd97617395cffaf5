"""Lists of a declared resource: narrowed, ordered, and page by page in the form of each dialect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from engine.http.dialect import TWILIO, Dialect
from engine.http.page_tokens import read_token, write_token
from engine.http.paging import Beside, Page
from engine.http.resources import Resource
from engine.http.totals import Totals
from engine.store import Row, Store
from engine.store.ordering import Order

Written = Callable[[Sequence[Any]], Awaitable[list[dict[str, Any]]]]
"""Returns the JSON objects of rows, giving way to calls now and then."""


class Lists:
    """Reads lists from the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._totals = Totals(store)

    async def close(self) -> None:
        """End what goes on aside."""
        await self._totals.close()

    async def read(
        self,
        resource: Resource[Any],
        spoken: Dialect,
        mine: Sequence[Any],
        path: str,
        query: Mapping[str, str],
        written: Written,
    ) -> dict[str, Any] | list[Any]:
        """Return the JSON of what ``query`` asks for; raises :class:`engine.http.problems.Problem`.

        ``mine`` are the conditions that who asks may see a row.
        """
        page = Page.asked(query)
        where = [*mine, *resource.where, *resource.listed]
        for each in resource.filters:
            where += each.conditions(query, spoken)
        order = resource.sorting.order(query, resource.row)
        if not resource.paged and spoken is not TWILIO:
            return await written(await self._store.find(resource.row, *where, order_by=order.clauses()))
        rows, more = await self._page(resource, where, order, page)
        items = await written(rows)
        beside = _beside(rows, order)
        if spoken is TWILIO:
            return page.twilio_body(path, resource.key_in(spoken), items, more=more, beside=beside)
        key = (resource.name, page.query, *(_said(condition) for condition in mine))
        total = await self._totals.of(key, resource.row, *where)
        return page.body(path, resource.key, items, total, rows[-1].sid if rows else "", beside)

    async def _page(
        self, resource: Resource[Any], where: Sequence[Any], order: Order, page: Page
    ) -> tuple[list[Any], bool]:
        """Return the rows of a page, and whether more follow."""
        beside = read_token(page.token, order) if page.token else None
        offset = 0 if beside is not None else page.offset
        rows = await self._store.page(
            resource.row, *where, order=order, limit=page.size + 1, offset=offset, beside=beside
        )
        if beside is not None and beside.backwards:
            # What lies behind it is where who asks comes from.
            return rows[-page.size :], True
        return rows[: page.size], len(rows) > page.size


def _said(condition: Any) -> str:
    """Return a condition with its values, as a name of whom a list is for."""
    compiled = condition.compile()
    return f"{compiled} {sorted(compiled.params.items())}"


def _beside(rows: Sequence[Row], order: Order) -> Beside:
    if not rows or not order.has_cursors:
        return Beside()
    return Beside(
        after=write_token(order.cursor(rows[-1])), before=write_token(order.cursor(rows[0], backwards=True))
    )
