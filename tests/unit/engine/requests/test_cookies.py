"""Cookies of one call: what comes back, where to, and how much of it."""

from __future__ import annotations

from http.cookies import SimpleCookie

from yarl import URL

from engine.requests.cookies import LONGEST_COOKIE, MOST_COOKIES, Cookies

APPLICATION = URL("http://127.0.0.1:9000/voice")


def given(*lines: str) -> Cookies:
    """Return the cookies of a call whose application has set these."""
    cookies = Cookies()
    for line in lines:
        cookies.receive(APPLICATION, SimpleCookie(line))
    return cookies


async def test_a_session_comes_back_as_it_was_written():
    cookies = given("session=eyJhIjoxfQ.Z1==; Path=/; HttpOnly", 'quoted="a b"')
    assert cookies.header(URL("http://127.0.0.1:9000/menu?x=1")) == 'session=eyJhIjoxfQ.Z1==; quoted="a b"'


async def test_a_later_value_takes_the_place_of_an_earlier_one():
    assert given("session=1", "session=2").header(APPLICATION) == "session=2"


async def test_a_cookie_that_has_expired_is_forgotten():
    assert given("session=1", "session=1; Max-Age=0").header(APPLICATION) == ""


async def test_another_host_another_path_and_plain_http_get_nothing_that_is_not_theirs():
    cookies = given("here=1; Path=/menu", "private=1; Secure")
    assert cookies.header(URL("http://127.0.0.2:9000/menu")) == ""
    assert cookies.header(APPLICATION) == ""
    assert cookies.header(URL("http://127.0.0.1:9000/menu")) == "here=1"


async def test_a_host_without_cookies_is_sent_no_header():
    assert Cookies().header(APPLICATION) == ""


async def test_a_cookie_that_is_too_long_and_those_beyond_fifty_are_left_out():
    cookies = given(f"long={'x' * LONGEST_COOKIE}", *(f"c{number}=1" for number in range(MOST_COOKIES + 5)))
    kept = cookies.header(APPLICATION).split("; ")
    assert len(kept) == MOST_COOKIES
    assert "long" not in cookies.header(APPLICATION)
