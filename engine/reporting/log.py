"""Logs: one line for each thing that happens, as JSON or, on a terminal, for the eye.

Everything that is logged while a call's task runs carries that call's ``call_sid``: bind it once
with :func:`bound`, and tasks started inside inherit it.
"""

import asyncio
import functools
import logging
import sys
import time
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, TextIO, cast

import structlog

from engine.reporting.log_writer import LineWriter

LONGEST_VALUE = 2000
"""Characters of one logged value; longer ones are cut, since they come from peers."""

_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0))}
# Line and paragraph separators, and the marks that reorder text in a terminal (Trojan Source).
_ESCAPES |= {code: f"\\u{code:04x}" for code in (*range(0x2028, 0x202F), *range(0x2066, 0x206A))}

Fields = MutableMapping[str, Any]


def configure(stream: TextIO | None = None, level: str = "info", json: bool | None = None) -> None:
    """Send all logs to ``stream``, or without one to standard error, as JSON unless that is a terminal.

    Standard error is written by a thread; a stream that is given is written at once.
    """
    out = sys.stderr if stream is None else stream
    file = cast(TextIO, _standard_error()) if stream is None else stream
    as_json = not out.isatty() if json is None else json
    threshold = getattr(logging, level.upper())
    renderer: Any = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=out.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            escape_controls,
            _most_wanted_first,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(file),
        cache_logger_on_first_use=False,
    )
    _configured.cache_clear()
    forward = _ToStructlog(level=logging.WARNING)
    logging.basicConfig(handlers=[forward], level=logging.WARNING, force=True)


@functools.cache
def _standard_error() -> LineWriter:
    return LineWriter(sys.stderr)


def get(name: str) -> Any:
    """Return the logger of one part of the engine, named in each of its lines."""
    # Made anew it costs a tenth of a millisecond in each call; before configure() it must not be kept.
    return _configured(name) if structlog.is_configured() else structlog.get_logger(part=name)


@functools.cache
def _configured(name: str | None) -> Any:
    named = {} if name is None else {"part": name}
    return structlog.get_logger(**named).bind()


bound = structlog.contextvars.bound_contextvars
"""Adds fields, such as ``call_sid``, to every line logged inside, also by tasks started inside."""


@contextmanager
def step(name: str, **fields: Any) -> Iterator[dict[str, Any]]:
    """Log ``name.started`` and then ``name.done`` or ``name.failed`` with the duration in seconds.

    The dictionary given to the block is written with the last line, so that the block can say what
    came out. An exception is logged in one line and passes through.
    """
    logger = _configured(None) if structlog.is_configured() else structlog.get_logger()
    logger.debug(f"{name}.started", **fields)
    outcome: dict[str, Any] = {}
    begun = time.perf_counter()
    try:
        yield outcome
    except asyncio.CancelledError:
        # A caller who hangs up cancels what was done for him: an end like others, not a fault.
        logger.info(f"{name}.failed", duration=_since(begun), **{**fields, **outcome, "error": "cancelled"})
        raise
    except BaseException as error:
        outcome["error"] = f"{type(error).__name__}: {error}"
        logger.warning(f"{name}.failed", duration=_since(begun), **{**fields, **outcome})
        raise
    logger.info(f"{name}.done", duration=_since(begun), **{**fields, **outcome})


def escape_controls(_logger: Any, _method: str, fields: Fields) -> Fields:
    """Make every text harmless to a terminal and to a log reader that splits at line ends."""
    for key, value in fields.items():
        if isinstance(value, str):
            # The trace of an exception is ours and must keep its lines.
            fields[key] = value if key == "exception" else _harmless(value)
        elif not isinstance(value, int | float | bool | None):
            fields[key] = _harmless(str(value))
    return fields


def _most_wanted_first(_logger: Any, _method: str, fields: Fields) -> Fields:
    first = {name: fields.pop(name) for name in ("timestamp", "level", "event") if name in fields}
    return {**first, **fields}


def _harmless(text: str) -> str:
    cut = text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}… ({len(text)} characters)"
    return cut.translate(_ESCAPES)


def _since(begun: float) -> float:
    return round(time.perf_counter() - begun, 4)


class _ToStructlog(logging.Handler):
    """Passes on what libraries log, so that everything leaves in one form."""

    def emit(self, record: logging.LogRecord) -> None:
        logger = structlog.get_logger(part=record.name)
        logger.log(record.levelno, record.getMessage(), exc_info=record.exc_info)
