"""A collector of OpenTelemetry on loopback: it takes spans over OTLP/HTTP and remembers them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.testkit.loopback_server import LoopbackServer
from tests.testkit.waiting import eventually


@dataclass(frozen=True)
class Collected:
    """One span as it came over the wire; identifiers in hexadecimal digits."""

    name: str
    trace_id: str
    span_id: str
    parent: str
    """Empty for the first of its trace."""
    kind: str
    attributes: dict[str, Any] = field(repr=False)
    events: tuple[str, ...] = ()
    failed: bool = False

    def __getitem__(self, name: str) -> Any:
        return self.attributes[name]

    @property
    def traceparent(self) -> tuple[str, str]:
        """Trace and span, as the header names them."""
        return self.trace_id, self.span_id


def carried_by(traceparent: str) -> tuple[str, str]:
    """Return trace and span of a ``traceparent`` header, which must say that they are recorded."""
    form, trace_id, span_id, flags = traceparent.split("-")
    assert form == "00"
    assert int(flags, 16) & 1, "the trace is sampled"
    return trace_id, span_id


class OtlpCollector(LoopbackServer):
    """Use as `async with`; ``status`` is what it answers from now on."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.spans: list[Collected] = []
        self.resource: dict[str, Any] = {}
        self.headers: dict[str, str] = {}
        self.status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def _application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/v1/traces", self._take)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        self.headers = dict(request.headers)
        if self.status != 200:
            return web.Response(status=self.status)
        asked = ExportTraceServiceRequest.FromString(await request.read())
        for resource in asked.resource_spans:
            self.resource = _plain(resource.resource.attributes)
            self.spans += (_collected(span) for scope in resource.scope_spans for span in scope.spans)
        return web.Response(
            body=ExportTraceServiceResponse().SerializeToString(), content_type="application/x-protobuf"
        )

    def named(self, name: str, **attributes: Any) -> list[Collected]:
        """Return the spans of this name; an attribute is written with `__` for each dot."""
        wanted = {key.replace("__", "."): value for key, value in attributes.items()}
        return [
            span for span in self.spans if span.name == name and wanted.items() <= span.attributes.items()
        ]

    def children(self, span: Collected) -> list[str]:
        """Return the names of the spans below this one, in order."""
        return sorted(each.name for each in self.spans if each.parent == span.span_id)

    async def has(self, name: str, number: int = 1, **attributes: Any) -> list[Collected]:
        """Wait for so many spans of a name and return them."""

        def came() -> bool:
            return len(self.named(name, **attributes)) >= number

        await eventually(came, 20, f"{number} spans {name} come", context=lambda: f"spans: {self.spans}")
        return self.named(name, **attributes)


def _collected(span: Span) -> Collected:
    return Collected(
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        attributes=_plain(span.attributes),
        events=tuple(event.name for event in span.events),
        failed=span.status.code == 2,
    )


def _plain(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
