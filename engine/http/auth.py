"""Who asks: HTTP Basic with an account's sid or e-mail address and its token (rest-api.md section 1.2)."""

from __future__ import annotations

import base64
import binascii
import hmac

from aiohttp import web

from engine import ids
from engine.http.problems import Problem
from engine.store import AccountRow, Store

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="Restcomm realm", charset="UTF-8"'}
_DEEPEST = 4
"""Levels of accounts; the walk up ends there even if rows form a ring."""


async def authorised_account(request: web.Request, store: Store) -> AccountRow:
    """Return the account that the path names, if who asks may see it; raise :exc:`Problem` else.

    An account sees itself and the accounts below it.
    """
    caller = await _authenticate(request, store)
    if caller.status != "active":
        raise Problem(403, f"The account is {caller.status}.")
    sid = request.match_info["account"]
    if sid == caller.sid:
        return caller
    target = await store.get(AccountRow, sid) if ids.is_sid(sid, ids.ACCOUNT) else None
    if target is None:
        raise Problem(404, "There is no such account.")
    if not await _is_below(store, target, caller.sid):
        raise Problem(403, "This account is not yours.")
    return target


async def _authenticate(request: web.Request, store: Store) -> AccountRow:
    name, password = _credentials(request.headers.get("Authorization", ""))
    account = None
    if ids.is_sid(name, ids.ACCOUNT):
        account = await store.get(AccountRow, name)
    elif "@" in name:
        found = await store.find(AccountRow, AccountRow.email_address == name, limit=1)
        account = found[0] if found else None
    # Compared also when there is no such account, so that time does not tell one from the other.
    expected = account.auth_token if account is not None else "0" * 32
    matches = hmac.compare_digest(expected.encode(), password.encode())
    if account is None or not matches:
        raise Problem(401, "Give the account's sid and auth token as user name and password.", _CHALLENGE)
    return account


def _credentials(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return "", ""
    name, _, password = text.partition(":")
    return name, password


async def with_descendants(store: Store, account_sid: str) -> list[str]:
    """Return an account and all accounts below it."""
    found, parents = [account_sid], [account_sid]
    for _ in range(_DEEPEST):
        rows = await store.find(AccountRow, AccountRow.parent_sid.in_(parents))
        parents = [row.sid for row in rows if row.sid not in found]
        if not parents:
            break
        found += parents
    return found


async def _is_below(store: Store, account: AccountRow, ancestor: str) -> bool:
    parent = account.parent_sid
    for _ in range(_DEEPEST):
        if parent is None:
            return False
        if parent == ancestor:
            return True
        row = await store.get(AccountRow, parent)
        parent = row.parent_sid if row is not None else None
    return False
