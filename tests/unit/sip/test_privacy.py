import pytest

from sip.privacy import hides_caller, is_anonymous
from tests.testkit.sip_messages import request

HIDDEN = "<sip:anonymous@anonymous.invalid>;tag=a"


@pytest.mark.parametrize(
    ("from_", "anonymous"),
    [
        (HIDDEN, True),
        ('"Anonymous" <sip:Anonymous@carrier.example.com>;tag=a', True),
        ("<sip:c8oqz84zk7z@anonymous.invalid>;tag=a", True),
        ("<sip:anna@example.com>;tag=a", False),
        ("<tel:+4930>;tag=a", False),
    ],
)
def test_an_address_may_name_nobody(from_: str, anonymous: bool):
    assert is_anonymous(request(headers={"From": from_}).from_) is anonymous


@pytest.mark.parametrize(
    ("headers", "hidden"),
    [
        ({}, False),
        ({"From": HIDDEN}, True),
        ({"Privacy": "id"}, True),
        ({"Privacy": "header; user; id; critical"}, True),
        ({"Privacy": "none"}, False),
        ({"Privacy": "history"}, False),
        ({"Remote-Party-ID": "<sip:+4930@carrier>;party=calling;privacy=full"}, True),
        ({"Remote-Party-ID": "<sip:+4930@carrier>;party=calling;privacy=off"}, False),
        ({"Remote-Party-ID": "<sip:+4930"}, False),
    ],
)
def test_a_caller_hides_in_one_of_several_headers(headers: dict[str, str], hidden: bool):
    assert hides_caller(request(headers=headers)) is hidden
