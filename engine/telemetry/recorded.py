"""Records the spans of calls with the OpenTelemetry SDK; beside ``exporting`` the only module that needs it.

A call is one trace. Its id is the 32 hexadecimal digits of the CallSid, so that whoever has one has both; a
call that a REST request with a ``traceparent`` made belongs to that trace instead. Numbers, keys, words and
texts of callers are in no span: a URL is recorded without the parameters that we add to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Sampler
from opentelemetry.semconv.attributes import (
    error_attributes,
    http_attributes,
    server_attributes,
    url_attributes,
)
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from engine.journal.executions import COMPLETED, FAILED, how_it_ended
from engine.reporting.masking import masked_text, masked_url
from engine.requests.http_request import Ended, Request, Wire
from engine.store import CallRow, CallStatus
from engine.telemetry.spans import CallSpan, Exchange, Spans
from engine.version import version
from rcml.schema import Verb
from rcml.witness import Execution, Witness

Attributes = dict[str, str | int]

_W3C = TraceContextTextMapPropagator()
_NOWHERE = Context()
_REMOTE: ContextVar[Context] = ContextVar("trace of a REST request", default=_NOWHERE)
_CALL: ContextVar[_SeenCall | None] = ContextVar("call that is followed", default=None)
_HEARD = ("mos_heard", "mos_sent", "packets_lost", "jitter_ms")
"""What a leg's span tells of its sound, of ``CallRow.quality``."""


class _TraceIds(RandomIdGenerator):
    """Gives a trace the digits of a CallSid as its id, when there is one."""

    call_sid = ""

    def generate_trace_id(self) -> int:
        return int(self.call_sid[2:], 16) if self.call_sid else super().generate_trace_id()


@dataclass
class _SeenLeg:
    span: Span
    call: _SeenCall | None
    """The call that it was made for."""


class RecordedSpans(Spans):
    """Hands the spans of calls to a processor of the SDK."""

    def __init__(
        self, processor: SpanProcessor, sampler: Sampler | None = None, resource: Resource | None = None
    ) -> None:
        """Without a sampler the standard variables choose one."""
        self._ids = _TraceIds()
        self.provider = TracerProvider(
            sampler=sampler, resource=resource, id_generator=self._ids, shutdown_on_exit=False
        )
        self.provider.add_span_processor(processor)
        self._tracer = self.provider.get_tracer("dialplane", version())
        self._legs: dict[str, _SeenLeg] = {}

    def call(self, row: CallRow) -> CallSpan:
        leg = self._legs.get(row.sid)
        if leg is not None and leg.call is not None and leg.call.rings(row):
            leg.call.row = row
            return CallSpan()
        # What a socket was opened for says nothing of the calls that come in over it.
        remote = _NOWHERE if row.direction == "inbound" else _REMOTE.get()
        parent = trace.set_span_in_context(leg.span, _NOWHERE) if leg is not None else remote
        kind = SpanKind.SERVER if row.direction == "inbound" else SpanKind.INTERNAL
        return _SeenCall(row, self._begin("call", kind, parent, row.sid, _of_call(row)))

    def leg(self, row: CallRow, event: str) -> None:
        leg = self._legs.get(row.sid)
        if leg is None:
            kind = SpanKind.INTERNAL if row.direction == "inbound" else SpanKind.CLIENT
            span = self._begin("leg", kind, None, row.sid, _of_call(row))
            leg = self._legs[row.sid] = _SeenLeg(span, _CALL.get())
        if event != "completed":
            leg.span.add_event(event)
            return
        del self._legs[row.sid]
        for name in _HEARD:
            if (figure := (row.quality or {}).get(name)) is not None:
                leg.span.set_attribute(f"dialplane.leg.{name}", figure)
        _end_with(leg.span, row)

    def verbs(self, row: CallRow, witness: Witness) -> Witness:
        def seen(verb: Verb) -> Execution:
            about: Attributes = {"dialplane.call.sid": row.sid}
            span = self._begin(verb.schema.name, SpanKind.INTERNAL, None, row.sid, about)
            return _SeenVerb(witness(verb), span)

        return seen

    def exchange(self, request: Request, wire: Wire) -> Exchange:
        current = trace.get_current_span().get_span_context()
        leg = self._legs.get(request.call_sid)
        if not (current.is_valid or request.call_sid):
            return Exchange()
        parent = None if current.is_valid or leg is None else trace.set_span_in_context(leg.span, _NOWHERE)
        attributes = _of_request(request, wire)
        span = self._begin(wire.method, SpanKind.CLIENT, parent, request.call_sid, attributes)
        _W3C.inject(wire.headers, trace.set_span_in_context(span, _NOWHERE))
        return _SeenExchange(span)

    def carried(self, call_sid: str | None) -> str:
        span, leg = trace.get_current_span(), self._legs.get(call_sid or "")
        if leg is not None and _trace_of(leg.span) != _trace_of(span):
            span = leg.span
        headers: dict[str, str] = {}
        _W3C.inject(headers, trace.set_span_in_context(span, _NOWHERE))
        return headers.get("traceparent", "")

    @contextmanager
    def continued(self, traceparent: str, call_sid: str | None) -> Iterator[None]:
        # Without one, as for a call that died with an earlier process, its sid names the trace.
        token = attach(_W3C.extract({"traceparent": traceparent}, _NOWHERE))
        try:
            yield
        finally:
            detach(token)

    @contextmanager
    def asked(self, headers: Mapping[str, str]) -> Iterator[None]:
        carrier = {name.lower(): value for name, value in headers.items()}
        token = _REMOTE.set(_W3C.extract(carrier, _NOWHERE))
        try:
            yield
        finally:
            _REMOTE.reset(token)

    def _begin(
        self, name: str, kind: SpanKind, parent: Context | None, call_sid: str, attributes: Attributes
    ) -> Span:
        """Begin a span below ``parent``, None for the current one; one below nothing begins the trace."""
        self._ids.call_sid = call_sid
        try:
            return self._tracer.start_span(name, parent, kind, attributes)
        finally:
            self._ids.call_sid = ""


class _SeenCall(CallSpan):
    """One call, from its first INVITE to its last event."""

    def __init__(self, row: CallRow, span: Span) -> None:
        self.row = row
        self._span = span
        self._current: AbstractContextManager[None] | None = None
        self._over = False

    def rings(self, row: CallRow) -> bool:
        """Whether it is the call that a REST request made, and this is one of its legs."""
        return not self._over and row.parent_call_sid is None

    @contextmanager
    def current(self) -> Iterator[None]:
        token, call = attach(trace.set_span_in_context(self._span, _NOWHERE)), _CALL.set(self)
        try:
            yield
        finally:
            _CALL.reset(call)
            detach(token)

    def __enter__(self) -> None:
        self._current = self.current()
        self._current.__enter__()

    def __exit__(self, *error: object) -> None:
        if self._current is not None:
            self._current.__exit__(None, None, None)
        self._over = True
        _end_with(self._span, self.row)


class _SeenVerb:
    """One verb that runs, beside the record that is kept of it."""

    def __init__(self, record: Execution, span: Span) -> None:
        self._record = record
        self._span = span
        self._token = attach(trace.set_span_in_context(span))

    def answered(self, answer: object) -> None:
        self._record.answered(answer)

    def ended(self, error: BaseException | None) -> None:
        self._record.ended(error)
        detach(self._token)
        if error is None:
            self._span.set_attribute("dialplane.verb.status", COMPLETED)
        else:
            status, reason, _ = how_it_ended(error)
            self._span.set_attribute("dialplane.verb.status", status)
            if status == FAILED:
                self._span.set_attribute(error_attributes.ERROR_TYPE, type(error).__name__)
                self._span.set_status(Status(StatusCode.ERROR, masked_text(reason)))
        self._span.end()


class _SeenExchange(Exchange):
    """One HTTP request, by the semantic conventions for clients."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def ended(self, ended: Ended) -> None:
        span = self._span
        status = ended.answer.status if ended.answer is not None else ended.status
        if status is not None:
            span.set_attribute(http_attributes.HTTP_RESPONSE_STATUS_CODE, status)
        if ended.problem:
            kind = ended.refused.outcome if ended.refused is not None else "cancelled"
            span.set_attribute(error_attributes.ERROR_TYPE, kind if status is None else str(status))
            span.set_status(Status(StatusCode.ERROR, masked_text(ended.problem)))
        span.end()


def _of_call(row: CallRow) -> Attributes:
    found: Attributes = {
        "dialplane.call.sid": row.sid,
        "dialplane.account.sid": row.account_sid,
        "dialplane.call.direction": row.direction,
    }
    if row.parent_call_sid is not None:
        found["dialplane.call.parent_sid"] = row.parent_call_sid
    return found


def _of_request(request: Request, wire: Wire) -> Attributes:
    found: Attributes = {
        http_attributes.HTTP_REQUEST_METHOD: wire.method,
        url_attributes.URL_FULL: _own_url(request, wire),
        server_attributes.SERVER_ADDRESS: wire.url.host or "",
        server_attributes.SERVER_PORT: wire.url.port or 0,
    }
    if request.call_sid:
        found["dialplane.call.sid"] = request.call_sid
    if request.event_id:
        found["dialplane.event.id"] = request.event_id
    if request.attempt > 1:
        found[http_attributes.HTTP_REQUEST_RESEND_COUNT] = request.attempt - 1
    return found


def _own_url(request: Request, wire: Wire) -> str:
    """Return the URL as the application has it, without the parameters of a GET and without secrets."""
    added = set(request.parameters)
    query = parse_qsl(wire.url.raw_query_string, keep_blank_values=True)
    own = urlencode([pair for pair in query if pair not in added])
    return masked_url(str(wire.url.with_query(None)) + (f"?{own}" if own else ""))


def _trace_of(span: Span) -> int:
    return span.get_span_context().trace_id


def _end_with(span: Span, row: CallRow) -> None:
    """End the span of a call or leg as its record says that it went."""
    span.set_attribute("dialplane.call.status", str(row.status))
    if row.status == CallStatus.FAILED:
        span.set_status(Status(StatusCode.ERROR, row.reason or None))
    span.end()
