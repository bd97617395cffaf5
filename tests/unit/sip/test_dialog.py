"""Dialogs: RFC 3261 section 12."""

import pytest

from sip.dialog import Dialog
from sip.errors import PeerError
from sip.message import Request
from tests.testkit.sip_messages import request, response

PROXIES = ["<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>"]


def uas(**headers: object) -> Dialog:
    return Dialog.of_uas(request("INVITE", headers=headers, cseq=7), "ours")


def test_a_uas_takes_the_dialog_from_the_request():
    dialog = uas(**{"Record-Route": PROXIES})
    assert dialog.id == ("call-1@192.0.2.10", "ours", "alice-tag")
    assert str(dialog.remote_target) == "sip:alice@192.0.2.10:5060"
    assert [str(route) for route in dialog.route_set] == PROXIES
    assert (dialog.local_seq, dialog.remote_seq, dialog.early) == (0, 7, True)


def test_a_uac_takes_the_dialog_from_the_response_with_the_routes_reversed():
    invite = request("INVITE", cseq=7)
    answer = response(200, to=invite)
    for proxy in PROXIES:
        answer.headers.add("Record-Route", proxy)
    dialog = Dialog.of_uac(invite, answer)
    assert dialog.id == ("call-1@192.0.2.10", "alice-tag", "bob-tag")
    assert [str(route) for route in dialog.route_set] == PROXIES[::-1]
    assert (dialog.local_seq, dialog.remote_seq, dialog.early) == (7, None, False)


def test_the_final_response_gives_a_uac_its_routes_and_target_anew():
    invite = request("INVITE")
    early = Dialog.of_uac(invite, response(180, to=invite))
    answer = response(200, to=invite)
    answer.headers.set("Contact", "<sip:bob@192.0.2.99>")
    answer.headers.add("Record-Route", PROXIES[0])
    confirmed = early.confirmed(answer)
    assert (early.early, confirmed.early) == (True, False)
    assert str(confirmed.remote_target) == "sip:bob@192.0.2.99"
    assert len(confirmed.route_set) == 1


def test_requests_count_upwards_and_go_to_the_remote_target():
    first, info = uas().request("INFO")
    second, bye = first.request("BYE")
    assert (info.start_line(), str(bye.cseq)) == ("INFO sip:alice@192.0.2.10:5060 SIP/2.0", "2 BYE")
    assert second.local_seq == 2
    assert (bye.from_.tag, bye.to.tag, bye.call_id) == ("ours", "alice-tag", "call-1@192.0.2.10")
    assert bye.max_forwards == 70


def test_an_ack_repeats_the_number_it_is_given():
    dialog = uas()
    same, ack = dialog.request("ACK", 7)
    assert same == dialog
    assert str(ack.cseq) == "7 ACK"


def test_loose_routing_keeps_the_target_and_lists_the_routes():
    _, bye = uas(**{"Record-Route": PROXIES}).request("BYE")
    assert bye.uri_text == "sip:alice@192.0.2.10:5060"
    assert [str(route) for route in bye.routes] == PROXIES


def test_strict_routing_puts_the_router_first_and_the_target_last():
    strict = ["<sip:p1.example.com>", "<sip:p2.example.com;lr>"]
    _, bye = uas(**{"Record-Route": strict}).request("BYE")
    assert bye.uri_text == "sip:p1.example.com"
    assert [str(route) for route in bye.routes] == ["<sip:p2.example.com;lr>", "<sip:alice@192.0.2.10:5060>"]


def test_the_next_hop_is_the_first_route_else_the_target():
    assert str(uas().next_hop()) == "sip:alice@192.0.2.10:5060"
    assert str(uas(**{"Record-Route": PROXIES}).next_hop()) == "sip:p1.example.com;lr"


def test_a_request_uri_has_no_headers():
    dialog = uas(Contact="<sip:alice@192.0.2.10?Subject=x>")
    assert dialog.request("BYE")[1].uri_text == "sip:alice@192.0.2.10"


def test_a_cseq_may_skip_but_not_go_back():
    dialog = uas().received(request("INFO", cseq=20))
    assert dialog.remote_seq == 20
    with pytest.raises(PeerError) as refused:
        dialog.received(request("INFO", cseq=19))
    assert refused.value.status == 500


def test_the_cseq_of_an_ack_says_nothing():
    assert uas().received(request("ACK", cseq=1)) == uas()


def test_a_target_refresh_without_contact_keeps_the_target():
    dialog = uas()
    assert dialog.refreshed(request("UPDATE", headers={"Contact": None})) == dialog


def test_a_peer_without_contact_is_reached_at_its_address():
    dialog = Dialog.of_uas(request(headers={"Contact": None}), "ours")
    assert str(dialog.remote_target) == "sip:alice@example.com"


def test_a_peer_of_rfc_2543_has_no_tag():
    dialog = Dialog.of_uas(request(headers={"From": "<sip:alice@example.com>"}), "ours")
    assert dialog.remote_tag == ""
    assert isinstance(dialog.request("BYE")[1], Request)


def test_sips_makes_a_dialog_secure():
    assert Dialog.of_uas(request(uri="sips:bob@example.org"), "ours").secure
    assert not uas().secure
