"""One OpenTelemetry trace for each call, when that was asked for and ``dialplane[otel]`` is installed."""
