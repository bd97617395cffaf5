"""The applications that the configuration and the store name, with URLs as a request can use them."""

from __future__ import annotations

from urllib.parse import urljoin

from engine.config import Settings
from engine.config.schema import NumberEntry
from engine.routing import Application, NumberRoute
from engine.store import ClientRow


def absolute(url: str, settings: Settings) -> str:
    """Return a URL; a path is one of this server."""
    return urljoin(f"{settings.public_url}/", url) if url.startswith("/") else url


def of_number(entry: NumberEntry, settings: Settings) -> NumberRoute:
    """Return the route of a number."""
    application = Application(
        voice_url=absolute(entry.voice_url, settings),
        voice_method=entry.voice_method,
        voice_fallback_url=absolute(entry.voice_fallback_url, settings),
        voice_fallback_method=entry.voice_fallback_method,
        status_callback=absolute(entry.status_callback, settings),
        status_callback_method=entry.status_callback_method,
        sms_url=absolute(entry.sms_url, settings),
        sms_method=entry.sms_method,
        sms_fallback_url=absolute(entry.sms_fallback_url, settings),
        sms_fallback_method=entry.sms_fallback_method,
        refer_url=absolute(entry.refer_url, settings),
        refer_method=entry.refer_method,
    )
    return NumberRoute(application, number=entry.number, pattern=entry.regex)


def of_client(row: ClientRow, settings: Settings) -> Application | None:
    """Return what every call of a client runs; None when it may call others."""
    if not row.voice_url:
        return None
    return Application(
        voice_url=absolute(row.voice_url, settings),
        voice_method=row.voice_method,
        voice_fallback_url=absolute(row.voice_fallback_url, settings),
        voice_fallback_method=row.voice_fallback_method,
    )
