"""Making, changing, deleting and explaining incoming phone numbers through the REST API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine import ids
from engine.accounts import ACTIVE
from engine.exchange.routing import (
    Caller,
    ClientCaller,
    Decision,
    NumberRoute,
    ProveIdentity,
    Refuse,
    RingClient,
    Router,
    RunApplication,
    Stranger,
    TrunkCaller,
)
from engine.http.application_operations import INVALID_APPLICATION, check_application
from engine.http.auth import with_descendants
from engine.http.operations import Asked
from engine.http.problems import Problem
from engine.http.provisioning import Inventory, refuse_of_file
from engine.http.resources.explanations import ExplanationQuery, ShownExplanation
from engine.http.resources.numbers import NUMBERS, NumberChange, NumberCreation, NumberUpdate
from engine.http.row_operations import RowOperations
from engine.http.views import Reading
from engine.store import AccountRow, NumberRow, Store

_TAKEN_IN_RESTCOMM, _TAKEN_IN_TWILIO = 21452, 21422


class NumberOperations(RowOperations[NumberRow, NumberCreation, NumberUpdate]):
    """Keeps numbers in the store; calls are routed by them from then on."""

    def __init__(self, store: Store, inventory: Inventory, kind: str = "local") -> None:
        """``kind`` is that of the numbers that are made."""
        super().__init__(store, inventory.changing)
        self._kind = kind

    async def create(self, asked: Asked, form: NumberCreation) -> Sequence[NumberRow]:
        number = form.number
        async with self._changing():
            await self._check_applications(asked.account.sid, form)
            same = NumberRow.phone_number == number
            await self._store.delete(NumberRow, same, NumberRow.released.is_(True))
            if await self._store.count(NumberRow, same):
                message = (
                    f"{_TAKEN_IN_RESTCOMM}: PhoneNumber = {number!r} is in use: change or delete that one."
                )
                raise Problem(400, message, code=_TAKEN_IN_RESTCOMM, twilio=(400, _TAKEN_IN_TWILIO))
            row = NumberRow(
                sid=ids.new_sid(ids.NUMBER),
                account_sid=asked.account.sid,
                phone_number=number,
                is_regex=form.is_regex,
                friendly_name=form.friendly_name or number,
                api_version=asked.dialect.version,
                kind=self._kind,
            )
            form.model_copy(update={"phone_number": number, "friendly_name": row.friendly_name}).write(row)
            await self._store.commit(row)
        return [row]

    def _refuse(self, row: NumberRow) -> None:
        refuse_of_file(row, f"The number {row.phone_number!r}")

    async def change(self, asked: Asked, row: NumberRow, form: NumberUpdate) -> NumberRow:
        if form.receiver is not None:
            await self._check_receiver(asked, form.receiver)
        return await super().change(asked, row, form)

    async def _check(self, row: NumberRow, form: NumberUpdate) -> None:
        await self._check_applications(form.receiver or row.account_sid, form)

    async def _check_receiver(self, asked: Asked, sid: str) -> None:
        """Refuse to give a number to an account that who asks does not reach, or that is closed."""
        below = await with_descendants(self._store, asked.by.account.sid)
        account = await self._store.get(AccountRow, sid) if sid in below else None
        if account is None or account.status != ACTIVE:
            message = f"AccountSid = {sid[:80]!r}: name an active account, yours or one below it."
            raise Problem(400, message, twilio=(400, INVALID_APPLICATION))

    async def _check_applications(self, account_sid: str, form: NumberChange) -> None:
        for parameter, sid in (
            ("VoiceApplicationSid", form.voice_application_sid),
            ("SmsApplicationSid", form.sms_application_sid),
            ("ReferApplicationSid", form.refer_application_sid),
        ):
            await check_application(self._store, account_sid, sid, parameter)

    def _write(self, form: NumberUpdate, row: NumberRow) -> None:
        if form.receiver is not None and form.receiver != row.account_sid:
            row.account_sid = form.receiver
            # They are of the account that gives it away.
            row.voice_application_sid = row.sms_application_sid = row.refer_application_sid = None
        form.write(row)
        row.friendly_name = row.friendly_name or row.phone_number


class NumberExplanations:
    """Says where a call to a number would go now.

    Every account sees which of its numbers takes the call; the root account also sees where each kind of
    caller would get to.
    """

    def __init__(self, store: Store, inventory: Inventory) -> None:
        self._store = store
        self._inventory = inventory

    async def read(self, asked: Reading[ExplanationQuery]) -> ShownExplanation:
        """Return what is known of the number."""
        dialled, router = asked.query.to, self._inventory.exchange.router()
        found = router.search(dialled)
        seen = await with_descendants(self._store, asked.account.sid)
        route = found.route if found.route is not None and _account(found.route) in seen else None
        number = None
        if route is not None:
            row = await self._store.get(NumberRow, route.application.number_sid or "")
            place = replace(asked.place, account_sid=_account(route))
            number = NUMBERS.json(row, place) if row is not None else None
        return ShownExplanation(
            to=dialled,
            looked_up=list(found.spellings),
            patterns_tried=[each.pattern for each in found.tried if _account(each) in seen],
            matched_by=None if route is None else "pattern" if route.pattern else "number",
            number=number,
            callers=_outcomes(router, dialled) if asked.account.parent_sid is None else None,
        )


def _account(route: NumberRoute) -> str:
    return route.application.account_sid


def _outcomes(router: Router, dialled: str) -> dict[str, str]:
    """Say what becomes of a call to the number, by who makes it."""
    callers: dict[str, Caller] = {
        "anybody": Stranger("a source that no trunk's allow_from names"),
        "client without application": ClientCaller(""),
    }
    for trunk in router.trunks.trunks if router.trunks is not None else ():
        callers[f"trunk {trunk.name}"] = TrunkCaller(trunk)
    outcomes = {who: _outcome(router.route(dialled, caller)) for who, caller in callers.items()}
    return {**outcomes, "a Dial or the REST API": _outcome(router.route_own(dialled))}


def _outcome(decision: Decision) -> str:
    match decision:
        case RunApplication(application):
            return f"runs {application.voice_url}"
        case RingClient(login):
            return f"rings the client {login}"
        case ProveIdentity():
            return "is asked for the password of a client (407)"
        case Refuse(status, reason):
            return f"is refused with {status}: {reason}"
    return "goes out through " + ", then ".join(trunk.name for trunk in decision.trunks)
