"""Number: rows of rcml.md 5.8."""

import pytest

from rcml.dialling import NumberTarget
from rcml.nouns.number import Number
from rcml.parser import parse_xml
from rcml.verbs.dial import Dial


def read(noun: str) -> tuple[Number, list[int]]:
    document = parse_xml(f"<Dial>{noun}</Dial>", "http://app.test/")
    (dial,) = document.verbs
    assert isinstance(dial, Dial)
    (number,) = dial.nouns
    assert isinstance(number, Number)
    return number, [warning.code for warning in document.warnings]


def test_a_number_is_rung_with_its_headers():
    number, codes = read("<Number>+131313?X-Custom-Header1=1234&X-Custom-Header2=4321</Number>")
    assert codes == []
    assert number.target() == NumberTarget(
        number="+131313", headers=(("X-Custom-Header1", "1234"), ("X-Custom-Header2", "4321"))
    )


@pytest.mark.parametrize(("written", "keys"), [("1234", "1234"), ("ww12#w*D", "ww12#w*D"), ("W1", "ww1")])
def test_digits_are_sent_to_the_callee(written: str, keys: str):
    number, codes = read(f'<Number sendDigits="{written}">100</Number>')
    assert (number.target(), codes) == (NumberTarget(number="100", send_digits=keys), [])


def test_invalid_digits_are_not_sent_with_warning_13222():
    number, codes = read('<Number sendDigits="call">100</Number>')
    assert (number.target(), codes) == (NumberTarget(number="100"), [13222])


def test_what_is_no_number_is_nobody_with_warning_13223():
    number, codes = read("<Number>bob</Number>")
    assert (number.target(), codes) == (None, [13223, 12200])
