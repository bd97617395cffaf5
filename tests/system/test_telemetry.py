"""One OpenTelemetry trace for each call: the daemon between telephones, an application and a collector."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.testkit.application import ApplicationPort, FakeApplication
from tests.testkit.callee import Callees
from tests.testkit.daemon import AUTH_TOKEN, Daemon
from tests.testkit.otlp_collector import OtlpCollector, carried_by
from tests.testkit.phone import Phones
from tests.testkit.ports import free_port

COLLECTOR = free_port()

ENVIRONMENT = {
    "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{COLLECTOR}",
    "OTEL_EXPORTER_OTLP_HEADERS": "x-tenant=voice",
    "OTEL_SERVICE_NAME": "front desk",
    "OTEL_BSP_SCHEDULE_DELAY": "100",
    "OTEL_EXPORTER_OTLP_TIMEOUT": "1",
}


def numbers(port: ApplicationPort) -> list[dict[str, str]]:
    return [{"number": "3000", "voice_url": port.url("/dial"), "status_callback": port.url("/status")}]


@pytest.fixture
async def collector(daemon: Daemon) -> AsyncIterator[OtlpCollector]:
    async with OtlpCollector(COLLECTOR) as collector:
        yield collector


async def test_a_call_is_one_trace_with_its_legs_verbs_and_requests(
    collector: OtlpCollector, phones: Phones, callees: Callees, application: FakeApplication
):
    callee = await callees.add()
    application.answer("/dial", f'<Response><Dial action="/done">{callee.noun}</Dial></Response>')
    application.answer("/done", "<Response><Hangup/></Response>")
    application.answer("/status", "")
    caller = await (await phones.dial("3000")).answered()
    await callee.answered()
    await callee.sip.hang_up()
    await caller.ended_by_server()
    last = await application.request_to("/status", number=3)
    (call,) = await collector.has("call")
    (told,) = await collector.has("POST", dialplane__event__id=last.headers["Dialplane-Event-Id"])

    # A CallSid is CA and the digits of its trace.
    assert (call["dialplane.call.sid"], call.kind) == (f"CA{call.trace_id}", "server")
    assert {span.trace_id for span in collector.spans} == {call.trace_id}
    assert collector.children(call) == ["Dial", "Hangup", "POST", "POST", "POST", "POST", "leg"]
    (dial,) = collector.named("Dial")
    # The caller is answered in it, which the application is told.
    assert collector.children(dial) == ["POST", "leg"]
    own, dialled = sorted(collector.named("leg"), key=lambda leg: leg.kind == "client")
    assert (own.parent, dialled.parent) == (call.span_id, dial.span_id)
    assert own.events == ("ringing", "answered")
    assert dialled.events == ("initiated", "ringing", "answered")
    assert dialled["dialplane.call.parent_sid"] == call["dialplane.call.sid"]
    assert told["http.response.status_code"] == 200
    assert carried_by(last.headers["traceparent"]) == told.traceparent
    for request in application.requests:
        assert carried_by(request.headers["traceparent"]) in {each.traceparent for each in collector.spans}
    assert collector.resource["service.name"] == "front desk"
    assert collector.headers["x-tenant"] == "voice"
    assert AUTH_TOKEN not in str(collector.spans)


async def test_a_call_continues_the_trace_of_the_request_that_makes_it(
    daemon: Daemon, collector: OtlpCollector, phones: Phones, callees: Callees, application: FakeApplication
):
    bob = await callees.add()
    application.answer("/url", "<Response><Pause/></Response>")
    application.answer("/status", "")
    trace, span = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    placed = await daemon.place(
        bob.uri,
        traceparent=f"00-{trace}-{span}-01",
        Url=application.url("/url"),
        StatusCallback=application.url("/status"),
    )
    await bob.answered()
    await bob.hung_up_on()
    await application.request_to("/status", number=4)
    (call,) = await collector.has("call")
    requests = await collector.has("POST", 5)
    assert (call.trace_id, call.parent, call["dialplane.call.sid"]) == (trace, span, placed["sid"])
    assert {each.trace_id for each in collector.spans} == {trace}
    assert collector.children(call) == [*["POST"] * 5, "Pause", "leg"]
    seen = {carried_by(each.headers["traceparent"]) for each in application.requests}
    assert seen == {each.traceparent for each in requests}


async def test_a_collector_that_is_down_costs_calls_nothing(phones: Phones, application: FakeApplication):
    application.answer("/main", "<Response><Say>good bye</Say></Response>")
    caller = await (await phones.dial("2000")).answered()
    await caller.ended_by_server()
