"""Who passed a call on, as History-Info tells."""

import pytest

from sip.errors import PeerError
from sip.history import diverted_by
from tests.testkit.sip_messages import request

BOB, CAROL, HERE = "sip:+1555001@c.example", "sip:+1555002@c.example", "sip:+1555003@here.example"


def told(*history: str, **headers: str) -> str | None:
    found = diverted_by(request(headers={"History-Info": list(history), **headers}))
    return None if found is None else found.uri.subscriber


@pytest.mark.parametrize(
    "history",
    [
        (f"<{BOB}>;index=1", f"<{HERE};cause=302>;index=1.1;mp=1"),
        (f"<{BOB}>;index=1, <{HERE};cause=486>;index=1.1",),
        (f"<{BOB}>;index=1", f"<{HERE}>;index=1.1;mp=1"),
        (f"<{BOB}?Reason=SIP%3Bcause%3D302%3Btext%3D%22Moved%22>;index=1", f"<{HERE}>;index=1.1"),
        (f"<{BOB}?Privacy=none>;index=1", f"<{HERE};cause=408>;index=1.1;mp=1"),
        (f"<{BOB}>;index=1", f"<{HERE};cause=302>;index=1.1;mp=1", "<sip:10.0.0.1>;index=1.1.1;rc=1.1"),
        (f"<{CAROL}>;index=1", f"<{BOB};cause=486>;index=1.1;mp=1", f"<{HERE};cause=302>;index=1.2;mp=1.1"),
        (f"<{BOB}>;index=1", "<sip:bob@desk>;index=1.1;rc=1", f"<{HERE};cause=302>;index=1.2;mp=1"),
        ("<tel:+1555001>;index=1", f"<{HERE};cause=302>;index=1.1"),
    ],
    ids=[
        "cause",
        "one line",
        "mp alone",
        "Reason",
        "not private",
        "sent on",
        "twice",
        "mp further up",
        "tel",
    ],
)
def test_who_passed_the_call_on_last_is_told(history: tuple[str, ...]):
    assert told(*history) == "+1555001"


@pytest.mark.parametrize(
    "history",
    [
        (),
        (f"<{HERE}>;index=1",),
        (f"<{HERE}>;index=1", "<sip:10.0.0.1>;index=1.1;rc=1"),
        (f"<{BOB}>;index=1", f"<{HERE};cause=380>;index=1.1;mp=1"),
        (f"<{BOB}?Reason=Q.850%3Bcause%3D17>;index=1", f"<{HERE}>;index=1.1"),
        (f"<{BOB}?Reason=SIP%3Bcause%3D408>;index=1.1", f"<{HERE}>;index=1.2;rc=1"),
    ],
    ids=["none", "called directly", "found", "a service number", "no SIP cause", "another desk of theirs"],
)
def test_a_call_that_nobody_passed_on_names_nobody(history: tuple[str, ...]):
    assert told(*history) is None


@pytest.mark.parametrize(
    ("entry", "privacy"),
    [
        (f"<{BOB}?Privacy=history>;index=1", "none"),
        ("<sip:anonymous@anonymous.invalid>;index=1", "none"),
        (f"<{BOB}>;index=1", "id;history"),
        (f"<{BOB}>;index=1", "header"),
    ],
    ids=["of the entry", "made anonymous", "of the request", "of its headers"],
)
def test_who_wants_not_to_be_named_is_not(entry: str, privacy: str):
    assert told(entry, f"<{HERE};cause=302>;index=1.1;mp=1", Privacy=privacy) is None


def test_who_passed_it_on_last_is_not_replaced_by_who_did_before():
    hidden = f"<{CAROL};cause=486?Privacy=history>;index=1.1;mp=1"
    assert told(f"<{BOB}>;index=1", hidden, f"<{HERE};cause=302>;index=1.1.1;mp=1.1") is None


@pytest.mark.parametrize("history", [("<sip:>;index=1", f"<{HERE}>"), (f"<{BOB}?Reason=%3B>", f"<{HERE}>")])
def test_what_cannot_be_read_is_the_peers_error(history: tuple[str, ...]):
    with pytest.raises(PeerError):
        told(*history)
