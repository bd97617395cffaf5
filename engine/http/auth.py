"""Who asks, and for which account (rest-api.md section 1.2).

HTTP Basic with an account's sid or e-mail address and its token, a key's sid and its secret, or a user's
e-mail address and password. A key may be one of :mod:`engine.http.passing_keys`.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re

from aiohttp import web

from engine import ids
from engine.accounts import ACTIVE, DEEPEST
from engine.http.guesses import Guesses
from engine.http.passing_keys import SCOPES, PassingKeys
from engine.http.permissions import Principal, Role
from engine.http.problems import Problem
from engine.secrets_at_rest import hash_secret, is_secret
from engine.store import AccountRow, ApiKeyRow, Store, UserRow

GUESSES = web.AppKey("guesses", Guesses)
PASSING_KEYS = web.AppKey("passing_keys", PassingKeys)
PRINCIPAL = web.RequestKey("principal", Principal)
"""Under this key a request knows who asks, once that is known."""
ACCOUNT = web.RequestKey("account", str)
"""Under this key, the account that it is about."""

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="Restcomm realm", charset="UTF-8"'}
_NOBODYS_TOKEN = "0" * 32
_NOBODYS_SECRET = hash_secret("")
_READING = ("GET", "HEAD")
_RESOURCE = re.compile(r"/Accounts/\{account\}/([A-Za-z]+)")


async def authorised_account(request: web.Request, store: Store) -> AccountRow:
    """Return the account that the path names, if who asks may do this there; raise :exc:`Problem` else.

    An account reaches itself and the accounts below it. One that is suspended or closed can be read by
    those above, and nothing of it be changed but itself.
    """
    principal = await authenticated(request, store)
    resource = resource_of(request)
    principal.require(request.method, resource)
    target = await _named(request.match_info["account"], principal.account, store)
    request[ACCOUNT] = target.sid
    writes = request.method not in _READING
    if target.status != ACTIVE and writes and resource != "Accounts":
        raise Problem(403, f"The account is {target.status}: nothing of it can be changed.")
    return target


async def authenticated(request: web.Request, store: Store) -> Principal:
    """Return who asks; raise :exc:`Problem` for nobody we know, or one whose account may do nothing now."""
    name, password = _credentials(request.headers.get("Authorization", ""))
    guesses, address = request.app[GUESSES], request.remote or ""
    guesses.check(address, name)
    if request.app[PASSING_KEYS].knows(name, password):
        principal = await _newcomer(name, store)
    else:
        principal = await _proven(name, password, store, guesses)
    if principal is None:
        if name:
            guesses.failed(address, name)
        message = (
            "Give the account's sid and auth token, or a key's sid and secret, as user name and password."
        )
        raise Problem(401, message, _CHALLENGE)
    if principal.account.status != ACTIVE:
        raise Problem(403, f"The account is {principal.account.status}.")
    request[PRINCIPAL] = principal
    return principal


def resource_of(request: web.Request) -> str:
    """Return the first name below the account in the path that was declared; ``Accounts`` when there is none.

    Not in the path that was sent, which could be written so that it reads as another one.
    """
    declared = request.match_info.route.resource
    found = _RESOURCE.search(declared.canonical) if declared is not None else None
    return found[1] if found is not None else "Accounts"


async def with_descendants(store: Store, account_sid: str) -> list[str]:
    """Return an account and all accounts below it."""
    found, parents = [account_sid], [account_sid]
    for _ in range(DEEPEST + 1):
        rows = await store.find(AccountRow, AccountRow.parent_sid.in_(parents))
        parents = [row.sid for row in rows if row.sid not in found]
        if not parents:
            break
        found += parents
    return found


async def levels_above(store: Store, account: AccountRow) -> list[str]:
    """Return the accounts above one, the nearest first. The walk ends even if rows form a ring."""
    found: list[str] = []
    parent = account.parent_sid
    while parent is not None and len(found) <= DEEPEST:
        found.append(parent)
        row = await store.get(AccountRow, parent)
        parent = row.parent_sid if row is not None else None
    return found


async def _named(name: str, caller: AccountRow, store: Store) -> AccountRow:
    if name in (caller.sid, caller.email_address):
        return caller
    target = None
    if ids.is_sid(name, ids.ACCOUNT):
        target = await store.get(AccountRow, name)
    elif "@" in name:
        target = await _by_address(name, store)
    if target is None:
        raise Problem(404, "There is no such account.")
    if caller.sid not in await levels_above(store, target):
        raise Problem(403, "This account is not yours.")
    return target


async def _by_address(address: str, store: Store) -> AccountRow | None:
    found = await store.find(AccountRow, AccountRow.email_address == address, limit=1)
    return found[0] if found else None


async def _proven(name: str, password: str, store: Store, guesses: Guesses) -> Principal | None:
    """Return whose name and secret these are. What fails is compared all the same: time tells nothing."""
    if ids.is_sid(name, ids.API_KEY):
        return await _of_key(name, password, store)
    account = None
    if ids.is_sid(name, ids.ACCOUNT):
        account = await store.get(AccountRow, name)
    elif "@" in name:
        account = await _by_address(name, store)
    token = account.auth_token if account is not None else _NOBODYS_TOKEN
    matches = hmac.compare_digest(token.encode(), password.encode())
    if account is not None and matches:
        return Principal(account, Role(account.role))
    if account is None and "@" in name:
        return await _of_user(name, password, store, guesses)
    return None


async def _of_key(name: str, secret: str, store: Store) -> Principal | None:
    key = await store.get(ApiKeyRow, name)
    matches = is_secret(key.secret_hash if key is not None else _NOBODYS_SECRET, secret)
    if key is None or not matches:
        return None
    if key.user_sid is not None:
        user = await store.get(UserRow, key.user_sid)
        return await _rights_of(user, key.sid, store) if user is not None else None
    account = await store.get(AccountRow, key.account_sid)
    return Principal(account, Role(key.role), tuple(key.scopes), key.sid) if account is not None else None


async def _newcomer(name: str, store: Store) -> Principal | None:
    account = await store.get(AccountRow, store.account.sid)
    return Principal(account, Role.SCOPED, SCOPES, name) if account is not None else None


async def _of_user(address: str, password: str, store: Store, guesses: Guesses) -> Principal | None:
    found = await store.find(UserRow, UserRow.email_address == address, limit=1)
    user = found[0] if found else None
    if not await guesses.is_password(user.password_hash if user is not None else None, password):
        return None
    return await _rights_of(user, user.sid, store) if user is not None else None


async def _rights_of(user: UserRow, name: str, store: Store) -> Principal | None:
    account = await store.get(AccountRow, user.account_sid)
    if account is None or user.status != "active":
        return None
    return Principal(account, Role(user.role), tuple(user.scopes), name)


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
