"""A call that proves a number: who answers it keys in the code that the API's client was given."""

from __future__ import annotations

import secrets

from engine.calls.call import Call
from engine.reporting import log
from engine.store import CallerIdRow, Store
from rcml.call import CollectRequest, Speech

DIGITS = 6
ATTEMPTS = 3
_FIRST_KEY_WITHIN = 15.0
"""Seconds: the code may have to be looked up first."""
_ASKED = (
    "Hello. A telephone system was asked to show your number when it calls others. "
    "If that was you, enter the six digits of the code that you were given."
)
_WRONG = "That is not the code. Please enter its six digits."
_THANKS = "Thank you. Your number is validated."
_SORRY = "Your number is not validated. Good bye."


def new_code() -> str:
    """Return six digits, the first not zero: people leave those out."""
    return str(secrets.randbelow(9 * 10 ** (DIGITS - 1)) + 10 ** (DIGITS - 1))


class CallerIdValidation:
    """One try to prove that a number is the account's to show."""

    def __init__(self, row: CallerIdRow, store: Store) -> None:
        """``row`` is stored once the code was keyed in."""
        self.code = new_code()
        self.row = row
        self.told = {"VerificationStatus": "failed"}
        """Told at the end of the call."""
        self._store = store

    async def ask(self, call: Call) -> None:
        """Ask who answered for the code; the call is over when this returns."""
        text = _ASKED
        for _ in range(ATTEMPTS):
            collected = await call.collect(
                CollectRequest(
                    prompts=(Speech(text=text),),
                    at_most=DIGITS,
                    first_within=_FIRST_KEY_WITHIN,
                    start_with="0123456789",
                )
            )
            if collected.digits == self.code:
                await self._keep()
                await call.say(Speech(text=_THANKS))
                return
            text = _WRONG
        log.get("caller_ids").info("caller_id.not_validated", call_sid=call.row.sid)
        await call.say(Speech(text=_SORRY))

    async def _keep(self) -> None:
        """Store the caller id, before anybody is told of it; another call may have proved it meanwhile."""
        row = self.row
        mine = CallerIdRow.account_sid == row.account_sid, CallerIdRow.phone_number == row.phone_number
        same = await self._store.find(CallerIdRow, *mine, limit=1)
        if not same:
            await self._store.commit(row)
        self.told.update(VerificationStatus="success", OutgoingCallerIdSid=same[0].sid if same else row.sid)
