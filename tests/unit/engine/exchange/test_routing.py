import pytest

from engine.exchange.routing import (
    Application,
    Caller,
    ClientCaller,
    Decision,
    NumberRoute,
    Ourselves,
    ProveIdentity,
    Refuse,
    RingClient,
    Router,
    RunApplication,
    Stranger,
    TrunkCaller,
    UseTrunk,
)
from engine.exchange.trunks import Trunk, TrunkDirectory
from sip.uri import SipUri

STRANGER = Stranger("192.0.2.1")
CARRIER = Trunk(name="carrier", uri=SipUri.parse("sip:203.0.113.10"), prefixes=("+",))
PBX = Trunk(name="pbx", uri=SipUri.parse("sip:203.0.113.20"), prefixes=("+49",))
TRUNKS = TrunkDirectory((CARRIER, PBX))


def application(name: str) -> Application:
    return Application(voice_url=f"http://app.test/{name}")


def number(name: str, dialled: str) -> NumberRoute:
    return NumberRoute(application(name), number=dialled)


def pattern(name: str, regex: str) -> NumberRoute:
    return NumberRoute(application(name), pattern=regex)


def reached(router: Router, dialled: str, caller: Caller = STRANGER) -> str | int | Decision:
    match router.route(dialled, caller):
        case RunApplication(found):
            return found.voice_url.rpartition("/")[2]
        case Refuse(status=status):
            return status
        case other:
            return other


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


def house(**changes) -> Router:
    """One number, one registered client, two trunks."""
    fields = {
        "routes": [number("one", "1111")],
        "registered": lambda login: login == "bob",
        "trunks": TRUNKS,
        "asks_for_credentials": True,
    }
    return Router(**{**fields, **changes})


@pytest.mark.parametrize("dialled", ["bob", "nobody", "+4930", "9999"])
def test_t7_whatever_is_no_number_asks_a_stranger_for_credentials(dialled):
    assert reached(house(), dialled) == ProveIdentity()
    assert reached(house(asks_for_credentials=False), dialled) == 404
    assert reached(house(default=application("app")), dialled) == "app"


def test_without_anonymous_inbound_a_stranger_reaches_nothing():
    assert reached(house(anonymous_inbound=False), "1111") == ProveIdentity()
    assert reached(house(anonymous_inbound=False, asks_for_credentials=False), "1111") == 403
    app = application("app")
    assert reached(house(anonymous_inbound=False, asks_for_credentials=False, default=app), "9") == 403


@pytest.mark.parametrize("caller", [TrunkCaller(CARRIER), ClientCaller("alice")])
def test_q01_q07_trunks_and_clients_reach_numbers_and_registered_clients(caller):
    closed = house(anonymous_inbound=False)
    assert reached(closed, "1111", caller) == "one"
    assert reached(closed, "bob", caller) == RingClient("bob")
    assert reached(closed, "carol", caller) == 404
    assert reached(house(default=application("app")), "carol", caller) == "app"


def test_a_number_wins_over_a_login():
    assert reached(house(routes=[number("bobs", "bob")]), "bob", ClientCaller("alice")) == "bobs"


def test_q04_only_a_client_dials_out_by_the_longest_prefix():
    assert reached(house(), "+4930", ClientCaller("alice")) == UseTrunk("+4930", (PBX, CARRIER))
    assert reached(house(), "+4930", TrunkCaller(CARRIER)) == 404


def test_q13_a_client_with_an_application_reaches_that_alone():
    hosted = ClientCaller("alice", application("own"))
    assert [reached(house(), dialled, hosted) for dialled in ("1111", "bob", "+4930", "9")] == ["own"] * 4


def test_a_phone_in_a_trunks_network_is_asked_before_it_is_refused():
    shared = TrunkCaller(CARRIER, claims="alice")
    assert reached(house(), "1111", shared) == "one"
    assert reached(house(), "+4930", shared) == ProveIdentity()


def led(router: Router, dialled: str) -> str | int | tuple[str, ...]:
    """Where a number leads that we ring ourselves: an application, a refusal's status, or trunks."""
    match router.route_own(dialled):
        case RunApplication(found):
            return found.voice_url.rpartition("/")[2]
        case UseTrunk(_, trunks):
            return tuple(trunk.name for trunk in trunks)
        case Refuse(status=status):
            return status


@pytest.mark.parametrize("dialled", ["+15550001", "15550001"])
def test_a_number_of_our_own_is_reached_here_and_costs_no_carrier_anything(dialled):
    assert led(Router([number("sales", "+15550001")], trunks=TRUNKS), dialled) == "sales"


@pytest.mark.parametrize(
    ("regex", "dialled", "leads_to"),
    [
        (r"\+1555.*", "+15550001", "block"),
        (r"\+1555.*", "+16660001", ("carrier",)),
        # The catch-all takes what comes in, and must not keep what is to go out.
        (".*", "+15550001", ("carrier",)),
        ("*", "+15550001", ("carrier",)),
        (r"\+.*", "+15550001", ("carrier",)),
        (r"\+4.*", "+4930", ("pbx", "carrier")),
        (r"\+4930.*", "+4930", "block"),
        # No trunk takes these.
        (".*", "2000", "block"),
        ("[12]000", "2000", "block"),
    ],
)
def test_of_a_pattern_and_a_trunk_the_one_that_knows_more_of_the_number_has_it(regex, dialled, leads_to):
    assert led(Router([pattern("block", regex)], trunks=TRUNKS), dialled) == leads_to


def test_the_application_of_what_matches_no_number_is_dialled_by_nobody_here():
    router = Router(default=application("any"), trunks=TRUNKS)
    assert led(router, "+4930") == ("pbx", "carrier")
    assert led(router, "2000") == 404


def test_what_neither_a_number_nor_a_trunk_takes_names_both_cures():
    refusal = Router([number("one", "1111")]).route_own("2222")
    assert isinstance(refusal, Refuse)
    assert "'2222'" in refusal.reason
    assert "[[trunks]]" in refusal.reason
    assert "[[numbers]]" in refusal.reason


def test_a_number_of_a_closed_account_is_refused_and_not_sought_elsewhere():
    closed = NumberRoute(application("gone"), number="+15550001", refusal="the account is closed")
    assert Router([closed], trunks=TRUNKS).route_own("+15550001") == Refuse(403, "the account is closed")


def test_our_own_call_reaches_numbers_alone_also_where_strangers_reach_none():
    router = Router(
        [number("one", "1111")],
        default=application("any"),
        anonymous_inbound=False,
        registered=lambda login: login == "bob",
        trunks=TRUNKS,
    )
    assert reached(router, "1111", Ourselves()) == "one"
    assert [reached(router, dialled, Ourselves()) for dialled in ("bob", "+4930", "2222")] == [404, 404, 404]
