"""Making, renaming and deleting outgoing caller ids through the REST API."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from engine import ids
from engine.applications import absolute
from engine.calls.call_desk import CallDesk
from engine.calls.call_order import CallOrder
from engine.calls.caller_id_validation import CallerIdValidation
from engine.config import Settings
from engine.http.call_operations import needed_desk, told_as_problems
from engine.http.dialect import TWILIO
from engine.http.operations import Asked
from engine.http.problems import Problem
from engine.http.resources.caller_ids import CallerIdChange, CallerIdCreation, ValidationCall
from engine.http.row_operations import RowOperations
from engine.store import CallerIdRow, NumberRow, Store
from rcml.call import Callback
from rcml.dialling import LegEvent, NumberTarget
from rcml.values import HttpMethod

ALREADY_VALIDATED = 21450
"""Twilio's code."""
NOBODY = "validation"
"""Who calls for an account that has no number."""


class CallerIdOperations(RowOperations[CallerIdRow, CallerIdCreation, CallerIdChange]):
    """Keeps caller ids. In Restcomm's dialect the form of a number is enough; in Twilio's it is rung."""

    def __init__(
        self, store: Store, desk: Callable[[], CallDesk | None], settings: Callable[[], Settings]
    ) -> None:
        super().__init__(store)
        self._find_desk = desk
        self._settings = settings

    async def create(
        self, asked: Asked, form: CallerIdCreation
    ) -> Sequence[CallerIdRow] | Sequence[ValidationCall]:
        """Make one, or ring the number; the same number again is the same one."""
        row = CallerIdRow(
            sid=ids.new_sid(ids.NUMBER),
            account_sid=asked.account.sid,
            phone_number=form.phone_number,
            friendly_name=form.friendly_name or form.phone_number,
        )
        if asked.dialect is TWILIO:
            return [await self._ring(form, row)]
        async with self._changing():
            same = await self._same(row)
            if not same:
                await self._store.commit(row)
        return same or [row]

    async def _same(self, row: CallerIdRow) -> Sequence[CallerIdRow]:
        owned = CallerIdRow.account_sid == row.account_sid
        return await self._store.find(CallerIdRow, owned, CallerIdRow.phone_number == row.phone_number)

    async def _ring(self, form: CallerIdCreation, row: CallerIdRow) -> ValidationCall:
        if await self._same(row):
            message = (
                f"PhoneNumber = {row.phone_number}: it is validated already; use it, or delete it first."
            )
            raise Problem(400, message, twilio=(400, ALREADY_VALIDATED))
        validation = CallerIdValidation(row, self._store)
        order = CallOrder(
            account_sid=row.account_sid,
            to=row.phone_number,
            caller=await self._caller(row.account_sid),
            target=NumberTarget(number=row.phone_number, status_callback=self._callback(form)),
            application=validation.ask,
            send_digits=form.extension.replace("W", "ww"),
            delay=form.call_delay,
            told=validation.told,
            api_version=TWILIO.version,
        )
        with told_as_problems():
            (call,) = await needed_desk(self._find_desk).place(order)
        return ValidationCall(
            account_sid=row.account_sid,
            call_sid=call.sid,
            friendly_name=row.friendly_name,
            phone_number=row.phone_number,
            validation_code=validation.code,
        )

    def _callback(self, form: CallerIdCreation) -> Callback | None:
        if form.status_callback is None:
            return None
        return Callback(
            url=absolute(form.status_callback, self._settings()),
            method=HttpMethod(form.status_callback_method),
            events=(LegEvent.COMPLETED.value,),
        )

    async def _caller(self, account_sid: str) -> str:
        """Return the account's first number."""
        mine = (
            NumberRow.account_sid == account_sid,
            NumberRow.is_regex.is_(False),
            NumberRow.released.is_(False),
        )
        found = await self._store.find(NumberRow, *mine, order_by=(NumberRow.date_created,), limit=1)
        return found[0].phone_number if found else NOBODY

    def _write(self, form: CallerIdChange, row: CallerIdRow) -> None:
        form.write(row)
        row.friendly_name = row.friendly_name or row.phone_number
