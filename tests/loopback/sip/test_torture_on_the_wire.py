"""The torture messages of RFC 4475 and 5118 through real streams, an octet in each segment."""

import asyncio
import re
import socket
import ssl

import pytest

from sip.events import IncomingInvite, IncomingRequest, SipEvent
from tests.contract.sip.test_torture import ON_A_STREAM, RFC5118
from tests.contract.sip.torture import torture_message
from tests.testkit.certificates import the_authority
from tests.testkit.raw_sip import options
from tests.testkit.sip_station import Station, station

MESSAGES = [
    *(("rfc4475", name, expected) for name, expected in ON_A_STREAM.items()),
    *(("rfc5118", name, expected) for name, expected in RFC5118.items()),
]
_STATUS = re.compile(rb"^SIP/2\.0 (\d{3})", re.MULTILINE)


def obliging(one: Station, event: SipEvent) -> None:
    if isinstance(event, IncomingInvite):
        event.session.reject(one.now, 486)
    elif isinstance(event, IncomingRequest):
        one.endpoint.reply(one.now, event.transaction, 200)


async def statuses(one: Station, transport: str, message: bytes) -> tuple[set[str], bool]:
    """Send a message octet by octet, then OPTIONS; return what came back and whether that was answered."""
    context = None
    if transport == "tls":
        context = ssl.create_default_context(cafile=the_authority().certificate)
    host, port = one.stack.addresses[0][1:3]
    reader, writer = await asyncio.open_connection(host, port, ssl=context)
    writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    via = f"SIP/2.0/{transport.upper()} 127.0.0.1:9;branch=z9hG4bK-after"
    after = options("after-the-torture", 0, via=via)
    received, answered = b"", False
    try:
        for octet in message:
            writer.write(bytes([octet]))
            await writer.drain()
        writer.write(after)
        await writer.drain()
        async with asyncio.timeout(1.0):
            while not answered and (more := await reader.read(65_536)):
                received += more
                answered = b"after-the-torture" in received
    except (TimeoutError, OSError):
        pass
    finally:
        writer.transport.abort()
    before = received.partition(b"after-the-torture")[0]
    found = [status.decode() for status in _STATUS.findall(before)]
    return set(found[:-1] if answered else found), answered


@pytest.mark.hostile("S2", sent="61 torture messages on TCP and TLS, an octet in each segment")
@pytest.mark.parametrize("transport", ["tcp", "tls"])
async def test_s2_torture_messages_octet_by_octet_get_the_tabled_answers(transport: str, record_property):
    async with station("uas", f"{transport}:127.0.0.1:0", obliging) as uas:
        for document, name, expected in MESSAGES:
            message = torture_message(document, name)
            told, open_after = await statuses(uas, transport, message)
            status = expected.split()[0]
            if status.isdigit():
                assert status in told, (name, expected, told)
            if "close" in expected:
                assert not open_after, name
    record_property("held", f"{len(MESSAGES)} of {len(MESSAGES)} answered as tabled, or dropped")
