import asyncio
from dataclasses import replace

import pytest

from sip.digest import Challenge
from sip.flow import Destination, Flow
from sip.message import Request
from sip.uri import SipUri, parse_uri
from tests.testkit.memory_bindings import MemoryBindings
from tests.testkit.sip_clients import challenges, with_credentials
from tests.testkit.sip_messages import response
from tests.testkit.virtual_loop import run_virtual
from tests.testkit.virtual_registrar import CONTACT, MARIA, House, story
from tests.testkit.virtual_stack import PHONE

STREAM = Flow("TCP", ("127.0.0.1", 5060), ("192.0.2.10", 41000), 7)
PAGE = Flow("WSS", ("127.0.0.1", 8080), ("192.0.2.10", 41001), 8)


def test_p01_a_client_registers_and_unregisters():
    async def tell(house: House) -> None:
        first = await house.ask(house.wish())
        assert (first.status, len(challenges(first))) == (401, 2)
        assert house.reached() == []
        accepted = await house.register()
        assert accepted.status == 200
        assert str(accepted.contact) == f"{CONTACT};expires=3600"
        assert accepted.headers.get("Expires") == "3600"
        assert "GMT" in accepted.headers.get("Date", "")
        assert house.registrar.statistics()["clients"] == 1
        gone = await house.register(f"{CONTACT};expires=0")
        assert (gone.status, gone.headers.get("Expires"), gone.contacts) == (200, "0", ())
        assert house.registrar.statistics()["clients"] == 0
        assert house.store.rows == {}

    story(tell)


def test_p02_a_closed_client_cannot_register():
    async def tell(house: House) -> None:
        assert (await house.register(login="closed")).status == 403
        assert house.registrar.statistics()["contacts"] == 0

    story(tell)


def test_p04_registering_again_keeps_one_contact():
    async def tell(house: House) -> None:
        await house.register()
        await house.register()
        shown = house.registrar.statistics()
        assert (shown["clients"], shown["contacts"]) == (1, 1)
        assert (shown["sources_banned"], shown["authentication_failures_total"]) == (0, 0)
        assert len(house.store.rows) == 1

    story(tell)


def test_p05_a_contact_is_asked_at_each_interval_where_it_registered_from():
    async def tell(house: House) -> None:
        house.stack.answer = lambda ping: response(200, to=ping)
        await house.register("<sip:alice@10.0.0.7:5062>", flow=PHONE)
        await asyncio.sleep(59)
        assert house.pings() == []
        await asyncio.sleep(62)
        assert [ping.uri_text for ping in house.pings()] == ["sip:alice@10.0.0.7:5062"] * 2
        assert house.stack.sent[-1][1] == PHONE
        assert house.reached() == ["sip:alice@10.0.0.7:5062"]

    story(tell)


def test_p07_p14_a_contact_that_does_not_answer_is_removed():
    async def tell(house: House) -> None:
        await house.register()
        await asyncio.sleep(15 + 32 + 1)
        assert house.reached() == []
        assert house.removed == [("alice", "sip:alice@192.0.2.10:5060;ob")]
        assert house.store.rows == {}

    story(tell, ping_interval=15.0)


@pytest.mark.parametrize(
    ("status", "kept"),
    [
        (200, True),
        (400, True),
        (401, True),
        (405, True),
        (407, True),
        (480, True),
        (486, True),
        (501, True),
        (600, True),
        (603, True),
        (404, False),
        (408, False),
        (500, False),
        (503, False),
    ],
)
def test_p08_p10_an_error_removes_a_contact_unless_it_only_says_busy(status, kept):
    async def tell(house: House) -> None:
        house.stack.answer = lambda ping: response(status, to=ping)
        await house.register()
        await asyncio.sleep(61)
        assert bool(house.reached()) is kept

    story(tell)


def test_no_interval_means_no_pings():
    async def tell(house: House) -> None:
        await house.register()
        await asyncio.sleep(3000)
        assert house.pings() == []

    story(tell, ping_interval=0.0)


def test_a_refresh_during_a_ping_saves_the_contact():
    async def tell(house: House) -> None:
        await house.register()
        await asyncio.sleep(61)
        await house.register()
        await asyncio.sleep(40)
        assert house.reached() == ["sip:alice@192.0.2.10:5060;ob"]

    story(tell)


def test_p11_a_login_with_an_at_sign_is_escaped_in_the_address():
    async def tell(house: House) -> None:
        wish = house.wish("<sip:maria@192.0.2.10>", To="<sip:maria%40telestax.com@example.org>")
        challenge = challenges(await house.ask(wish))[0]
        proof = with_credentials(wish, challenge, MARIA)
        assert (await house.ask(proof)).status == 200
        assert house.reached(MARIA) == ["sip:maria@192.0.2.10"]

    story(tell)


def test_p13_a_client_has_several_contacts():
    async def tell(house: House) -> None:
        await house.register("<sip:alice@192.0.2.10:1>")
        await house.register("<sip:alice@192.0.2.10:2>;q=0.1")
        await house.register("<sip:alice@192.0.2.10:3>", flow=STREAM)
        assert [binding.uri.port for binding in house.registrar.contacts("alice")] == [3, 1, 2]
        assert house.registrar.knows(STREAM)
        assert house.registrar.statistics()["clients"] == 1

    story(tell)


@pytest.mark.hostile("T6", sent="REGISTER for somebody else")
def test_t6_nobody_registers_for_another():
    async def tell(house: House) -> None:
        await house.register()
        stolen = "<sip:thief@198.51.100.1>"
        assert (await house.ask(house.wish(stolen))).status == 401
        assert (await house.register(stolen, "alice", "other", as_login="bob")).status == 403
        assert (await house.register(stolen, "alice", "guess")).status == 403
        assert (await house.register("*", expires="1")).status == 400
        assert house.reached() == ["sip:alice@192.0.2.10:5060;ob"]

    story(tell)


@pytest.mark.hostile("T6", sent="a REGISTER replayed")
def test_t6_a_replayed_register_changes_nothing():
    async def tell(house: House) -> None:
        wish = house.wish()
        challenge: Challenge = challenges(await house.ask(wish))[0]
        proof = with_credentials(wish, challenge)
        assert (await house.ask(proof)).status == 200
        replay = Request(proof.method, proof.uri_text, proof.headers.copy())
        replay.headers.set("Via", "SIP/2.0/UDP 192.0.2.66:5060;branch=z9hG4bK-thief;rport")
        replay.headers.set("Contact", "<sip:thief@192.0.2.66>")
        replay.headers.set("Call-ID", "another")
        assert (await house.ask(replay)).status == 401
        assert house.reached() == ["sip:alice@192.0.2.10:5060;ob"]

    story(tell)


def test_too_brief_an_interval_is_answered_423():
    async def tell(house: House) -> None:
        refused = await house.register(f"{CONTACT};expires=5")
        assert (refused.status, refused.headers.get("Min-Expires")) == (423, "60")

    story(tell)


@pytest.mark.parametrize("to", ["<sip:example.org>", "<tel:+15551234>"])
def test_an_address_without_a_login_is_refused(to):
    async def tell(house: House) -> None:
        assert (await house.ask(house.wish(To=to))).status == 400

    story(tell)


def test_nothing_is_acknowledged_that_is_not_stored():
    async def tell(house: House) -> None:
        house.store.broken = True
        assert (await house.register()).status == 500
        house.store.broken = False
        assert (await house.register()).status == 200

    story(tell)


def test_a_contact_that_expires_is_gone_from_the_store_too():
    async def tell(house: House) -> None:
        await house.register(f"{CONTACT};expires=60")
        await asyncio.sleep(61)
        assert house.reached() == []
        assert house.store.rows == {}
        assert house.removed == [("alice", "sip:alice@192.0.2.10:5060;ob")]

    story(tell, ping_interval=0.0)


def test_bindings_survive_a_restart_unless_the_client_was_closed():
    store = MemoryBindings()

    async def main() -> None:
        before = House(store)
        await before.register()
        await before.register("<sip:bob@192.0.2.11>", "bob", "other")
        await before.registrar.stop()
        after = House(store)
        after.rows[1].status = 0
        await after.registrar.start()
        assert after.reached() == ["sip:alice@192.0.2.10:5060;ob"]
        assert after.reached("bob") == []
        await asyncio.sleep(60.5)
        assert [ping.uri_text for ping in after.pings()[:1]] == ["sip:alice@192.0.2.10:5060;ob"]
        await after.registrar.stop()

    run_virtual(main())


def test_a_client_that_is_closed_is_reached_nowhere():
    async def tell(house: House) -> None:
        await house.register()
        house.rows[0].status = 0
        assert house.reached() == []
        house.registrar.drop_closed()
        await asyncio.sleep(0.01)
        assert house.registrar.statistics()["contacts"] == 0
        assert house.store.rows == {}

    story(tell)


def test_a_page_whose_connection_is_gone_is_reached_nowhere_and_keeps_its_call():
    async def tell(house: House) -> None:
        await house.register("<sip:x1@df7jal23ls0d.invalid;transport=ws>", flow=PAGE)
        await house.register(flow=STREAM)
        house.registrar.flow_closed(STREAM)
        assert len(house.reached()) == 2, "a telephone can be connected to anew, as a page cannot"
        house.registrar.flow_closed(PAGE)
        assert house.reached() == ["sip:alice@192.0.2.10:5060;ob"]
        await asyncio.sleep(0.01)
        assert len(house.store.rows) == 1
        assert house.removed == []

    story(tell)


def test_a_page_that_connects_anew_is_found_by_the_uri_of_its_calls():
    contact, moved = "sip:x1@df7jal23ls0d.invalid;transport=ws", replace(PAGE, remote=("192.0.2.10", 41002))

    async def tell(house: House) -> None:
        uri = parse_uri(contact)
        assert isinstance(uri, SipUri)
        await house.register(f"<{contact}>", flow=PAGE)
        house.registrar.flow_closed(PAGE)
        assert house.registrar.place_of(uri, "WS") is None
        await house.register(f"<{contact}>", flow=moved)
        assert house.registrar.place_of(uri, "WS") == Destination("WSS", "192.0.2.10", 41002)
        telephone = parse_uri("sip:alice@192.0.2.10:5060;ob")
        assert isinstance(telephone, SipUri)
        await house.register(flow=STREAM)
        assert house.registrar.place_of(telephone, "TCP") is None

    story(tell)
