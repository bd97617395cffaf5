import itertools
import statistics
from datetime import UTC, datetime
from time import perf_counter

import pytest

from engine.exchange.access_tokens import AccessTokens, mint
from engine.exchange.authentication import Authenticated, Authenticator, Challenged, Denied, Verdict
from engine.exchange.source_bans import SourceBans
from engine.peers.clients import ClientDirectory
from engine.store import AccountRow
from sip.digest import Challenge
from sip.message import Request
from sip.nonce import NonceIssuer
from tests.testkit.sip_clients import REALM, client, with_credentials
from tests.testkit.sip_messages import request

SOURCE = "192.0.2.10"
NOW = 1_800_000_000.0
"""Seconds since 1970, by which tokens expire."""
ACCOUNT, AUTH_TOKEN = "AC" + "0" * 32, "f" * 32
LONG_AGO = datetime.fromtimestamp(NOW - 86_400, UTC)
CLIENTS = ClientDirectory(
    [
        client(date_created=LONG_AGO),
        client("bob", "other", date_created=LONG_AGO),
        client("closed", status=0, date_created=LONG_AGO),
    ]
)


def authenticator(failures: int = 20, **options) -> Authenticator:
    numbers = itertools.count(1)
    nonces = NonceIssuer(b"key", lifetime=300.0)
    return Authenticator(
        REALM, CLIENTS.find, nonces, lambda: f"token{next(numbers)}", SourceBans(failures, 300.0), **options
    )


def asked(method: str = "REGISTER") -> Request:
    return request(method, "sip:example.org")


def challenge(ours: Authenticator, wish: Request, now: float = 0.0, algorithm: str = "SHA-256") -> Challenge:
    verdict = ours.check(wish, SOURCE, "alice", now)
    return next(each for each in challenges(verdict) if each.algorithm == algorithm)


def challenges(verdict: Verdict) -> list[Challenge]:
    assert isinstance(verdict, Challenged)
    return [parsed for _, value in verdict.fields if (parsed := Challenge.parse(value)) is not None]


@pytest.mark.parametrize(
    ("method", "name"), [("REGISTER", "WWW-Authenticate"), ("INVITE", "Proxy-Authenticate")]
)
def test_both_challenges_are_offered_first_what_every_phone_knows(method, name):
    verdict = authenticator().check(asked(method), SOURCE, "alice", 0.0)
    assert [each.algorithm for each in challenges(verdict)] == ["MD5", "SHA-256"]
    assert isinstance(verdict, Challenged)
    assert {field for field, _ in verdict.fields} == {name}
    assert {(each.realm, each.qop, each.stale) for each in challenges(verdict)} == {(REALM, ("auth",), False)}


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
@pytest.mark.parametrize("method", ["REGISTER", "INVITE"])
def test_right_credentials_prove_the_client(algorithm, method):
    ours, wish = authenticator(), asked(method)
    proof = with_credentials(wish, challenge(ours, wish, algorithm=algorithm))
    verdict = ours.check(proof, SOURCE, "alice", 1.0)
    assert isinstance(verdict, Authenticated)
    assert verdict.client.login == "alice"
    assert ours.presented(proof)
    assert not ours.presented(wish)


def test_only_the_configured_algorithms_count():
    ours, wish = authenticator(algorithms=("SHA-256",)), asked()
    nonce = challenge(ours, wish).nonce
    proof = with_credentials(wish, Challenge(REALM, nonce, "MD5"))
    assert len(challenges(ours.check(proof, SOURCE, "alice", 1.0))) == 1


def test_credentials_without_qop_serve_once():
    ours, wish = authenticator(), asked()
    old = Challenge(REALM, challenge(ours, wish).nonce, "MD5", qop=())
    proof = with_credentials(wish, old)
    assert isinstance(ours.check(proof, SOURCE, "alice", 1.0), Authenticated)
    assert challenges(ours.check(proof, SOURCE, "alice", 2.0))[0].stale


def test_t6_replayed_credentials_are_challenged_anew():
    ours, wish = authenticator(), asked()
    given = challenge(ours, wish)
    proof = with_credentials(wish, given)
    assert isinstance(ours.check(proof, SOURCE, "alice", 1.0), Authenticated)
    assert challenges(ours.check(proof, SOURCE, "alice", 1.0))[0].stale
    later = with_credentials(wish, given, count=2)
    assert isinstance(ours.check(later, SOURCE, "alice", 2.0), Authenticated)


def test_a_count_without_qop_is_not_read():
    ours, wish = authenticator(), asked()
    proof = with_credentials(wish, Challenge(REALM, challenge(ours, wish).nonce, "MD5", qop=()))
    proof.headers.set("Authorization", proof.headers.get("Authorization", "") + ", nc=few")
    assert isinstance(ours.check(proof, SOURCE, "alice", 1.0), Authenticated)


def test_an_old_nonce_is_stale_when_the_password_is_right_and_a_failure_when_it_is_not():
    ours, wish = authenticator(), asked()
    given = challenge(ours, wish)
    (again, _) = challenges(ours.check(with_credentials(wish, given), SOURCE, "alice", 301.0))
    assert again.stale
    assert again.nonce != given.nonce
    wrong = with_credentials(wish, given, password="guess")
    assert isinstance(ours.check(wrong, SOURCE, "alice", 301.0), Denied)


def test_a_nonce_of_an_earlier_process_is_stale():
    ours, wish = authenticator(), asked()
    foreign = Challenge(REALM, "Zm9yZWlnbg==", "MD5")
    assert challenges(ours.check(with_credentials(wish, foreign), SOURCE, "alice", 0.0))[0].stale


@pytest.mark.parametrize(
    "given",
    ["Basic YTpi", "Digest username=", 'Digest username="alice"', 'Digest username="alice", realm="other", '
     'nonce="n", uri="sip:x", response="r"'],
)  # fmt: skip
def test_credentials_that_are_none_of_ours_bring_a_challenge(given):
    wish = asked()
    wish.headers.add("Authorization", given)
    verdict = authenticator().check(wish, SOURCE, "alice", 0.0)
    assert not challenges(verdict)[0].stale


@pytest.mark.parametrize("login", ["alice", "nobody"])
def test_t7_a_known_and_an_unknown_login_are_refused_alike(login):
    ours, wish = authenticator(), asked()
    wrong = with_credentials(wish, challenge(ours, wish), login, "guess")
    assert ours.check(wrong, SOURCE, login, 1.0) == Denied("user name and password do not fit")


@pytest.mark.parametrize("algorithm", ["SHA-256", "MD5"])
def test_t7_a_known_and_an_unknown_login_take_the_same_time(algorithm):
    ours, wish = authenticator(0), asked()
    given = challenge(ours, wish, algorithm=algorithm)
    took: dict[str, list[float]] = {"alice": [], "nobody": []}
    for _ in range(200):
        for login, times in took.items():
            wrong = with_credentials(wish, given, login, "guess")
            began = perf_counter()
            ours.check(wrong, SOURCE, login, 1.0)
            times.append(perf_counter() - began)
    known, unknown = (statistics.median(times) for times in took.values())
    assert abs(known - unknown) < 0.002


def test_t6_a_client_cannot_speak_for_another():
    ours, wish = authenticator(), asked()
    proof = with_credentials(wish, challenge(ours, wish), "bob", "other")
    assert isinstance(ours.check(proof, SOURCE, "alice", 1.0), Denied)


def test_p02_a_closed_client_is_denied_only_after_it_has_proved_itself():
    ours, wish = authenticator(), asked()
    proof = with_credentials(wish, challenge(ours, wish), "closed")
    assert ours.check(proof, SOURCE, "closed", 1.0) == Denied("client 'closed' is closed")
    wrong = with_credentials(wish, challenge(ours, wish), "closed", "guess")
    assert ours.check(wrong, SOURCE, "closed", 1.0) == Denied("user name and password do not fit")


def test_t7_a_source_that_guesses_is_banned_even_if_it_then_guesses_right():
    ours, wish = authenticator(failures=3), asked()
    for _ in range(3):
        wrong = with_credentials(wish, challenge(ours, wish), password="guess")
        ours.check(wrong, SOURCE, "alice", 1.0)
    assert isinstance(ours.check(wish, SOURCE, "alice", 2.0), Denied)
    given = challenges(ours.check(wish, "192.0.2.99", "alice", 2.0))[0]
    assert isinstance(ours.check(with_credentials(wish, given), "192.0.2.99", "alice", 2.0), Authenticated)
    assert isinstance(ours.check(wish, SOURCE, "alice", 302.0), Challenged)


def test_asking_without_credentials_bans_nobody():
    ours = authenticator(failures=1)
    for _ in range(5):
        assert isinstance(ours.check(asked(), SOURCE, "alice", 0.0), Challenged)


@pytest.mark.parametrize("method", ["REGISTER", "INVITE"])
def test_p16_where_no_credentials_are_required_a_client_is_believed_and_nobody_is_asked(method):
    verdict = authenticator(required=False).check(asked(method), SOURCE, "alice", 0.0)
    assert isinstance(verdict, Authenticated)
    assert verdict.client.login == "alice"


@pytest.mark.parametrize("claimed", ["nobody", "closed", ""])
def test_where_no_credentials_are_required_a_client_must_exist_and_be_open(claimed):
    assert isinstance(authenticator(required=False).check(asked(), SOURCE, claimed, 0.0), Denied)


def with_tokens(failures: int = 20) -> Authenticator:
    tokens = AccessTokens(CLIENTS.find, lambda: NOW)
    tokens.use([AccountRow(sid=ACCOUNT, auth_token=AUTH_TOKEN)])
    return authenticator(failures, tokens=tokens)


def bearing(token: str, method: str = "REGISTER", name: str = "Authorization") -> Request:
    wish = asked(method)
    wish.headers.set(name, f"Bearer {token}")
    return wish


def token(login: str = "alice", now: float = NOW) -> str:
    return mint(ACCOUNT, AUTH_TOKEN, login, now=now, seconds=60)


@pytest.mark.parametrize(
    ("method", "name"),
    [("REGISTER", "Authorization"), ("INVITE", "Authorization"), ("INVITE", "Proxy-Authorization")],
)
def test_a_token_proves_its_client_in_either_field(method, name):
    ours, wish = with_tokens(), bearing(token(), method, name)
    verdict = ours.check(wish, SOURCE, "alice", 0.0)
    assert isinstance(verdict, Authenticated)
    assert verdict.client.login == "alice"
    assert ours.presented(wish)


def test_a_token_proves_no_other_client():
    verdict = with_tokens().check(bearing(token()), SOURCE, "bob", 0.0)
    assert verdict == Denied("client 'alice' claims to be 'bob'")


def test_the_token_of_a_closed_client_is_worth_nothing():
    verdict = with_tokens().check(bearing(token("closed")), SOURCE, "closed", 0.0)
    assert verdict == Denied("client 'closed' is closed")


def test_an_expired_token_is_told_so_beside_the_challenges():
    verdict = with_tokens().check(bearing(token(now=NOW - 61)), SOURCE, "alice", 0.0)
    assert isinstance(verdict, Challenged)
    assert [value.split()[0] for _, value in verdict.fields] == ["Digest", "Digest", "Bearer"]
    assert 'error="invalid_token"' in verdict.fields[-1][1]


def test_forged_tokens_ban_their_source_and_expired_ones_do_not():
    ours = with_tokens(failures=3)
    for _ in range(5):
        assert isinstance(ours.check(bearing(token(now=NOW - 61)), SOURCE, "alice", 0.0), Challenged)
    for _ in range(3):
        assert isinstance(ours.check(bearing(token() + "x"), SOURCE, "alice", 0.0), Denied)
    assert ours.check(bearing(token()), SOURCE, "alice", 0.0) == Denied(f"{SOURCE} is banned for now")


EDGE, PHONE = "192.0.2.66", "203.0.113.7"


def through_the_edge(client_via: str) -> Request:
    edge = f"SIP/2.0/UDP {EDGE}:5060;branch=z9hG4bK-edge"
    return request("REGISTER", "sip:example.org", {"Via": [edge, client_via]})


def guesses(ours: Authenticator, wish: Request, count: int) -> None:
    for _ in range(count):
        offered = challenges(ours.check(wish, EDGE, "alice", 0.0))[0]
        assert isinstance(
            ours.check(with_credentials(wish, offered, password="guess"), EDGE, "alice", 0.0), Denied
        )


@pytest.mark.parametrize(
    "via",
    [
        f"SIP/2.0/UDP 10.0.0.7:5062;received={PHONE};rport=61000;branch=z9hG4bK-1",
        f"SIP/2.0/UDP {PHONE}:5062;branch=z9hG4bK-1",
    ],
)
def test_who_guesses_behind_a_proxy_of_ours_is_banned_and_the_others_there_are_not(via: str):
    ours = authenticator(3, vouches=lambda host: host == EDGE)
    guesses(ours, through_the_edge(via), 3)
    assert isinstance(ours.check(through_the_edge(via), EDGE, "alice", 1.0), Denied)
    neighbour = through_the_edge("SIP/2.0/UDP 10.0.0.8:5062;received=203.0.113.8;branch=z9hG4bK-2")
    assert isinstance(ours.check(neighbour, EDGE, "alice", 1.0), Challenged)


@pytest.mark.parametrize("vouched", [EDGE, "198.51.100.1"])
def test_a_source_cannot_put_the_blame_on_another_unless_it_is_a_proxy_of_ours(vouched: str):
    ours = authenticator(3, vouches=lambda host: host == vouched)
    wish = through_the_edge(f"SIP/2.0/UDP 10.0.0.7;received={PHONE};branch=z9hG4bK-1")
    guesses(ours, wish, 3)
    assert ours.bans.banned(PHONE, 1.0) is (vouched == EDGE)
    assert ours.bans.banned(EDGE, 1.0) is (vouched != EDGE)


@pytest.mark.parametrize("below", [[], ["broken"]], ids=["no Via below", "one that cannot be read"])
def test_a_proxy_that_does_not_say_who_asks_answers_for_it(below: list[str]):
    ours = authenticator(3, vouches=lambda host: host == EDGE)
    wish = request(
        "REGISTER", "sip:example.org", {"Via": [f"SIP/2.0/UDP {EDGE}:5060;branch=z9hG4bK-edge", *below]}
    )
    guesses(ours, wish, 3)
    assert ours.bans.banned(EDGE, 1.0)
