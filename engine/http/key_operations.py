"""Making, changing and deleting keys and users through the REST API."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from engine import ids
from engine.http.operations import Asked
from engine.http.problems import Problem
from engine.http.provisioning import as_it_is_now
from engine.http.resources.keys import KeyChange, KeyCreation, UserChange, UserCreation
from engine.http.row_operations import RowOperations
from engine.secrets_at_rest import hash_password, hash_secret, new_secret
from engine.store import AccountRow, ApiKeyRow, UserRow

KEYS_OF_A_USER = 2


class KeyOperations(RowOperations[ApiKeyRow, KeyCreation, KeyChange]):
    """Keeps keys; only an administrator gets here."""

    async def create(self, asked: Asked, form: KeyCreation) -> Sequence[ApiKeyRow]:
        async with self._changing():
            if form.user_sid is not None:
                await self._check_user(asked, form.user_sid)
            secret = new_secret()
            row = ApiKeyRow(
                sid=ids.new_sid(ids.API_KEY),
                account_sid=asked.account.sid,
                secret_hash=hash_secret(secret),
                role=form.role,
                scopes=list(form.scopes),
                friendly_name=form.friendly_name,
                user_sid=form.user_sid,
                secret=secret,
            )
            await self._store.commit(row)
        return [row]

    async def _check_user(self, asked: Asked, sid: str) -> None:
        user = await self._store.get(UserRow, sid)
        if user is None or user.account_sid != asked.account.sid:
            raise Problem(400, f"UserSid = {sid[:80]!r}: the account has no such user.", twilio=(400, 21218))
        if await self._store.count(ApiKeyRow, ApiKeyRow.user_sid == sid) >= KEYS_OF_A_USER:
            message = f"The user has {KEYS_OF_A_USER} keys, which is the most: delete one of them first."
            raise Problem(400, message, twilio=(400, 20001))


class UserOperations(RowOperations[UserRow, UserCreation, UserChange]):
    """Keeps users; only an administrator gets here."""

    async def create(self, asked: Asked, form: UserCreation) -> Sequence[UserRow]:
        made_up = None if form.password is not None else new_secret()
        kept = await asyncio.to_thread(hash_password, form.password or made_up or "")
        async with self._changing():
            await self._check_address(form.email_address)
            row = UserRow(
                sid=ids.new_sid(ids.USER),
                account_sid=asked.account.sid,
                email_address=form.email_address,
                password_hash=kept,
                role=form.role,
                password=made_up,
            )
            self._write(form, row)
            await self._store.commit(row)
        return [row]

    async def change(self, asked: Asked, row: UserRow, form: UserChange) -> UserRow:
        kept = await asyncio.to_thread(hash_password, form.password) if form.password is not None else None
        async with self._changing():
            row = await as_it_is_now(self._store, row)
            self._write(form, row)
            row.password_hash = kept or row.password_hash
            await self._store.commit(row)
        return row

    async def _let_go(self, row: UserRow) -> None:
        """Delete the user's keys."""
        await self._store.delete(ApiKeyRow, ApiKeyRow.user_sid == row.sid)

    def _write(self, form: UserChange, row: UserRow) -> None:
        form.write(row)
        if "role" in form.model_fields_set:
            row.scopes = list(form.scopes)

    async def _check_address(self, address: str) -> None:
        used = await self._store.count(UserRow, UserRow.email_address == address)
        if used or await self._store.count(AccountRow, AccountRow.email_address == address):
            message = f"EmailAddress = {address!r} is a user name already: choose another."
            raise Problem(409, message, twilio=(409, 20409))
