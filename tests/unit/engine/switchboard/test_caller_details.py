import pytest

from engine.exchange.routing import Caller, Stranger, TrunkCaller
from engine.exchange.trunks import Trunk
from engine.switchboard.caller_details import CallerDetails
from sip.uri import SipUri
from tests.testkit.sip_messages import request

STRANGER = Stranger("192.0.2.1")
CARRIER = TrunkCaller(Trunk(name="carrier", uri=SipUri("carrier.example.com")))


def details(uri: str = "sip:bob@example.com", who: Caller = STRANGER, **headers: str) -> CallerDetails:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return CallerDetails(request("INVITE", uri, headers=fields), who)


@pytest.mark.parametrize(
    ("user", "number"),
    [
        ("+12155551212", "+12155551212"),
        ("+12155551212;verstat=TN-Validation-Passed", "+12155551212"),
        ("+12155551212;npdi;rn=+12155550000", "+12155551212"),
        ("2155551212;phone-context=+1", "2155551212"),
        ("*21%23;cpc=payphone", "*21#"),
        ("bob;home", "bob;home"),
        ("%3Bbob", ";bob"),
    ],
)
def test_a_telephone_number_is_told_without_what_carriers_write_behind_it(user: str, number: str):
    told = details(f"sip:{user}@example.com;user=phone", From=f"<sip:{user}@carrier.example.com>;tag=a")
    assert (told.dialled, told.from_) == (number, number)


def test_who_hides_is_known_by_the_number_that_the_trunk_vouches_for():
    told = details(
        who=CARRIER,
        From="<sip:anonymous@anonymous.invalid>;tag=a",
        P_Asserted_Identity="<sip:+12155551212;verstat=TN-Validation-Passed@carrier.example.com;user=phone>",
    )
    assert told.from_ == "+12155551212"


def test_who_was_called_first_is_told_without_parameters():
    told = details(Diversion="<sip:+12155550000;cpc=ordinary@carrier.example.com>;reason=no-answer")
    assert told.forwarded_from == "+12155550000"


@pytest.mark.parametrize(
    "diversion", ["+12155550000", "<sip:+12155550000@>", '"x <sip:a@b>', "unknown;reason=x"]
)
def test_a_diversion_that_cannot_be_read_tells_nothing_and_costs_no_call(diversion: str):
    assert details(Diversion=diversion).forwarded_from == ""


HISTORY = "<sip:+12155550000@carrier.example.com>;index=1, <sip:bob@example.com;cause=486>;index=1.1;mp=1"


def test_history_info_tells_who_was_called_where_no_diversion_does():
    assert details(History_Info=HISTORY).forwarded_from == "+12155550000"
    assert details(History_Info=HISTORY, Diversion="<sip:+1999@c>;reason=away").forwarded_from == "+1999"


@pytest.mark.parametrize("history", ["nothing", "<sip:a@b", HISTORY.replace("carrier.example.com", "?")])
def test_a_history_that_cannot_be_read_tells_nothing_and_costs_no_call(history: str):
    assert details(History_Info=history).forwarded_from == ""
