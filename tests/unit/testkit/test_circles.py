from __future__ import annotations

from tests.testkit.circles import circles


def test_files_in_an_order_leave_nothing():
    assert circles({"top": {"middle", "bottom"}, "middle": {"bottom"}, "bottom": set()}) == {}


def test_a_circle_is_left_without_those_who_only_use_it_or_are_used_by_it():
    imports = {"user": {"one"}, "one": {"two", "used"}, "two": {"one"}, "used": set[str]()}
    assert circles(imports) == {"one": {"two"}, "two": {"one"}}


def test_what_is_not_ours_is_in_no_circle():
    assert circles({"one": {"asyncio"}, "two": {"asyncio", "one"}}) == {}
