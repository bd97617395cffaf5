"""Making and changing accounts, and what becomes of the accounts below (rest-api.md section 7)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence

from engine import ids
from engine.accounts import ACTIVE, CLOSED, DEEPEST
from engine.config import Settings
from engine.http.auth import levels_above, with_descendants
from engine.http.dialect import RESTCOMM
from engine.http.operations import Asked, Operations
from engine.http.permissions import Principal
from engine.http.problems import Problem
from engine.http.provisioning import Inventory, as_it_is_now
from engine.http.resources.accounts import AccountChange, AccountCreation
from engine.reporting import log
from engine.store import (
    AccountRow,
    ApiKeyRow,
    ApplicationRow,
    CallerIdRow,
    ClientRow,
    NumberRow,
    Store,
    UserRow,
    digest_hashes,
    utc_now,
)

UNINITIALIZED = "uninitialized"
_LOGIN = re.compile(r"[A-Za-z0-9._+-]{1,64}")


class AccountOperations(Operations[AccountRow, AccountCreation, AccountChange]):
    """Keeps the tree of accounts; calls, clients and signatures follow at once."""

    def __init__(self, store: Store, inventory: Inventory, settings: Callable[[], Settings]) -> None:
        self._store = store
        self._inventory = inventory
        self._settings = settings

    async def create(self, asked: Asked, form: AccountCreation) -> Sequence[AccountRow]:
        """Make an account below ``asked.account``, and the client that Restcomm makes with it."""
        _needs(asked.by.administers, "Only an administrator makes accounts.")
        if asked.dialect is RESTCOMM:
            for name, value in (("EmailAddress", form.email_address), ("Password", form.password)):
                if value is None:
                    raise Problem(400, f"{name} can not be null.")
        async with self._inventory.changing():
            if len(await levels_above(self._store, asked.account)) >= DEEPEST:
                raise Problem(400, "This account is not allowed to have sub-accounts")
            await self._check_address(form.email_address)
            row = AccountRow(
                sid=ids.new_sid(ids.ACCOUNT),
                auth_token=_token(form.password) if form.password is not None else ids.new_auth_token(),
                parent_sid=asked.account.sid,
                friendly_name=form.friendly_name or form.email_address or "",
                email_address=form.email_address,
                status=form.status or ACTIVE,
                role=form.role or asked.account.role,
            )
            row.friendly_name = row.friendly_name or f"Sub-account of {row.date_created:%Y-%m-%d %H:%M}"
            await self._store.commit(row, *await self._client_of(row, form))
        return [row]

    async def change(self, asked: Asked, row: AccountRow, form: AccountChange) -> AccountRow:
        if row.status == CLOSED:
            raise Problem(400, "Account is closed", twilio=(400, 20001))
        self._check_rights(asked.by, row, form)
        async with self._inventory.changing():
            row = await as_it_is_now(self._store, row)
            if "friendly_name" in form.model_fields_set:
                row.friendly_name = form.friendly_name
            if form.role is not None:
                row.role = form.role
            if form.password is not None:
                row.auth_token = _token(form.password)
                row.status = ACTIVE if row.status == UNINITIALIZED else row.status
            row.date_updated = utc_now()
            await self._store.commit(row)
            if form.status is not None:
                row.status = form.status
                await self._spread(row.sid, form.status)
        return row

    def _check_rights(self, by: Principal, row: AccountRow, form: AccountChange) -> None:
        if row.sid != by.account.sid:
            _needs(by.administers, "Only an administrator changes the accounts below.")
            return
        if form.role is not None or form.status is not None:
            raise Problem(403, "Role and Status are given by an account above.")
        _needs(by.is_account or by.administers, "Only the account itself or an administrator changes it.")
        if form.password is not None and row.sid == self._settings().account.sid:
            message = "The root account's token is written in the configuration file: change it there."
            raise Problem(409, message, twilio=(409, 20409))

    async def _spread(self, sid: str, status: str) -> None:
        """Give an account's status to all below it. What is closed stays closed, and loses what it has."""
        of_them = await with_descendants(self._store, sid)
        rows = await self._store.find(AccountRow, AccountRow.sid.in_(of_them), AccountRow.status != CLOSED)
        for row in rows:
            row.status, row.date_updated = status, utc_now()
        await self._store.commit(*rows)
        log.get("http").info("account.status", account_sid=sid, status=status, accounts=len(rows))
        if status == CLOSED:
            await self._take_away([row.sid for row in rows])

    async def _take_away(self, accounts: Sequence[str]) -> None:
        """Take clients, applications, users and keys; a number refuses calls until somebody takes it."""
        for kind in (ClientRow, ApplicationRow, ApiKeyRow, UserRow, CallerIdRow):
            await self._store.delete(kind, kind.account_sid.in_(accounts))
        numbers = await self._store.find(NumberRow, NumberRow.account_sid.in_(accounts))
        for number in numbers:
            number.released, number.date_updated = True, utc_now()
        await self._store.commit(*numbers)

    async def _client_of(self, row: AccountRow, form: AccountCreation) -> list[ClientRow]:
        """Return the client that Restcomm makes with an account, where its login is free."""
        login = (form.email_address or "").partition("@")[0]
        if form.password is None or not _LOGIN.fullmatch(login):
            return []
        if await self._store.count(ClientRow, ClientRow.login == login):
            log.get("http").info("account.no_client", account_sid=row.sid, login=login, reason="taken")
            return []
        md5, sha256 = digest_hashes(login, self._settings().sip.realm, form.password)
        sid = ids.new_sid(ids.CLIENT)
        return [
            ClientRow(
                sid=sid,
                account_sid=row.sid,
                login=login,
                ha1_md5=md5,
                ha1_sha256=sha256,
                friendly_name=login,
            )
        ]

    async def _check_address(self, address: str | None) -> None:
        if address is None:
            return
        used = await self._store.count(AccountRow, AccountRow.email_address == address)
        if used or await self._store.count(UserRow, UserRow.email_address == address):
            message = f"EmailAddress = {address!r} is a user name already: choose another."
            raise Problem(409, message, twilio=(409, 20409))


def _needs(right: bool, message: str) -> None:
    if not right:
        raise Problem(403, message)


def _token(password: str) -> str:
    # Restcomm's clients compute the token from the password they chose.
    return hashlib.md5(password.encode(), usedforsecurity=False).hexdigest()
