import asyncio
from collections.abc import AsyncIterator

import dns.asyncresolver
import dns.message
import dns.rcode
import dns.rrset
import pytest

from engine.peers.name_lookup import NameLookup
from sip.transport.resolver import Naptr, Srv
from tests.testkit.ports import free_port

RECORDS = {
    "example.test. NAPTR": [
        '50 60 "s" "SIP+D2T" "" _sip._tcp.example.test.',
        '10 10 "u" "E2U+sip" "!^.*$!sip:x@example.test!" .',
    ],
    "_sip._tcp.example.test. SRV": ["1 2 5070 a.example.test.", "3 4 5080 b.example.test."],
    "empty.test. SRV": [],
}


class NameServer(asyncio.DatagramProtocol):
    """Answers from RECORDS; what is not there does not exist, and `broken.test` fails."""

    def __init__(self) -> None:
        self.questions: list[str] = []
        self.port = 0

    def connection_made(self, transport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, source) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        key = f"{question.name} {dns.rdatatype.to_text(question.rdtype)}"
        self.questions.append(key)
        answer = dns.message.make_response(query)
        if key.startswith("silent.test."):
            return
        if key not in RECORDS:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif RECORDS[key]:
            records = dns.rrset.from_text_list(question.name, 60, "IN", question.rdtype, RECORDS[key])
            answer.answer.append(records)
        self._transport.sendto(answer.to_wire(), source)


@pytest.fixture
async def server() -> AsyncIterator[NameServer]:
    port = free_port()
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(NameServer, local_addr=("127.0.0.1", port))
    protocol.port = port
    yield protocol
    transport.close()


def lookup(server) -> NameLookup:
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], server.port
    return NameLookup(resolver, within=0.5)


async def test_only_pointers_to_services_are_returned(server):
    assert await lookup(server).naptr("example.test") == [Naptr(50, 60, "SIP+D2T", "_sip._tcp.example.test.")]


async def test_the_servers_of_a_service_are_returned(server):
    found = await lookup(server).srv("_sip._tcp.example.test.")
    assert sorted(found, key=lambda record: record.priority) == [
        Srv(1, 2, 5070, "a.example.test."),
        Srv(3, 4, 5080, "b.example.test."),
    ]


@pytest.mark.parametrize("name", ["empty.test", "missing.test"])
async def test_what_does_not_exist_is_an_empty_answer(server, name):
    assert await lookup(server).srv(name) == []


async def test_an_answer_is_kept(server):
    ours = lookup(server)
    await ours.srv("_sip._tcp.example.test")
    await ours.srv("_sip._tcp.example.test")
    assert server.questions == ["_sip._tcp.example.test. SRV"]


async def test_a_server_that_does_not_answer_is_an_error(server):
    with pytest.raises(OSError, match=r"silent\.test SRV"):
        await lookup(server).srv("silent.test")


async def test_host_names_are_asked_of_the_system():
    assert "127.0.0.1" in await NameLookup().addresses("localhost")
    assert await NameLookup().addresses("no-such-host.invalid") == []
