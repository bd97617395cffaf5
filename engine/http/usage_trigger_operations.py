"""Making, changing and deleting usage triggers through the REST API."""

from __future__ import annotations

from collections.abc import Sequence

from engine import ids
from engine.http.operations import Asked
from engine.http.problems import Problem
from engine.http.resources.usage_triggers import UsageTriggerChange, UsageTriggerCreation
from engine.http.row_operations import RowOperations
from engine.store import Store, UsageTriggerRow
from engine.usage_triggers import UsageTriggers

MOST = 100
"""Triggers of an account: each is looked at every minute."""


class UsageTriggerOperations(RowOperations[UsageTriggerRow, UsageTriggerCreation, UsageTriggerChange]):
    """Keeps triggers; what reached their value is told by :class:`UsageTriggers`."""

    def __init__(self, store: Store, triggers: UsageTriggers) -> None:
        super().__init__(store, lambda: triggers.lock)
        self._triggers = triggers

    async def create(self, asked: Asked, form: UsageTriggerCreation) -> Sequence[UsageTriggerRow]:
        row = UsageTriggerRow(
            sid=ids.new_sid(ids.USAGE_TRIGGER),
            account_sid=asked.account.sid,
            usage_category=form.usage_category,
            trigger_value=int(form.trigger_value),
            callback_url=form.callback_url,
            callback_method=form.callback_method,
            friendly_name=form.friendly_name,
            trigger_by=form.trigger_by,
            recurring=form.recurring or "",
        )
        row.current_value = await self._triggers.value(row)
        if form.trigger_value.startswith("+"):
            row.trigger_value += row.current_value
        async with self._changing():
            mine = UsageTriggerRow.account_sid == asked.account.sid
            if await self._store.count(UsageTriggerRow, mine, at_most=MOST) >= MOST:
                message = f"An account has at most {MOST} triggers: delete one that is not needed."
                raise Problem(409, message, twilio=(409, 20409))
            await self._store.commit(row)
        self._triggers.look_soon()
        return [row]

    def _write(self, form: UsageTriggerChange, row: UsageTriggerRow) -> None:
        url = row.callback_url
        form.write(row)
        row.callback_url = row.callback_url or url
