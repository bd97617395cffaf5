"""Whose calls end when a place of registration is gone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from engine.switchboard.lost_registrations import end_calls_of
from sip.flow import Flow
from sip.header_values import NameAddr
from sip.uri import SipUri
from tests.testkit.sip_messages import request

OURS, PHONE = ("192.0.2.1", 5060), ("192.0.2.10", 5062)
BINDING: Any = SimpleNamespace(path=(), route=Flow("UDP", OURS, PHONE), uri="sip:alice@192.0.2.10:5062")
BEHIND_A_PROXY: Any = SimpleNamespace(
    path=(NameAddr.parse("<sip:edge.example.org;lr>"),),
    route=None,
    uri=SipUri.parse("sip:alice@10.0.0.7:5062"),
)


class Leg:
    def __init__(self, caller: str, transport: str = "UDP", port: int = 5062, contact: str = "") -> None:
        contact = contact or f"sip:{caller}@{PHONE[0]}:{port}"
        headers = {"From": f"<sip:{caller}@dialplane>;tag=1", "Contact": f"<{contact}>"}
        self.request = request(headers=headers)
        self.peer = (transport, (PHONE[0], port))
        self.gone = False
        self.said: list[Any] = []

    def hang_up(self, headers: Any) -> None:
        self.said += headers


def test_the_calls_of_the_client_end_and_say_why():
    leg: Any = Leg("alice")
    end_calls_of("alice", BINDING, [leg])
    assert leg.said == [("Reason", 'SIP;text="Registration_Removed"')]


def test_calls_of_others_and_from_elsewhere_go_on():
    others: list[Any] = [Leg("bob"), Leg("alice", port=5064), Leg("alice", "TCP")]
    end_calls_of("alice", BINDING, others)
    assert [leg.said for leg in others] == [[], [], []]


def test_a_call_that_has_ended_is_left_alone():
    leg: Any = Leg("alice")
    leg.gone = True
    end_calls_of("alice", BINDING, [leg])
    assert leg.said == []


def test_behind_a_proxy_only_the_calls_of_the_contact_that_is_gone_end():
    leg: Any = Leg("alice", contact="sip:alice@10.0.0.7:5062")
    others: list[Any] = [
        Leg("alice", contact="sip:alice@10.0.0.8:5062"),
        Leg("bob", contact="sip:bob@10.0.0.7:5062"),
    ]
    end_calls_of("alice", BEHIND_A_PROXY, [leg, *others])
    assert leg.said == [("Reason", 'SIP;text="Registration_Removed"')]
    assert [other.said for other in others] == [[], []]
