"""The ``[telemetry]`` section: where the traces of calls are sent."""

from pydantic import Field, SecretStr, field_validator

from engine.config.section import Section
from engine.config.values import ApplicationUrl


class TelemetrySection(Section):
    """OpenTelemetry traces of calls; needs the extra `dialplane[otel]`. Read at start.

    What is not written here the standard variables say, such as `OTEL_EXPORTER_OTLP_ENDPOINT`.
    """

    endpoint: ApplicationUrl = Field(
        "",
        description="Collector that takes OTLP over HTTP, such as `http://127.0.0.1:4318`; `/v1/traces` is "
        "added to a URL without a path. Empty: no traces, unless `OTEL_EXPORTER_OTLP_ENDPOINT` or "
        "`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is set.",
    )
    headers: SecretStr = Field(
        SecretStr(""),
        description="Headers for the collector, `name=value,name=value`; better in the variable than in the "
        "file. Empty: those of `OTEL_EXPORTER_OTLP_HEADERS`.",
    )
    sample_ratio: float = Field(
        1.0,
        description="Share of the calls that are traced. A call whose REST request brings a `traceparent` is "
        "traced when that says so. When not written, `OTEL_TRACES_SAMPLER` decides if it is set.",
        ge=0,
        le=1,
    )

    @field_validator("endpoint")
    @classmethod
    def _whole(cls, value: str) -> str:
        if value.startswith("/"):
            raise ValueError("write a whole URL, such as http://127.0.0.1:4318")
        return value

    @field_validator("headers")
    @classmethod
    def _pairs(cls, value: SecretStr) -> SecretStr:
        for pair in filter(None, value.get_secret_value().split(",")):
            name, sign, _ = pair.partition("=")
            if not (name.strip() and sign):
                raise ValueError("write name=value,name=value")
        return value
