import itertools

import pytest

from sip.challenges import ChallengeAnswers, Login
from sip.digest import Challenge, Credentials, shared_secret
from sip.message import Request, Response
from tests.testkit.sip_messages import request, response

LOGIN = Login("alice", "secret")


def answers(login: Login = LOGIN) -> ChallengeAnswers:
    numbers = itertools.count(1)
    return ChallengeAnswers(login, lambda: f"cnonce{next(numbers)}")


def challenged(to: Request, *challenges: object, status: int = 401) -> Response:
    name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
    return response(status, headers={name: list(challenges)}, to=to)


def credentials(of: Request, name: str = "Authorization") -> Credentials:
    found = Credentials.parse(of.headers.get(name, ""))
    assert found is not None
    return found


@pytest.mark.parametrize(("status", "name"), [(401, "Authorization"), (407, "Proxy-Authorization")])
def test_a_challenge_is_answered_with_the_next_cseq_in_the_same_call(status, name):
    first = request("INVITE", cseq=7, body=b"offer")
    again = answers().answer(first, challenged(first, Challenge("carrier", "n1"), status=status))
    assert again is not None
    assert (again.cseq.number, again.call_id, again.from_, again.body) == (
        8,
        first.call_id,
        first.from_,
        b"offer",
    )
    assert "Via" not in again.headers
    found = credentials(again, name)
    assert (found.username, found.realm, found.uri, found.nonce_count) == (
        "alice",
        "carrier",
        first.uri_text,
        "00000001",
    )
    assert found.verify("INVITE", shared_secret("alice", "carrier", "secret"))


def test_the_strongest_algorithm_is_taken():
    first = request()
    again = answers().answer(first, challenged(first, Challenge("r", "n1"), Challenge("r", "n2", "SHA-256")))
    assert again is not None
    assert credentials(again).algorithm == "SHA-256"


def test_another_realm_than_the_login_names_is_never_answered():
    first = request()
    reply = challenged(first, Challenge("elsewhere", "n1"))
    assert answers(Login("alice", "secret", "carrier")).answer(first, reply) is None


@pytest.mark.parametrize(
    "text", ["Basic realm=x", "Digest realm", 'Digest realm="r", nonce="n", algorithm=X']
)
def test_what_cannot_be_answered_is_not(text):
    first = request()
    assert answers().answer(first, challenged(first, text)) is None


def test_other_statuses_are_not_challenges():
    first = request()
    reply = response(403, headers={"WWW-Authenticate": str(Challenge("r", "n"))}, to=first)
    assert answers().answer(first, reply) is None


def test_two_requests_that_met_the_same_nonce_before_it_was_known_are_both_answered():
    """A server may give everybody of one minute the same nonce; the second refused nothing of ours."""
    ours, first, second = answers(), request("INFO", cseq=7), request("INFO", cseq=8)
    ours.begin(first)
    ours.begin(second)
    for sent, uses in ((first, "00000001"), (second, "00000002")):
        again = ours.answer(sent, challenged(sent, Challenge("carrier", "n1")))
        assert again is not None
        assert credentials(again).nonce_count == uses


def test_a_wrong_password_is_not_tried_twice():
    ours, first = answers(), request()
    again = ours.answer(first, challenged(first, Challenge("r", "n1")))
    assert again is not None
    assert ours.answer(again, challenged(again, Challenge("r", "n1"))) is None


def test_a_stale_nonce_is_answered_once_more():
    ours, first = answers(), request()
    again = ours.answer(first, challenged(first, Challenge("r", "n1")))
    assert again is not None
    third = ours.answer(again, challenged(again, Challenge("r", "n2", stale=True)))
    assert third is not None
    assert credentials(third).nonce == "n2"
    assert third.headers.count("Authorization") == 1


@pytest.mark.hostile("T10", sent="401 with a new nonce, for ever")
def test_t10_a_server_that_challenges_for_ever_gets_two_answers():
    ours, sent = answers(), request()
    tries = 0
    for number in itertools.count(1):
        again = ours.answer(sent, challenged(sent, Challenge("r", f"n{number}", stale=True)))
        if again is None:
            break
        tries, sent = tries + 1, again
    assert tries == 2


def test_a_proxy_and_whoever_is_behind_it_both_get_their_credentials():
    """RFC 3261 section 22.3: what the proxy wants is sent along to the next who asks."""
    ours, first = answers(), request("INVITE", cseq=1)
    for_proxy = ours.answer(first, challenged(first, Challenge("proxy", "p1"), status=407))
    assert for_proxy is not None
    for_both = ours.answer(for_proxy, challenged(for_proxy, Challenge("gateway", "g1")))
    assert for_both is not None
    proved = [credentials(for_both, name) for name in ("Proxy-Authorization", "Authorization")]
    assert [(each.realm, each.nonce, each.nonce_count) for each in proved] == [
        ("proxy", "p1", "00000002"),
        ("gateway", "g1", "00000001"),
    ]
    assert for_both.cseq.number == 3


def test_a_later_request_uses_the_nonce_again_with_the_next_count():
    ours, first = answers(), request()
    assert ours.answer(first, challenged(first, Challenge("r", "n1"))) is not None
    later = request(cseq=9)
    ours.begin(later)
    assert credentials(later).nonce_count == "00000002"


def test_the_password_is_not_in_the_representation():
    assert "secret" not in repr(LOGIN)
