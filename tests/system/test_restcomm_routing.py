"""Rows C25 and S of the Restcomm catalogue: which number an INVITE reaches."""

from urllib.parse import quote

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.phone import Phones

REJECT = '<Response><Reject reason="busy"/></Response>'
PATTERNS = {
    "/s01": "7777|8888",
    "/s04": "^*77...33#$",
    "/s05": "^[12]2233#$",
    "/s07": "^*222*...*...*500#$",
    "/s10": "[45]234[23]",
    "/s11": "999...",
    "/s13": "*",
}


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    plain = [{"number": "+3333", "voice_url": port.url("/3333")}]
    return [*plain, *({"regex": regex, "voice_url": port.url(path)} for path, regex in PATTERNS.items())]


@pytest.mark.parametrize(("dialled", "path"), [("+1111", "/1111"), ("3333", "/3333"), ("+3333", "/3333")])
async def test_c25_the_plus_sign_may_be_missing_on_either_side(
    phones: Phones, application: FakeApplication, dialled: str, path: str
):
    application.answer(path, REJECT)
    call = await phones.dial(dialled)
    assert (await call.refused()).status == 486
    assert [request.path for request in application.requests] == [path]


@pytest.mark.parametrize(
    ("row", "dialled", "path"),
    [
        ("S01", "7777", "/s01"),
        ("S02", "8888", "/s01"),
        ("S04", "*7722233#", "/s04"),
        ("S05", "12233#", "/s05"),
        ("S05", "22233#", "/s05"),
        ("S07", "*222*888*999*500#", "/s07"),
        ("S08", "*222*333*444*500#", "/s07"),
        ("S10", "52343", "/s10"),
        ("S10", "42342", "/s10"),
        ("S11", "999111", "/s11"),
        ("S11", "999222", "/s11"),
        ("S13", "987654321", "/s13"),
        ("S13", "+442071234567", "/s13"),
    ],
)
async def test_s01_to_s13_a_pattern_takes_the_numbers_it_matches_in_full(
    phones: Phones, application: FakeApplication, row: str, dialled: str, path: str
):
    application.answer(path, REJECT)
    # A hash has no place in a URI's user part, and travels escaped (RFC 3261 section 25.1).
    call = await phones.dial(quote(dialled, safe="+*"))
    assert (await call.refused()).status == 486
    assert [request.path for request in application.requests] == [path], row
    assert application.requests[0]["To"] == dialled


async def test_s_a_number_wins_over_every_pattern(phones: Phones, application: FakeApplication):
    application.answer("/1111", REJECT)
    call = await phones.dial("1111")
    assert (await call.refused()).status == 486
    assert [request.path for request in application.requests] == ["/1111"]
