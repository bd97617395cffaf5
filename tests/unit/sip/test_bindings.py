import itertools
from dataclasses import replace

import pytest

from sip.bindings import Bindings, RegistrationPolicy, contact_fields
from sip.errors import PeerError, RegistrationRefused
from sip.flow import Destination, Flow
from sip.message import Request
from tests.testkit.sip_messages import request

ALICE = "alice"
HERE = Flow("UDP", ("192.0.2.1", 5060), ("192.0.2.10", 5060))


def register(*contacts: str, cseq: int = 1, call_id: str = "reg-1", **headers: object) -> Request:
    fields = {"To": "<sip:alice@example.org>", "Call-ID": call_id, "Contact": list(contacts) or None}
    return request("REGISTER", "sip:example.org", {**fields, **headers}, cseq=cseq)


def table(**policy: int) -> Bindings:
    numbers = itertools.count(1)
    return Bindings(RegistrationPolicy(**policy), lambda: f"RG{next(numbers)}")


def uris(bindings: Bindings, now: float = 0.0) -> list[str]:
    return [str(binding.uri) for binding in bindings.contacts(ALICE, now)]


def refused(bindings: Bindings, wish: Request, now: float = 0.0) -> PeerError:
    before = bindings.contacts(ALICE, now)
    with pytest.raises(PeerError) as caught:
        bindings.register(ALICE, wish, HERE, now)
    assert bindings.contacts(ALICE, now) == before
    return caught.value


def test_a_contact_is_bound_and_kept_whole():
    bindings = table()
    change = bindings.register(
        ALICE, register('"A" <sip:alice@192.0.2.10;ob;x=1?h=2>;q=0.5;+sip.instance="<urn:x>"'), HERE, 0.0
    )
    (bound,) = change.bound
    assert str(bound.uri) == "sip:alice@192.0.2.10;ob;x=1"
    assert str(bound.contact) == '"A" <sip:alice@192.0.2.10;ob;x=1?h=2>;q=0.5;+sip.instance="<urn:x>"'
    assert (bound.q, bound.flow, bound.identity) == (0.5, HERE, "RG1")


@pytest.mark.parametrize(
    ("contact", "header", "granted"),
    [
        ("<sip:a@h>;expires=120", "600", 120),
        ("<sip:a@h>", "600", 600),
        ("<sip:a@h>", None, 3600),
        ("<sip:a@h>;expires=soon", "600", 3600),
        ("<sip:a@h>", "soon", 3600),
        ("<sip:a@h>;expires=7200", None, 3600),
        ("<sip:a@h>;expires=99999999999", None, 3600),
    ],
)
def test_the_contact_says_how_long_then_the_header_then_an_hour(contact, header, granted):
    bindings = table()
    bindings.register(ALICE, register(contact, Expires=header), HERE, 100.0)
    assert bindings.contacts(ALICE, 100.0)[0].expires_at == 100.0 + granted


def test_what_expires_is_gone_and_reported_once():
    bindings = table()
    bindings.register(ALICE, register("<sip:a@h>;expires=60", "<sip:b@h>;expires=90"), HERE, 0.0)
    assert bindings.next_deadline() == 60.0
    assert uris(bindings, 60.0) == ["sip:b@h"]
    assert [(record, str(gone.uri)) for record, gone in bindings.handle_timers(60.0)] == [(ALICE, "sip:a@h")]
    assert bindings.next_deadline() == 90.0
    assert len(bindings.handle_timers(100.0)) == 1
    assert (bindings.next_deadline(), len(bindings), bindings.records()) == (None, 0, ())


def test_a_refresh_keeps_the_identity_and_takes_the_new_flow():
    bindings = table()
    bindings.register(ALICE, register("<sip:a@h;transport=UDP>"), HERE, 0.0)
    moved = Flow("UDP", HERE.local, ("192.0.2.10", 40000))
    change = bindings.register(ALICE, register("<sip:a@H;transport=udp>", cseq=2), moved, 50.0)
    (bound,) = bindings.contacts(ALICE, 50.0)
    assert (bound.identity, bound.flow, bound.expires_at) == ("RG1", moved, 3650.0)
    assert change.removed == ()


def test_expires_0_removes_one_contact_and_leaves_the_others():
    bindings = table()
    bindings.register(ALICE, register("<sip:a@h>", "<sip:b@h>"), HERE, 0.0)
    change = bindings.register(ALICE, register("<sip:a@h>;expires=0", cseq=2), HERE, 1.0)
    assert [str(gone.uri) for gone in change.removed] == ["sip:a@h"]
    assert uris(bindings, 1.0) == ["sip:b@h"]


def test_removing_what_is_not_there_changes_nothing():
    bindings = table()
    change = bindings.register(ALICE, register("<sip:a@h>;expires=0"), HERE, 0.0)
    assert (change.bound, change.removed, len(bindings)) == ((), (), 0)


def test_a_star_with_expires_0_removes_everything():
    bindings = table()
    bindings.register(ALICE, register("<sip:a@h>", "<sip:b@h>"), HERE, 0.0)
    change = bindings.register(ALICE, register("*", cseq=2, Expires="0"), HERE, 1.0)
    assert (len(change.removed), len(bindings)) == (2, 0)


@pytest.mark.parametrize("expires", [None, "1", "soon"])
def test_t6_a_star_without_expires_0_is_refused(expires):
    bindings = table()
    bindings.register(ALICE, register("<sip:a@h>"), HERE, 0.0)
    assert refused(bindings, register("*", cseq=2, Expires=expires)).status == 400


def test_a_star_among_contacts_is_refused():
    assert refused(table(), register("*", "<sip:a@h>", Expires="0")).status == 400


def test_a_register_that_was_overtaken_is_refused_as_a_whole():
    bindings = table()
    bindings.register(ALICE, register("<sip:a@h>", cseq=5), HERE, 0.0)
    assert refused(bindings, register("<sip:new@h>", "<sip:a@h>;expires=0", cseq=5)).status == 500
    assert refused(bindings, register("*", cseq=4, Expires="0")).status == 500


def test_another_call_id_begins_a_new_order():
    bindings = table()
    bindings.register(ALICE, register("<sip:a@h>", cseq=5), HERE, 0.0)
    bindings.register(ALICE, register("<sip:a@h>;expires=0", cseq=1, call_id="rebooted"), HERE, 1.0)
    assert len(bindings) == 0


def test_too_brief_an_interval_is_refused_and_names_the_least():
    refusal = refused(table(min_expires=60), register("<sip:a@h>;expires=59"))
    assert isinstance(refusal, RegistrationRefused)
    assert (refusal.status, refusal.headers) == (423, (("Min-Expires", "60"),))


def test_one_contact_too_many_is_refused_but_those_there_may_refresh():
    bindings = table(most_contacts=2)
    bindings.register(ALICE, register("<sip:a@h>", "<sip:b@h>"), HERE, 0.0)
    assert refused(bindings, register("<sip:c@h>", cseq=2)).status == 403
    bindings.register(ALICE, register("<sip:b@h>", cseq=3), HERE, 1.0)
    bindings.register(ALICE, register("<sip:a@h>;expires=0", "<sip:c@h>", cseq=4), HERE, 2.0)
    assert sorted(uris(bindings, 2.0)) == ["sip:b@h", "sip:c@h"]


def test_a_contact_given_twice_counts_once_and_the_last_wins():
    bindings = table()
    bindings.register(ALICE, register("<sip:a@h>;expires=100", "<sip:a@h>;expires=200"), HERE, 0.0)
    assert [binding.expires_at for binding in bindings.contacts(ALICE, 0.0)] == [200.0]
    bindings.register(ALICE, register("<sip:a@h>;expires=0", "<sip:a@h>", cseq=2), HERE, 0.0)
    assert uris(bindings) == ["sip:a@h"]


def test_what_is_no_sip_uri_is_refused():
    assert refused(table(), register("<mailto:alice@example.org>")).status == 400


def test_no_contact_only_asks():
    bindings = table()
    bindings.register(ALICE, register("<sip:a@h>"), HERE, 0.0)
    change = bindings.register(ALICE, register(cseq=2), HERE, 1.0)
    assert (change.bound, change.removed) == ((), ())
    assert contact_fields(bindings.contacts(ALICE, 1.4), 1.4) == [("Contact", "<sip:a@h>;expires=3599")]


def test_the_most_preferred_comes_first_and_of_equals_the_newest():
    bindings = table()
    bindings.register(ALICE, register("<sip:low@h>;q=0.1", "<sip:old@h>", "<sip:new@h>"), HERE, 0.0)
    assert uris(bindings) == ["sip:new@h", "sip:old@h", "sip:low@h"]


def test_a_binding_is_removed_by_its_identity_and_restored():
    bindings = table()
    bindings.register(ALICE, register("<sip:a@h>"), HERE, 0.0)
    gone = bindings.remove(ALICE, "RG1")
    assert gone is not None
    assert bindings.remove(ALICE, "RG1") is None
    bindings.restore(ALICE, gone)
    assert bindings.contacts(ALICE, 0.0) == (gone,)


def test_a_source_is_known_as_long_as_somebody_is_registered_from_there():
    bindings = table()
    bindings.register(ALICE, register("<sip:a@h>", "<sip:b@h>"), HERE, 0.0)
    assert bindings.knows(HERE)
    assert not bindings.knows(Flow("TCP", HERE.local, HERE.remote, 3))
    bindings.register(ALICE, register("<sip:a@h>;expires=0", cseq=2), HERE, 1.0)
    assert bindings.knows(HERE)
    moved = Flow("UDP", HERE.local, ("192.0.2.10", 40000))
    bindings.register(ALICE, register("<sip:b@h>", cseq=3), moved, 2.0)
    assert (bindings.knows(HERE), bindings.knows(moved)) == (False, True)
    bindings.handle_timers(4000.0)
    assert not bindings.knows(moved)


TCP = Flow("TCP", ("192.0.2.1", 5060), ("192.0.2.10", 41000), 7)
BROWSER = Flow("WS", ("192.0.2.1", 8080), ("192.0.2.10", 41001), 8)
NATTED = Flow("UDP", ("192.0.2.1", 5060), ("203.0.113.9", 61000))


@pytest.mark.parametrize(
    ("contact", "flow", "route"),
    [
        ("<sip:a@192.0.2.10:5070>", HERE, Destination("UDP", "192.0.2.10", 5070)),
        ("<sip:a@10.0.0.7:5060>", NATTED, NATTED),
        ("<sip:a@192.0.2.10:5070;transport=tcp>", TCP, TCP),
        ("<sip:a@df7jal23ls0d.invalid;transport=ws>", BROWSER, BROWSER),
        ("<sip:a@192.0.2.10:5070>", replace(BROWSER, transport="WSS"), replace(BROWSER, transport="WSS")),
        ("<sip:a@192.0.2.10:5070>", TCP, Destination("UDP", "192.0.2.10", 5070)),
        ("<sip:a@192.0.2.10:5070;transport=tcp>", None, Destination("TCP", "192.0.2.10", 5070)),
        ("<sip:a@phone.example.net>", None, None),
    ],
)
def test_requests_go_along_the_flow_or_to_the_contact(contact, flow, route):
    bindings = table()
    bindings.register(ALICE, register(contact), flow or HERE, 0.0)
    (bound,) = bindings.contacts(ALICE, 0.0)
    assert replace(bound, flow=flow).route == route


PATH = "<sip:edge.example.org;lr>, <sip:192.0.2.66:5070;transport=tcp;lr;ob>"


def test_a_contact_behind_proxies_is_reached_by_the_nearest_and_not_where_the_register_came_from():
    bindings = table()
    (bound,) = bindings.register(ALICE, register("<sip:a@10.0.0.7:5062>", Path=PATH), HERE, 0.0).bound
    assert str(bound.next_hop) == "sip:edge.example.org;lr"
    assert bound.route is None
    target, routes = bound.target_and_routes
    assert (str(target), ", ".join(map(str, routes))) == ("sip:a@10.0.0.7:5062", PATH)
    numeric = register("<sip:a@10.0.0.7:5062>", cseq=2, Path="<sip:192.0.2.66:5070;transport=tcp;lr;ob>")
    (bound,) = bindings.register(ALICE, numeric, HERE, 1.0).bound
    assert bound.route == Destination("TCP", "192.0.2.66", 5070)


def test_a_refresh_without_path_forgets_the_proxies():
    bindings = table()
    bindings.register(ALICE, register("<sip:a@192.0.2.10>", Path=PATH), HERE, 0.0)
    (bound,) = bindings.register(ALICE, register("<sip:a@192.0.2.10>", cseq=2), HERE, 1.0).bound
    assert (bound.path, bound.route) == ((), Destination("UDP", "192.0.2.10", 5060))


def test_a_proxy_that_routes_strictly_is_the_request_uri():
    (bound,) = table().register(ALICE, register("<sip:a@10.0.0.7>", Path="<sip:192.0.2.66>"), HERE, 0.0).bound
    target, routes = bound.target_and_routes
    assert (str(target), [str(route) for route in routes]) == ("sip:192.0.2.66", ["<sip:a@10.0.0.7>"])


@pytest.mark.parametrize(
    ("path", "status"),
    [("<tel:+4930>", 400), ("<sip:192.0.2.66", 400), (", ".join(["<sip:192.0.2.66;lr>"] * 9), 403)],
    ids=["no SIP URI", "broken", "too many"],
)
def test_a_path_that_cannot_be_followed_is_refused_and_nothing_bound(path: str, status: int):
    assert refused(table(), register("<sip:a@10.0.0.7>", Path=path)).status == status
