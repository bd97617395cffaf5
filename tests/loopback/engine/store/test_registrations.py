from dataclasses import replace

import pytest

from engine.store import RegistrationRow, utc_now
from engine.store.registrations import StoredRegistrations, new_identity
from sip.bindings import Binding
from sip.flow import Flow
from sip.header_values import NameAddr
from sip.uri import SipUri

UDP = Flow("UDP", ("192.0.2.1", 5060), ("203.0.113.9", 61000))
TCP = Flow("TCP", ("192.0.2.1", 5060), ("203.0.113.9", 61000), 7)


def binding(flow: Flow = UDP, expires_at: float = 1000.0) -> Binding:
    contact = NameAddr.parse('"A" <sip:alice@10.0.0.7:5062;ob;x=1>;q=0.5;+sip.instance="<urn:x>"')
    assert isinstance(contact.uri, SipUri)
    return Binding(
        contact=contact, uri=contact.uri, call_id="c1", cseq=2**31 - 1, expires_at=expires_at, flow=flow,
        user_agent="phone", identity=new_identity(),
    )  # fmt: skip


async def test_a_binding_is_read_back_as_it_was_on_another_clock(store):
    kept = binding()
    await StoredRegistrations(store).keep("alice", [kept], now=400.0)
    ((login, read),) = await StoredRegistrations(store).load(now=7.0)
    assert login == "alice"
    assert read.expires_at == pytest.approx(607.0, abs=1.0)
    assert replace(read, expires_at=kept.expires_at) == kept


async def test_the_stream_a_binding_came_along_is_gone_after_a_restart(store):
    await StoredRegistrations(store).keep("alice", [binding(TCP)], now=0.0)
    ((_, read),) = await StoredRegistrations(store).load(now=0.0)
    assert read.flow is None


async def test_what_has_expired_is_not_read_and_not_kept(store):
    await StoredRegistrations(store).keep("alice", [binding(expires_at=5.0)], now=10.0)
    assert await StoredRegistrations(store).load(now=10.0) == []
    assert await store.count(RegistrationRow) == 0


async def test_a_forgotten_binding_is_gone(store):
    table, kept, other = StoredRegistrations(store), binding(), binding()
    await table.keep("alice", [kept, other], now=0.0)
    await table.forget([kept])
    assert [read.identity for _, read in await table.load(now=0.0)] == [other.identity]


async def test_a_row_that_cannot_be_read_is_passed_over(store):
    row = RegistrationRow(
        sid=new_identity(), login="alice", contact="mailto:a@b", call_id="c", cseq=1,
        expires_at=utc_now().replace(year=2100), transport="UDP", local_host="192.0.2.1", local_port=5060,
        remote_host="192.0.2.2", remote_port=5060,
    )  # fmt: skip
    await store.commit(row)
    assert await StoredRegistrations(store).load(now=0.0) == []


async def test_a_page_is_not_registered_after_a_restart(store):
    page = Flow("WSS", ("192.0.2.1", 8080), ("203.0.113.9", 61000), 8)
    await StoredRegistrations(store).keep("alice", [binding(page)], now=0.0)
    assert await StoredRegistrations(store).load(now=0.0) == []


async def test_the_proxies_before_a_contact_are_kept_whatever_the_register_came_along(store):
    path = tuple(map(NameAddr.parse, ("<sip:a,b@edge.example.org;lr;x=1>;y=2", "<sip:192.0.2.66;lr>")))
    wss = Flow("WSS", ("192.0.2.1", 443), ("203.0.113.9", 61000), 7)
    kept = replace(binding(wss), path=path)
    await StoredRegistrations(store).keep("alice", [kept], now=0.0)
    ((_, read),) = await StoredRegistrations(store).load(now=0.0)
    assert (read.path, read.flow) == (path, None)
