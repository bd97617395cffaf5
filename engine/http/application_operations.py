"""Making, changing and deleting applications through the REST API; numbers and clients name them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_

from engine import ids
from engine.http.dialect import RESTCOMM
from engine.http.operations import Asked
from engine.http.problems import Problem
from engine.http.provisioning import Inventory
from engine.http.resources.applications import ApplicationForm
from engine.http.row_operations import RowOperations
from engine.store import ApplicationRow, ClientRow, NumberRow, Store, utc_now

INVALID_APPLICATION = 21218
"""Twilio's code."""
_OF_NUMBERS = ("voice_application_sid", "sms_application_sid", "refer_application_sid")
"""Where a number names an application."""


class ApplicationOperations(RowOperations[ApplicationRow, ApplicationForm, ApplicationForm]):
    """Keeps applications in the store; the numbers and clients that name one run it from then on."""

    def __init__(self, store: Store, inventory: Inventory) -> None:
        super().__init__(store, inventory.changing)

    async def create(self, asked: Asked, form: ApplicationForm) -> Sequence[ApplicationRow]:
        if not form.friendly_name and asked.dialect is RESTCOMM:
            raise Problem(400, "FriendlyName can not be null.")
        row = ApplicationRow(
            sid=ids.new_sid(ids.APPLICATION),
            account_sid=asked.account.sid,
            api_version=asked.dialect.version,
        )
        form.write(row)
        # No number and no client can name it yet, so that nothing is to be taken over.
        await self._store.commit(row)
        return [row]

    async def _let_go(self, row: ApplicationRow) -> None:
        """Leave those who named it with only their own URLs."""
        named = or_(*(getattr(NumberRow, name) == row.sid for name in _OF_NUMBERS))
        numbers = await self._store.find(NumberRow, named)
        clients = await self._store.find(ClientRow, ClientRow.voice_application_sid == row.sid)
        for number in numbers:
            for name in _OF_NUMBERS:
                if getattr(number, name) == row.sid:
                    setattr(number, name, None)
            number.date_updated = utc_now()
        for client in clients:
            client.voice_application_sid, client.date_updated = None, utc_now()
        await self._store.commit(*numbers, *clients)


async def check_application(
    store: Store, account_sid: str, sid: str | None, parameter: str = "VoiceApplicationSid"
) -> None:
    """Refuse the name of an application that the account does not have."""
    if sid is not None:
        await named_application(store, account_sid, parameter, sid)


async def named_application(store: Store, account_sid: str, parameter: str, sid: str) -> ApplicationRow:
    """Return the account's application that a parameter names; raises :class:`Problem`."""
    row = await store.get(ApplicationRow, sid)
    if row is None or row.account_sid != account_sid:
        message = f"{parameter} = {sid[:80]!r}: the account has no such application."
        raise Problem(400, message, twilio=(400, INVALID_APPLICATION))
    return row
