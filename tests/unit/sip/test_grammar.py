from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sip.errors import MalformedValue, UsageError
from sip.grammar import (
    Parameters,
    check_field_value,
    field_value_flaw,
    is_digits,
    is_token,
    quote,
    quoted_end,
    split_list,
    unquote,
)

no_line_break = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]))


def test_token_has_every_character_of_the_grammar_and_no_other():
    allowed = {chr(code) for code in range(256) if is_token(chr(code))}
    letters = {*"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"}
    assert allowed == letters | {*"-.!%*_+`'~"}
    assert not is_token("")


def test_digits_of_other_scripts_are_no_digits():
    assert is_digits("0123456789")
    assert not is_digits("\u0661")
    assert not is_digits("")
    assert not is_digits("1" * 11)


@given(no_line_break)
def test_unquote_undoes_quote(text):
    assert unquote(quote(text)) == text
    assert quoted_end(quote(text) + "<") == len(quote(text))
    assert field_value_flaw(quote(text)) is None


@pytest.mark.parametrize("text", ["a\rb", "a\nb"])
def test_line_break_cannot_be_quoted(text):
    with pytest.raises(UsageError, match="line break"):
        quote(text)


def test_text_without_quotes_is_not_unquoted():
    assert unquote(r"a\b") == r"a\b"
    assert unquote('"') == '"'


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", [""]),
        ("a", ["a"]),
        (" a , b ", ["a", "b"]),
        ("a,,b", ["a", "", "b"]),
        ('"a,b" <sip:c@d>, e', ['"a,b" <sip:c@d>', "e"]),
        (r'"a\",b",c', [r'"a\",b"', "c"]),
        ("<sip:a,b@c>,d", ["<sip:a,b@c>", "d"]),
        ('"<" <sip:a>,b', ['"<" <sip:a>', "b"]),
    ],
)
def test_list_is_split_outside_quotes_and_brackets(text, pieces):
    assert split_list(text) == pieces


@pytest.mark.parametrize("text", ['a,"b', "a,<b", '"a\\",b'])
def test_unbalanced_list_is_refused(text):
    with pytest.raises(MalformedValue, match="balance"):
        split_list(text)


@pytest.mark.parametrize(
    ("value", "flaw"),
    [
        ("a\rb", "CR or LF"),
        ("a\nb", "CR or LF"),
        ("a\0b", "NUL"),
        ('"a\0b"', "NUL"),
        ('"\\\\\0"', "NUL"),
        ('"a\\\0', "NUL"),
        ("\ud800", "surrogate"),
    ],
)
def test_value_that_would_leave_its_line_is_refused(value, flaw):
    with pytest.raises(UsageError, match=flaw):
        check_field_value(value, "header X")


@pytest.mark.parametrize("value", ["", "a\tb", "\xe9", "\udcff", '"NUL:\\\0"', 'x "\\\0" y'])
def test_value_that_stays_in_its_line_is_accepted(value):
    check_field_value(value, "header X")


def test_parameters_ignore_the_case_of_names_and_white_space():
    parameters = Parameters.parse(' ; Tag = abc;lr ; text = "a;b\\"c" ')
    assert parameters.get("tag") == "abc"
    assert parameters.get("TAG") == "abc"
    assert parameters.get("lr") == ""
    assert parameters.get("text") == 'a;b"c'
    assert parameters.get("none") is None
    assert parameters.get("none", "x") == "x"
    assert "LR" in parameters
    assert str(parameters) == ';Tag=abc;lr;text="a;b\\"c"'


@pytest.mark.parametrize(("text", "printed"), [(";", ""), (";a;", ";a"), (' ;a=1 ;b="x" ; ', ';a=1;b="x"')])
def test_one_semicolon_too_many_at_the_end_is_borne(text: str, printed: str):
    assert str(Parameters.parse(text)) == printed


@pytest.mark.parametrize(
    "text",
    [
        "x",
        ";;",
        ";;a",
        ";a;;",
        ";a=",
        ";=a",
        ";a=b=,",
        ';a="b',
        ";a b",
        ";a;A",
        ';a="b"c',
        ";\x16=a",
        ";a=b c",
    ],
)
def test_broken_parameters_are_refused(text):
    with pytest.raises(MalformedValue):
        Parameters.parse(text)


def test_parameters_change_by_copy():
    first = Parameters.parse(";a=1;b=2")
    assert str(first.with_value("A", "3")) == ";a=3;b=2"
    assert str(first.with_value("c", None)) == ";a=1;b=2;c"
    assert str(first.without("A")) == ";b=2"
    assert str(first) == ";a=1;b=2"
    assert list(first) == [("a", "1"), ("b", "2")]
    assert not Parameters()


def test_parameters_of_plain_text_are_quoted_where_they_must_be():
    parameters = Parameters.of([("cause", "16"), ("text", 'He said "bye"; twice'), ("lr", None)])
    assert str(parameters) == ';cause=16;text="He said \\"bye\\"; twice";lr'
    assert Parameters.parse(str(parameters)).get("text") == 'He said "bye"; twice'


def test_parameter_name_of_ours_must_be_a_token():
    with pytest.raises(UsageError, match="token"):
        Parameters().with_value("a;b", "c")
