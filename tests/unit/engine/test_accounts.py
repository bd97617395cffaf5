import pytest

from engine.accounts import AccountTree
from engine.exchange.routing import Application, NumberRoute, Refuse, Router, RunApplication, Stranger
from engine.requests.behalf import Behalf, acting_for, current
from engine.store import AccountRow


def account(sid: str, parent: str | None = None, status: str = "active") -> AccountRow:
    return AccountRow(sid=sid, auth_token=f"token of {sid}", parent_sid=parent, status=status)


ROOT = account("root")
TREE = AccountTree(
    [ROOT, account("shop", "root"), account("till", "shop"), account("bar", "root", "suspended")], ROOT
)


@pytest.mark.parametrize(
    ("of_application", "of_caller", "owner"),
    [
        ("root", "", "root"),
        ("", "shop", "shop"),
        ("", "", ""),
        ("root", "till", "till"),
        ("shop", "shop", "shop"),
        ("till", "shop", "till"),
        ("bar", "shop", "bar"),
        ("root", "unknown", "root"),
    ],
)
def test_a_call_is_the_callers_where_the_applications_owner_sees_it_too(
    of_application: str, of_caller: str, owner: str
):
    assert TREE.owner(of_application, of_caller) == owner


def test_each_account_signs_with_its_own_token_and_nobody_with_the_roots():
    assert TREE.signing_key("shop") == "token of shop"
    assert TREE.signing_key("") == TREE.signing_key("unknown") == "token of root"


def test_only_what_is_active_may_do_something():
    assert (TREE.inactive("shop"), TREE.inactive("bar"), TREE.inactive("unknown")) == (
        None,
        "suspended",
        None,
    )


@pytest.mark.parametrize("anonymous_inbound", [True, False])
def test_a_number_of_an_inactive_account_is_refused_and_does_not_reach_the_default(anonymous_inbound: bool):
    refused = NumberRoute(Application(), number="2222", refusal="the account is closed")
    router = Router(
        [refused], default=Application(voice_url="http://x/"), anonymous_inbound=anonymous_inbound
    )
    decision = router.route("2222", Stranger("192.0.2.1"))
    assert isinstance(decision, Refuse)
    assert decision.status == 403
    assert router.application_of("2222") is None
    assert isinstance(router.route("3333", Stranger("x")), RunApplication) == anonymous_inbound


def test_what_is_done_for_a_call_is_known_inside_and_forgotten_outside():
    with acting_for("AC1", "CA1"):
        with acting_for("AC2", None):
            assert current() == Behalf("AC2", "")
        assert current() == Behalf("AC1", "CA1")
    assert current() == Behalf()
