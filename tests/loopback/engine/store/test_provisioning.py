import hashlib

from engine.config import Settings
from engine.store import AccountRow, ClientRow, NumberRow, Source, Store, TrunkRow, adopt

SID, TOKEN = "AC" + "a" * 32, "t" * 32


def settings(**sections) -> Settings:
    return Settings.embedded(**sections)


def number(number: str, url: str = "http://a/", **more) -> dict[str, str]:
    return {"number": number, "voice_url": url, **more}


async def test_an_account_is_made_once_and_kept(tmp_path):
    url = f"sqlite:///{tmp_path}/d.db"
    store = await Store.open(url)
    first = await adopt(store, settings())
    await store.close()
    store = await Store.open(url)
    second = await adopt(store, settings())
    await store.close()
    assert (first.generated, second.generated) == (True, False)
    assert first.account.sid == second.account.sid == store.account.sid
    assert len(first.account.auth_token) == 32
    assert first.account.auth_token == second.account.auth_token


async def test_the_configured_account_is_used_and_never_counts_as_generated(store):
    adoption = await adopt(store, settings(account={"sid": SID, "auth_token": TOKEN}))
    assert (adoption.account.sid, adoption.account.auth_token, adoption.generated) == (SID, TOKEN, False)


async def test_a_changed_token_is_taken_over(store):
    await adopt(store, settings(account={"sid": SID, "auth_token": TOKEN}))
    await adopt(store, settings(account={"sid": SID, "auth_token": "u" * 32}))
    assert store.account.auth_token == "u" * 32
    assert await store.count(AccountRow) == 1


async def test_numbers_keep_their_identifier_when_they_change(store):
    await adopt(store, settings(numbers=[number("1")]))
    (before,) = await store.find(NumberRow)
    await adopt(store, settings(numbers=[number("1", "http://b/", voice_method="GET")]))
    (after,) = await store.find(NumberRow)
    assert (after.sid, after.date_created) == (before.sid, before.date_created)
    assert (after.voice_url, after.voice_method, after.source) == ("http://b/", "GET", Source.FILE)
    assert after.date_updated > before.date_updated


async def test_a_number_that_did_not_change_keeps_its_date(store):
    await adopt(store, settings(numbers=[number("1")]))
    (before,) = await store.find(NumberRow)
    await adopt(store, settings(numbers=[number("1")]))
    (after,) = await store.find(NumberRow)
    assert after.values() == before.values()


async def test_numbers_taken_out_of_the_file_go_and_those_of_the_api_stay(store):
    await adopt(store, settings(numbers=[number("1"), number("2")]))
    await store.commit(NumberRow(sid="PN9", account_sid=store.account.sid, phone_number="9"))
    await adopt(store, settings(numbers=[number("2")]))
    assert {row.phone_number for row in await store.find(NumberRow)} == {"2", "9"}


async def test_the_file_takes_over_a_number_of_the_api(store):
    await adopt(store, settings())
    await store.commit(NumberRow(sid="PN9", account_sid=store.account.sid, phone_number="9"))
    await adopt(store, settings(numbers=[number("9")]))
    (row,) = await store.find(NumberRow)
    assert (row.sid, row.source, row.voice_url) == ("PN9", Source.FILE, "http://a/")


async def test_a_pattern_is_marked_as_one(store):
    await adopt(store, settings(numbers=[{"regex": "\\+1555.*", "voice_url": "http://a/"}]))
    (row,) = await store.find(NumberRow)
    assert (row.phone_number, row.is_regex) == ("\\+1555.*", True)


async def test_passwords_of_clients_are_kept_as_hashes_only(store):
    await adopt(store, settings(clients=[{"login": "alice", "password": "hunter2"}]))
    (row,) = await store.find(ClientRow)
    assert row.ha1_md5 == hashlib.md5(b"alice:dialplane:hunter2", usedforsecurity=False).hexdigest()
    assert row.ha1_sha256 == hashlib.sha256(b"alice:dialplane:hunter2").hexdigest()
    assert "hunter2" not in str(row.values())


async def test_trunks_are_stored_whole(store):
    trunk = {
        "name": "carrier", "uri": "sip:203.0.113.10", "username": "u", "password": "p", "register": True,
        "allow_from": ["203.0.113.10"], "prefixes": ["+"],
    }  # fmt: skip
    await adopt(store, settings(trunks=[trunk]))
    (row,) = await store.find(TrunkRow)
    assert (row.register, row.allow_from, row.password) == (True, ["203.0.113.10/32"], "p")
    assert row.codecs == ["PCMU", "PCMA", "G722", "opus"]
