from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import MalformedValue, UsageError
from sip.headers import COMPACT_FORMS, Headers, header_key


def test_names_compare_without_case_and_in_long_form():
    headers = Headers([("VIA", "1"), ("v", "2"), ("X-Own", "3")])
    assert headers.get("Via") == "1"
    assert headers.lines("vIa") == ["1", "2"]
    assert headers.get("x-own") == "3"
    assert headers.count("via") == 2
    assert "V" in headers
    assert "To" not in headers
    assert headers.get("To") is None
    assert headers.get("To", "x") == "x"


@pytest.mark.parametrize(("compact", "key"), COMPACT_FORMS.items())
def test_compact_form_names_the_long_header(compact, key):
    assert header_key(compact) == header_key(compact.upper()) == header_key(key.title()) == key


def test_iteration_keeps_order_and_spelling():
    fields = [("t", "a"), ("X-Own", "b"), ("FROM", "c")]
    headers = Headers(fields)
    assert list(headers) == fields
    assert list(headers.keyed()) == [("to", "a"), ("x-own", "b"), ("from", "c")]
    assert len(headers) == 3
    assert repr(headers) == "Headers([('t', 'a'), ('X-Own', 'b'), ('FROM', 'c')])"


def test_get_all_splits_lists_only():
    headers = Headers(
        [("Via", "a, b"), ("Via", "c"), ("Subject", "x, y"), ("Authorization", "Digest a=b, c=d")]
    )
    assert headers.get_all("v") == ["a", "b", "c"]
    assert headers.get_all("Subject") == ["x, y"]
    assert headers.get_all("Authorization") == ["Digest a=b, c=d"]
    assert headers.get_all("Route") == []


def test_empty_list_has_no_value():
    assert Headers([("Supported", "")]).get_all("Supported") == []


def test_unbalanced_list_is_malformed():
    with pytest.raises(MalformedValue):
        Headers([("Contact", 'a, "b')]).get_all("Contact")


def test_set_takes_the_place_of_the_first():
    headers = Headers([("a", "1"), ("To", "2"), ("b", "3"), ("t", "4")])
    headers.set("To", 5)
    headers.set("New", "6")
    assert list(headers) == [("a", "1"), ("To", "5"), ("b", "3"), ("New", "6")]


def test_insert_first_goes_before_the_others_of_its_name():
    headers = Headers([("From", "x"), ("Via", "1")])
    headers.insert_first("Via", "0")
    headers.insert_first("Record-Route", "r")
    assert list(headers) == [("Record-Route", "r"), ("From", "x"), ("Via", "0"), ("Via", "1")]


def test_first_value_of_a_shared_line_is_replaced_alone():
    headers = Headers([("Via", "a, b"), ("Via", "c")])
    headers.replace_first("Via", "A")
    assert headers.lines("Via") == ["A, b", "c"]
    with pytest.raises(UsageError, match="no header Route"):
        headers.replace_first("Route", "r")


def test_first_value_of_a_header_that_is_no_list_is_its_line():
    headers = Headers([("Subject", "a, b")])
    headers.replace_first("Subject", "c")
    assert headers.lines("Subject") == ["c"]


def test_remove_takes_all_of_a_name_and_none_is_fine():
    headers = Headers([("Via", "1"), ("To", "2"), ("v", "3")])
    headers.remove("Via")
    headers.remove("Via")
    assert list(headers) == [("To", "2")]


def test_copies_are_independent():
    first = Headers([("v", "1"), ("To", "2"), ("Via", "3")])
    second = first.copy()
    second.add("X", "4")
    third = Headers()
    third.copy_from(first, "To", "Via", "From")
    assert len(first) == 3
    assert list(third) == [("To", "2"), ("v", "1"), ("Via", "3")]


def test_equality_is_of_order_key_and_text():
    assert Headers([("v", "1")]) == Headers([("Via", "1")])
    assert Headers([("v", "1")]) != Headers([("v", "2")])
    assert Headers([("v", "1")]) != [("v", "1")]


@pytest.mark.parametrize("value", ["a\r\nX: b", "a\nb", "a\rb", "a\0b", "\ud800"])
@pytest.mark.parametrize("method", ["add", "set", "insert_first", "replace_first"])
def test_value_cannot_become_another_header(method, value):
    headers = Headers([("X", "sound")])
    with pytest.raises(UsageError, match="header X"):
        getattr(headers, method)("X", value)
    assert headers.lines("X") == ["sound"]


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\r\nb", "\xe9"])
def test_name_must_be_a_token(name):
    with pytest.raises(UsageError, match="token"):
        Headers([(name, "x")])


def test_structured_value_is_kept_until_a_field_changes():
    headers = Headers([("To", "x")])
    read: list[str | None] = []

    def parse(fields: Headers) -> str | None:
        read.append(fields.get("To"))
        return fields.get("To")

    assert headers.structured("To", parse) == headers.structured("To", parse) == "x"
    headers.set("To", "y")
    assert headers.structured("To", parse) == "y"
    assert read == ["x", "y"]


def test_failed_replacement_does_not_lose_the_cache_rule():
    headers = Headers([("To", "x")])
    assert headers.structured("To", lambda fields: fields.get("To")) == "x"
    with pytest.raises(UsageError):
        headers.replace_first("To", "a\nb")
    assert headers.structured("To", lambda fields: fields.get("To")) == "x"


NAMES = ["Via", "v", "To", "Route", "X-One", "x-one"]
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(["add", "set", "insert_first", "replace_first", "remove", "copy_from"]),
        st.sampled_from(NAMES),
        st.sampled_from(["1", "2"]),
    ),
    max_size=12,
)


@given(CHANGES)
def test_what_is_found_by_name_is_what_stands_there_after_any_changes(changes):
    headers = Headers([("Via", "0"), ("To", "0")])
    for change, name, value in changes:
        if change == "remove":
            headers.remove(name)
        elif change == "copy_from":
            headers.copy_from(Headers([(name, value), ("Other", "-"), (name, "3")]), name)
        elif change != "replace_first" or name in headers:
            getattr(headers, change)(name, value)
        for wanted in NAMES:
            standing = [text for key, text in headers.keyed() if key == header_key(wanted)]
            assert headers.lines(wanted) == standing
            assert headers.count(wanted) == len(standing)
        assert headers.repeats == (len({key for key, _ in headers.keyed()}) < len(headers))


@pytest.mark.parametrize("more", [[], [("Via", "3")]])
def test_fields_are_selected_in_the_order_of_the_keys_and_as_they_were_received(more):
    headers = Headers([("t", "1"), ("X", "2"), ("v", "2"), *more])
    assert list(headers.selected(("via", "cseq", "to"))) == [("v", "2"), *more, ("t", "1")]


def test_what_is_selected_changes_independently():
    headers = Headers([("To", "1")])
    selected = headers.selected(("to",))
    selected.set("To", "2")
    assert headers.get("To") == "1"
