"""How long the cookies of two who write to each other are kept."""

from __future__ import annotations

from engine.store import MessageRow
from engine.switchboard import correspondence
from engine.switchboard.correspondence import KEPT_FOR, Correspondence


def text(sender: str = "+1555", number: str = "2222", account: str = "AC1") -> MessageRow:
    return MessageRow(sid="SM1", account_sid=account, from_=sender, to=number, body="Hi", direction="inbound")


def test_they_are_kept_for_four_hours_after_the_last_text():
    kept = Correspondence()
    first = kept.cookies(text(), 0)
    assert kept.cookies(text(), KEPT_FOR) is first
    assert kept.cookies(text(), 2 * KEPT_FOR) is first
    assert kept.cookies(text(), 3 * KEPT_FOR + 1) is not first


def test_each_pair_of_sender_and_number_has_its_own():
    kept = Correspondence()
    all_of_them = [
        kept.cookies(each, 0) for each in (text(), text("+1556"), text(number="3333"), text(account="AC2"))
    ]
    assert len({id(cookies) for cookies in all_of_them}) == 4


def test_those_of_who_wrote_longest_ago_are_forgotten_when_there_are_too_many(monkeypatch):
    monkeypatch.setattr(correspondence, "MOST_KEPT", 2)
    kept = Correspondence()
    first, second = kept.cookies(text("+1"), 0), kept.cookies(text("+2"), 1)
    assert kept.cookies(text("+1"), 2) is first
    kept.cookies(text("+3"), 3)
    assert kept.cookies(text("+1"), 4) is first
    assert kept.cookies(text("+2"), 5) is not second
