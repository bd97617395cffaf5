"""Begins to record the spans of calls, when the configuration or the standard variables ask for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from engine.config import Settings
from engine.config.settings import DEFAULT
from engine.config.telemetry_section import TelemetrySection
from engine.errors import ConfigurationError
from engine.reporting import log
from engine.telemetry.spans import record_with

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_ADVICE = "the extra dialplane[otel] is not installed: pip install 'dialplane[otel]'"


def start_telemetry(
    settings: Settings, instance: str, parts: AsyncExitStack, environ: Mapping[str, str] = os.environ
) -> None:
    """Record and send the spans of calls; ``parts`` sends what is left at the end."""
    section = settings.telemetry
    if not _wanted(section, environ):
        return
    try:
        from engine.telemetry.exporting import exported, flush
    except ModuleNotFoundError as error:
        if section.endpoint:
            raise ConfigurationError(f"telemetry.endpoint is set, and {_ADVICE}") from error
        # Clusters set the variables for every process, also for those that were not built for it.
        log.get("telemetry").warning("telemetry.not_installed", problem=_ADVICE)
        return
    spans = exported(
        _traces_url(section.endpoint), _headers(section), _sample_ratio(settings, environ), instance
    )
    before = record_with(spans)
    parts.callback(record_with, before)
    parts.push_async_callback(flush, spans)
    log.get("telemetry").info("telemetry.on", sample_ratio=section.sample_ratio)


def _wanted(section: TelemetrySection, environ: Mapping[str, str]) -> bool:
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    return bool(section.endpoint or any(environ.get(name) for name in _ENDPOINTS))


def _traces_url(endpoint: str) -> str:
    return (
        f"{endpoint.rstrip('/')}/v1/traces" if endpoint and urlsplit(endpoint).path in ("", "/") else endpoint
    )


def _headers(section: TelemetrySection) -> dict[str, str] | None:
    written = section.headers.get_secret_value()
    pairs = (pair.partition("=") for pair in written.split(",") if pair)
    return {name.strip(): value.strip() for name, _, value in pairs} or None


def _sample_ratio(settings: Settings, environ: Mapping[str, str]) -> float | None:
    unwritten = settings.origin("telemetry.sample_ratio") == DEFAULT
    return None if unwritten and environ.get("OTEL_TRACES_SAMPLER") else settings.telemetry.sample_ratio
