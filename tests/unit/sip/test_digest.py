from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.digest import (
    Challenge,
    Credentials,
    answer_challenge,
    best_challenge,
    parse_parameters,
    shared_secret,
)
from sip.errors import MalformedValue, SipError, UsageError

RFC_2617 = (
    'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
    'uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b", '
    'response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)
RFC_2069 = (
    'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
    'uri="/dir/index.html", response="670fd8c2df070c60b045671b8b24ff02"'
)
RFC_7616 = (
    'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, '
    'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, response="{}", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
MD5_RESPONSE = "8ca523f5e9506fed4657c9700eebdbec"
SHA_256_RESPONSE = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"

VECTORS = {
    "RFC 2617 3.5": (RFC_2617, "Circle Of Life"),
    "RFC 2069, no qop": (RFC_2069, "Circle Of Life"),
    "RFC 7616 3.9.1 MD5": (RFC_7616.format("MD5", MD5_RESPONSE), "Circle of Life"),
    "RFC 7616 3.9.1 SHA-256": (RFC_7616.format("SHA-256", SHA_256_RESPONSE), "Circle of Life"),
}


def credentials(text: str) -> Credentials:
    parsed = Credentials.parse(text)
    assert parsed is not None
    return parsed


@pytest.mark.parametrize("vector", VECTORS)
def test_response_of_the_rfc_is_accepted_and_no_other(vector):
    text, password = VECTORS[vector]
    given_ = credentials(text)
    secret = shared_secret("Mufasa", given_.realm, password, given_.algorithm)
    assert given_.verify("GET", secret)
    assert not given_.verify("PUT", secret)
    assert not given_.verify("GET", shared_secret("Mufasa", given_.realm, "wrong", given_.algorithm))
    assert not replace(given_, uri="/other").verify("GET", secret)
    assert not replace(given_, nonce="other").verify("GET", secret)


@pytest.mark.parametrize(("algorithm", "response"), [("MD5", MD5_RESPONSE), ("SHA-256", SHA_256_RESPONSE)])
def test_answer_to_the_challenge_of_rfc_7616(algorithm, response):
    challenge = Challenge.parse(
        'Digest realm="http-auth@example.org", qop="auth, auth-int", '
        f'algorithm={algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    assert challenge is not None
    answer = answer_challenge(
        challenge,
        "GET",
        "/dir/index.html",
        "Mufasa",
        "Circle of Life",
        cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    )
    assert answer.response == response
    assert credentials(str(answer)) == answer
    assert credentials(RFC_7616.format(algorithm, response)) == answer


@pytest.mark.parametrize(
    ("algorithm", "function"), [("MD5-sess", hashlib.md5), ("SHA-256-sess", hashlib.sha256)]
)
def test_session_algorithms(algorithm, function):
    def digest(text: str) -> str:
        return str(function(text.encode()).hexdigest())

    challenge = Challenge("r", "n", algorithm)
    answer = answer_challenge(challenge, "REGISTER", "sip:r", "u", "p", cnonce="c", count=255)
    a1 = digest(digest("u:r:p") + ":n:c")
    assert answer.nonce_count == "000000ff"
    assert answer.response == digest(f"{a1}:n:000000ff:c:auth:{digest('REGISTER:sip:r')}")
    assert answer.verify("REGISTER", shared_secret("u", "r", "p", algorithm))


def test_auth_int_covers_the_body():
    text = RFC_2617.replace("qop=auth,", "qop=auth-int,")
    secret = shared_secret("Mufasa", "testrealm@host.com", "Circle Of Life")
    a2 = hashlib.md5(b"GET:/dir/index.html:" + hashlib.md5(b"body").hexdigest().encode()).hexdigest()
    response = hashlib.md5(
        f"{secret}:dcd98b7102dd2f0e8b11d0f600bfb0c093:00000001:0a4f113b:auth-int:{a2}".encode()
    ).hexdigest()
    given_ = replace(credentials(text), response=response)
    assert given_.verify("GET", secret, body=b"body")
    assert not given_.verify("GET", secret, body=b"other")


def test_challenge_without_qop_is_answered_as_rfc_2069():
    challenge = Challenge.parse(
        'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
    )
    assert challenge is not None
    answer = answer_challenge(challenge, "GET", "/dir/index.html", "Mufasa", "Circle Of Life", cnonce="x")
    assert str(answer) == RFC_2069.replace('02"', '02", algorithm=MD5')


def test_challenge_prints_and_parses():
    challenge = Challenge('say "hi"', "n", "SHA-256", ("auth",), opaque="o", stale=True)
    text = 'Digest realm="say \\"hi\\"", nonce="n", opaque="o", algorithm=SHA-256, qop="auth", stale=true'
    assert str(challenge) == text
    assert Challenge.parse(text) == challenge


def test_strongest_usable_challenge_is_chosen():
    md5, sha, odd = Challenge("a", "1"), Challenge("b", "2", "sha-256"), Challenge("c", "3", "SHA-512-256")
    integrity = Challenge("d", "4", "SHA-256", ("auth-int",))
    assert best_challenge([odd, integrity, md5, sha]) is sha
    assert best_challenge([odd, md5]) is md5
    assert best_challenge([odd, integrity]) is None
    with pytest.raises(UsageError, match="SHA-512-256"):
        answer_challenge(odd, "GET", "/", "u", "p", cnonce="c")


@pytest.mark.parametrize("parse", [Challenge.parse, Credentials.parse])
@pytest.mark.parametrize(
    "text",
    ["NoOneKnowsThisScheme opaque-data=here", 'Basic realm="x"', "Basic dXNlcjpwYXNz==", "Bearer x,,y"],
)
def test_other_schemes_are_not_ours(parse, text):
    assert parse(text) is None


def test_parameters_in_any_case_order_and_spacing():
    parameters = parse_parameters(' digest  REALM = "a, b" ,nc=00000001,, stale=TRUE ,')
    assert parameters == {"realm": "a, b", "nc": "00000001", "stale": "TRUE"}


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (Challenge.parse, 'Digest realm="a"'),
        (Challenge.parse, 'Digest nonce="a"'),
        (Credentials.parse, 'Digest username="a"'),
        (Credentials.parse, RFC_2617.replace("nc=00000001", "nc=1")),
        (Credentials.parse, RFC_2617.replace(', cnonce="0a4f113b"', "")),
        (Credentials.parse, RFC_2617 + ', realm="again"'),
        (Credentials.parse, RFC_2617 + ", x"),
        (Credentials.parse, ""),
    ],
)
def test_incomplete_digest_is_malformed(parse, text):
    with pytest.raises(MalformedValue):
        parse(text)


@pytest.mark.parametrize(
    "changed", [{"algorithm": "SHA-1"}, {"qop": "auth-conf"}, {"response": "\udcff"}, {"response": ""}]
)
def test_what_we_do_not_know_is_never_right(changed):
    given_ = replace(credentials(RFC_2617), **changed)
    assert not given_.verify("GET", shared_secret("Mufasa", "testrealm@host.com", "Circle Of Life"))


def test_values_of_ours_cannot_break_out():
    with pytest.raises(UsageError):
        str(Challenge("a\r\nX: y", "n"))
    with pytest.raises(UsageError, match="algorithm"):
        str(Challenge("a", "n", "MD5, x=y"))
    with pytest.raises(UsageError, match="SHA-1"):
        shared_secret("u", "r", "p", "SHA-1")


@given(st.text(alphabet=st.sampled_from('Digestrealmnonce="\\, \t\xe9'), max_size=80))
def test_any_text_is_read_or_refused(text):
    for parse in (Challenge.parse, Credentials.parse):
        try:
            parse("Digest " + text)
        except SipError:
            continue


@given(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=30))
def test_any_username_and_realm_survive(text):
    answer = answer_challenge(Challenge(text, "n"), "REGISTER", "sip:a", text, "p", cnonce="c")
    assert credentials(str(answer)) == answer
    assert answer.verify("REGISTER", shared_secret(text, text, "p"))
