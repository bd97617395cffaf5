"""Brings the configuration file's account, numbers, clients and trunks into the store at start and reload."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from engine import ids
from engine.config import Settings
from engine.reporting import log
from engine.store.provisioned_rows import ClientRow, NumberRow, Source, TrunkRow
from engine.store.row import Row, utc_now
from engine.store.store import Store
from engine.store.tables import AccountRow

R = TypeVar("R", NumberRow, ClientRow, TrunkRow)


@dataclass(frozen=True, slots=True)
class Adoption:
    """What adopting a configuration led to."""

    account: AccountRow
    generated: bool
    """Whether the account was made just now, with a token the operator has not seen yet: show it once."""


async def adopt(store: Store, settings: Settings) -> Adoption:
    """Store what the configuration declares and return the root account, also kept as ``store.account``.

    Entries are marked as coming from the file; those that are no longer in it are removed. An entry
    that the REST API made under the same name becomes the file's.
    """
    account, generated = await _adopt_account(store, settings)
    store.account = account
    await _adopt(store, NumberRow, "phone_number", (_number(account, entry) for entry in settings.numbers))
    realm = settings.sip.realm
    await _adopt(store, ClientRow, "login", (_client(account, realm, entry) for entry in settings.clients))
    await _adopt(store, TrunkRow, "name", (_trunk(account, entry) for entry in settings.trunks))
    return Adoption(account, generated)


async def _adopt_account(store: Store, settings: Settings) -> tuple[AccountRow, bool]:
    configured = settings.account.sid
    roots = await store.find(AccountRow, AccountRow.parent_sid.is_(None), order_by=[AccountRow.date_created])
    account = next((root for root in roots if root.sid == configured), None)
    if account is None and roots and not configured:
        account = roots[0]
    if account is not None and settings.account.auth_token.get_secret_value() in ("", account.auth_token):
        return account, False
    generated = not configured
    if account is None:
        account = AccountRow(
            sid=configured or ids.new_sid(ids.ACCOUNT), auth_token=ids.new_auth_token(), friendly_name="Root"
        )
    if configured:
        account.auth_token = settings.account.auth_token.get_secret_value()
        account.date_updated = utc_now()
    await store.commit(account)
    return account, generated


async def _adopt(store: Store, kind: type[R], name: str, declared: Iterable[R]) -> None:
    column = kind.__table__.c[name]
    known = {getattr(row, name): row for row in await store.find(kind)}
    wanted = {getattr(row, name): row for row in declared}
    for key, row in wanted.items():
        existing = known.get(key)
        if existing is None:
            continue
        # The identifier stays: applications and records may refer to it.
        row.sid = existing.sid
        row.date_created = existing.date_created
        if _same(row, existing):
            row.date_updated = existing.date_updated
        if existing.source != Source.FILE:
            log.get("store").warning("provisioning.taken_over", table=kind.__tablename__, name=key)
    gone = [key for key, row in known.items() if row.source == Source.FILE and key not in wanted]
    if gone:
        await store.delete(kind, column.in_(gone))
    if wanted:
        await store.commit(*wanted.values())


def _same(one: Row, other: Row) -> bool:
    return _without_dates(one.values()) == _without_dates(other.values())


def _without_dates(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name != "date_updated"}


def _number(account: AccountRow, entry: Any) -> NumberRow:
    return NumberRow(
        sid=ids.new_sid(ids.NUMBER),
        account_sid=account.sid,
        phone_number=entry.number or entry.regex,
        is_regex=bool(entry.regex),
        friendly_name=entry.number or entry.regex,
        voice_url=entry.voice_url,
        voice_method=entry.voice_method,
        voice_fallback_url=entry.voice_fallback_url,
        voice_fallback_method=entry.voice_fallback_method,
        status_callback=entry.status_callback,
        status_callback_method=entry.status_callback_method,
        sms_url=entry.sms_url,
        sms_method=entry.sms_method,
        sms_fallback_url=entry.sms_fallback_url,
        sms_fallback_method=entry.sms_fallback_method,
        refer_url=entry.refer_url,
        refer_method=entry.refer_method,
        api_version=entry.api_version,
        source=Source.FILE,
    )


def digest_hashes(login: str, realm: str, password: str) -> tuple[str, str]:
    """Return what is kept of a client's password: the HA1 of RFC 7616 section 3.4.2, as MD5 and SHA-256.

    MD5 because RFC 3261 phones know nothing else; RFC 8760 phones use the other.
    """
    secret = f"{login}:{realm}:{password}".encode()
    return hashlib.md5(secret, usedforsecurity=False).hexdigest(), hashlib.sha256(secret).hexdigest()


def _client(account: AccountRow, realm: str, entry: Any) -> ClientRow:
    md5, sha256 = digest_hashes(entry.login, realm, entry.password.get_secret_value())
    return ClientRow(
        sid=ids.new_sid(ids.CLIENT),
        account_sid=account.sid,
        login=entry.login,
        ha1_md5=md5,
        ha1_sha256=sha256,
        friendly_name=entry.login,
        voice_url=entry.voice_url,
        voice_method=entry.voice_method,
        voice_fallback_url=entry.voice_fallback_url,
        voice_fallback_method=entry.voice_fallback_method,
        srtp=entry.srtp,
        source=Source.FILE,
    )


def _trunk(account: AccountRow, entry: Any) -> TrunkRow:
    return TrunkRow(
        sid=ids.new_sid(ids.TRUNK),
        account_sid=account.sid,
        name=entry.name,
        uri=entry.uri,
        username=entry.username,
        password=entry.password.get_secret_value(),
        register=entry.register_,
        register_expires=entry.register_expires,
        allow_from=[str(network) for network in entry.allow_from],
        prefixes=list(entry.prefixes),
        codecs=list(entry.codecs),
        realm=entry.realm,
        number_format=entry.number_format,
        identity=entry.identity,
        srtp=entry.srtp,
        source=Source.FILE,
    )
