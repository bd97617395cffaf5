from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.nonce import NonceIssuer, NonceVerdict

KEY = b"k" * 32


def test_nonce_is_good_until_its_lifetime_ends():
    issuer = NonceIssuer(KEY, lifetime=60)
    nonce = issuer.issue(100.0, "token")
    assert issuer.judge(nonce, 1, 100.0) is NonceVerdict.GOOD
    assert issuer.judge(nonce, 1, 160.0) is NonceVerdict.GOOD
    assert issuer.judge(nonce, 1, 160.1) is NonceVerdict.STALE
    assert issuer.judge(nonce, 1, 99.0) is NonceVerdict.STALE


def test_count_must_grow():
    issuer = NonceIssuer(KEY)
    nonce = issuer.issue(0.0, "token")
    issuer.accept(nonce, 2)
    assert issuer.judge(nonce, 1, 1.0) is NonceVerdict.REPLAYED
    assert issuer.judge(nonce, 2, 1.0) is NonceVerdict.REPLAYED
    assert issuer.judge(nonce, 3, 1.0) is NonceVerdict.GOOD
    issuer.accept(nonce, 1)
    assert issuer.judge(nonce, 2, 1.0) is NonceVerdict.REPLAYED


def test_without_qop_a_nonce_serves_once():
    issuer = NonceIssuer(KEY)
    nonce = issuer.issue(0.0, "token")
    assert issuer.judge(nonce, None, 1.0) is NonceVerdict.GOOD
    issuer.accept(nonce, None)
    assert issuer.judge(nonce, None, 1.0) is NonceVerdict.REPLAYED


def test_judging_remembers_nothing():
    issuer = NonceIssuer(KEY)
    nonce = issuer.issue(0.0, "token")
    assert [issuer.judge(nonce, 1, 1.0) for _ in range(3)] == [NonceVerdict.GOOD] * 3


def test_another_process_with_the_same_key_knows_the_nonce():
    nonce = NonceIssuer(KEY).issue(0.0, "token")
    assert NonceIssuer(KEY).judge(nonce, 1, 1.0) is NonceVerdict.GOOD
    assert NonceIssuer(b"other").judge(nonce, 1, 1.0) is NonceVerdict.FOREIGN


def test_forgotten_nonce_cannot_be_replayed():
    issuer = NonceIssuer(KEY, remembered=2)
    nonces = [issuer.issue(float(at), f"token {at}") for at in range(4)]
    for nonce in nonces[:3]:
        issuer.accept(nonce, 1)
    assert issuer.judge(nonces[0], 2, 4.0) is NonceVerdict.STALE
    assert issuer.judge(nonces[1], 1, 4.0) is NonceVerdict.REPLAYED
    assert issuer.judge(nonces[1], 2, 4.0) is NonceVerdict.GOOD
    assert issuer.judge(nonces[3], 1, 4.0) is NonceVerdict.GOOD


def test_nonces_of_one_moment_differ():
    issuer = NonceIssuer(KEY)
    assert issuer.issue(0.0, "a") != issuer.issue(0.0, "b")
    assert issuer.issue(0.0, "a") == issuer.issue(0.0, "a")


@given(st.integers(0, 47), st.sampled_from("Aa0-_"))
def test_changed_nonce_is_foreign(place, character):
    issuer = NonceIssuer(KEY)
    nonce = issuer.issue(0.0, "token")
    changed = nonce[:place] + character + nonce[place + 1 :]
    if changed != nonce:
        assert issuer.judge(changed, 1, 0.0) is NonceVerdict.FOREIGN


@pytest.mark.parametrize("nonce", ["", "x", "\xe9" * 48, "=" * 48, "!" * 48, "A" * 48, "A" * 100_000])
def test_text_that_is_no_nonce_is_foreign(nonce):
    issuer = NonceIssuer(KEY)
    assert issuer.judge(nonce, 1, 0.0) is NonceVerdict.FOREIGN
    issuer.accept(nonce, 1)
    assert issuer.judge(nonce, 1, 0.0) is NonceVerdict.FOREIGN
