import base64
import json
from datetime import UTC, datetime

import jwt
import pytest

from engine.errors import TokenExpired, TokenRefused
from engine.exchange.access_tokens import (
    AUDIENCE,
    LONGEST_SECONDS,
    AccessTokens,
    mint,
    read_claims,
    token_key,
)
from engine.peers.clients import ClientDirectory
from engine.store import AccountRow
from tests.testkit.sip_clients import client

ACCOUNT, OTHER = "AC" + "0" * 32, "AC" + "1" * 32
SECRET, NOW = "f" * 32, 1_800_000_000.0
LONG_AGO = datetime.fromtimestamp(NOW - 86_400, UTC)

DEEP = base64.urlsafe_b64encode(b"[" * 1400).decode().rstrip("=")
"""A kilobyte of JSON that is deeper than the stack of Python 3.11 may be; later ones read it to its end."""


def accounts(**fields) -> list[AccountRow]:
    return [
        AccountRow(sid=ACCOUNT, auth_token=SECRET, **fields),
        AccountRow(sid=OTHER, auth_token="e" * 32),
    ]


def reader(at: float = NOW, **fields) -> AccessTokens:
    clients = ClientDirectory([client(date_created=LONG_AGO), client("bob", date_created=LONG_AGO)])
    found = AccessTokens(clients.find, lambda: at)
    found.use(accounts(**fields))
    return found


def signed(**claims) -> str:
    usual = {"iss": ACCOUNT, "sub": "alice", "aud": AUDIENCE, "iat": NOW, "exp": NOW + 60}
    said = {name: value for name, value in {**usual, **claims}.items() if value is not None}
    return jwt.encode(said, token_key(SECRET), algorithm="HS256")


def test_a_token_names_its_client_until_it_expires():
    token = mint(ACCOUNT, SECRET, "alice", now=NOW, seconds=600)
    claims, row = reader(NOW + 599).read(token)
    assert (row.login, claims.account_sid, claims.expires) == ("alice", ACCOUNT, NOW + 600)
    assert claims.signed_in is None
    with pytest.raises(TokenExpired):
        reader(NOW + 600).read(token)


def test_the_time_of_the_sign_in_is_kept():
    token = mint(ACCOUNT, SECRET, "alice", now=NOW, signed_in=NOW - 100)
    assert reader().read(token)[0].signed_in == NOW - 100


@pytest.mark.parametrize("seconds", [0, -1, LONGEST_SECONDS + 1])
def test_no_token_is_minted_that_would_not_be_taken(seconds):
    with pytest.raises(ValueError, match="between 1 and"):
        mint(ACCOUNT, SECRET, "alice", now=NOW, seconds=seconds)


def test_anybody_with_the_auth_token_may_mint():
    assert reader().read(signed())[1].login == "alice"


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (mint(ACCOUNT, "0" * 32, "alice", now=NOW), "Signature verification failed"),
        (mint(OTHER, SECRET, "alice", now=NOW), "Signature verification failed"),
        (mint(OTHER, "e" * 32, "alice", now=NOW), "has no client 'alice'"),
        (mint("AC" + "2" * 32, SECRET, "alice", now=NOW), "no active account"),
        (mint(ACCOUNT, SECRET, "carol", now=NOW), "has no client 'carol'"),
        (signed(aud="somebody else"), "Audience"),
        (signed(aud=None), "aud"),
        (signed(exp=None), "exp"),
        (signed(iat=None), "iat"),
        (signed(sub=None), "sub"),
        (signed(iat=NOW + 60), "set the clock"),
        (signed(exp=NOW + LONGEST_SECONDS + 1), "lives longer"),
        (signed(iat="soon"), "soon"),
        (signed(exp=float("nan")), "lives longer"),
        (signed(exp=float("inf")), "lives longer"),
        (signed(iat=float("-inf")), "lives longer"),
        (jwt.encode({"iss": ACCOUNT}, SECRET, algorithm="HS256"), "Signature verification failed"),
        ("", "Not enough segments"),
        ("a.b.c", "Invalid header"),
        (f"{DEEP}.e30.e30", "recursion|deep|Expecting value"),
        (f"eyJhbGciOiJIUzI1NiJ9.{DEEP}.e30", "recursion|deep|Expecting value"),
        ("x" * 2049, "longer than 2048"),
        ("\u20ac.\u20ac.\u20ac", "."),
    ],
)
def test_other_tokens_prove_nothing(token, why):
    with pytest.raises(TokenRefused, match=why) as refused:
        reader().read(token)
    assert not isinstance(refused.value, TokenExpired)


def test_a_token_without_signature_proves_nothing():
    none = jwt.encode(
        {"iss": ACCOUNT, "sub": "alice", "aud": AUDIENCE, "iat": NOW, "exp": NOW + 60}, "", algorithm="none"
    )
    with pytest.raises(TokenRefused):
        reader().read(none)


def test_the_header_cannot_choose_another_algorithm():
    head = base64.urlsafe_b64encode(json.dumps({"alg": "none", "typ": "JWT"}).encode()).rstrip(b"=").decode()
    _, body, signature = signed().split(".")
    for stolen in (f"{head}.{body}.{signature}", f"{head}.{body}."):
        with pytest.raises(TokenRefused):
            reader().read(stolen)


def test_a_suspended_account_has_no_tokens():
    with pytest.raises(TokenRefused, match="no active account"):
        reader(status="suspended").read(mint(ACCOUNT, SECRET, "alice", now=NOW))


def test_a_client_that_was_made_anew_is_another_one():
    clients = ClientDirectory([client(date_created=datetime.fromtimestamp(NOW, UTC))])
    ours = AccessTokens(clients.find, lambda: NOW)
    ours.use(accounts())
    with pytest.raises(TokenRefused, match="was made after the token"):
        ours.read(mint(ACCOUNT, SECRET, "alice", now=NOW - 60))


def test_every_changed_character_breaks_a_token():
    token = mint(ACCOUNT, SECRET, "alice", now=NOW)
    for place, old in enumerate(token[:-1]):
        changed = token[:place] + ("A" if old != "A" else "B") + token[place + 1 :]
        with pytest.raises(TokenRefused):
            read_claims(changed, {ACCOUNT: token_key(SECRET)}.get, NOW)
