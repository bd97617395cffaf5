import re

import pytest

from engine.routing import Application, NumberRoute, Refuse, Router, RunApplication, compile_pattern


def application(name: str) -> Application:
    return Application(voice_url=f"http://app.test/{name}")


def number(name: str, dialled: str) -> NumberRoute:
    return NumberRoute(application(name), number=dialled)


def pattern(name: str, regex: str) -> NumberRoute:
    return NumberRoute(application(name), pattern=regex)


def reached(router: Router, dialled: str, source: str = "192.0.2.1") -> str | int:
    match router.route(dialled, source):
        case RunApplication(found):
            return found.voice_url.rpartition("/")[2]
        case Refuse(status=status):
            return status


def test_a_number_is_found_exactly():
    router = Router([number("one", "1111")])
    assert reached(router, "1111") == "one"


def test_c25_a_number_is_found_with_and_without_its_plus_sign():
    router = Router([number("one", "1111"), number("two", "+2222")])
    assert reached(router, "+1111") == "one"
    assert reached(router, "2222") == "two"


def test_a08_a_number_without_its_country_code_is_not_found():
    router = Router([number("one", "+12349876543")])
    assert reached(router, "12349876543") == "one"
    assert reached(router, "2349876543") == 404


def test_an_exact_number_wins_over_a_pattern():
    router = Router([pattern("any", ".*"), number("one", "1111")])
    assert reached(router, "1111") == "one"


def test_the_longest_pattern_that_matches_wins():
    router = Router(
        [
            pattern("short", "\\+1.*"),
            pattern("long", "\\+1555.*"),
        ]
    )
    assert reached(router, "+15551234") == "long"
    assert reached(router, "+14441234") == "short"


def test_a_pattern_matches_in_full_or_not_at_all():
    router = Router([pattern("one", "999...")])
    assert reached(router, "999111") == "one"
    assert reached(router, "9991111") == 404


def test_app_takes_what_no_number_matches():
    router = Router([number("one", "1111")], default=application("app"))
    assert reached(router, "1111") == "one"
    assert reached(router, "whatever") == "app"


def test_without_anonymous_inbound_only_trunks_reach_a_number():
    router = Router(
        [number("one", "1111")],
        trusted_sources=["203.0.113.10/32", "2001:db8::/64"],
        anonymous_inbound=False,
    )
    assert reached(router, "1111", source="203.0.113.10") == "one"
    assert reached(router, "1111", source="2001:db8::7") == "one"
    assert reached(router, "1111", source="203.0.113.11") == 403
    assert reached(router, "1111", source="not an address") == 403


@pytest.mark.parametrize(
    ("row", "regex", "dialled"),
    [
        ("S01", "7777|8888", "7777"),
        ("S02", "7777|8888", "8888"),
        ("S04", "*7722233#", "*7722233#"),
        ("S05", "^[12]2233#$", "12233#"),
        ("S07", "^*222*...*...*500#$", "*222*888*999*500#"),
        ("S08", "^*222*...*...*500#$", "*222*333*444*500#"),
        ("S11", "999...", "999222"),
        ("S13", "*", "987654321"),
    ],
)
def test_patterns_as_people_write_them(row, regex, dialled):
    assert compile_pattern(regex).fullmatch(dialled), row


def test_a_leading_plus_is_the_plus_sign():
    assert compile_pattern("+1555.*").fullmatch("+15551230001")


def test_what_is_no_pattern_is_refused():
    with pytest.raises(re.error):
        compile_pattern("[")
