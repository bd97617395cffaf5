"""The applications that the configuration and the store name, with URLs as a request can use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from urllib.parse import urljoin

from engine.config import Settings
from engine.exchange.routing import Application, NumberRoute, Parameters
from engine.store import ApplicationRow, ClientRow, NumberRow


def absolute(url: str, settings: Settings) -> str:
    """Return a URL; a path is one of this server."""
    return urljoin(f"{settings.public_url}/", url) if url.startswith("/") else url


def of_number(
    row: NumberRow, settings: Settings, applications: Mapping[str, ApplicationRow] = MappingProxyType({})
) -> NumberRoute | None:
    """Return the route of a number; None when nothing says what its calls do.

    The applications that it names, for calls, texts and transfers, win over its own URLs.
    """
    urls = applications.get(row.voice_application_sid or "", row)
    if not urls.voice_url:
        return None
    refer_url, refer_method = _transfers(row, applications.get(row.refer_application_sid or ""))
    texts = applications.get(row.sms_application_sid or "", row)
    application = replace(
        _answering_texts(_voice(urls, settings), texts, settings),
        status_callback=absolute(urls.status_callback, settings),
        status_callback_method=urls.status_callback_method,
        refer_url=absolute(refer_url, settings),
        refer_method=refer_method,
        account_sid=row.account_sid,
        number_sid=row.sid,
    )
    plain, pattern = ("", row.phone_number) if row.is_regex else (row.phone_number, "")
    return NumberRoute(application, number=plain, pattern=pattern)


def refused_number(row: NumberRow, account_status: str) -> NumberRoute:
    """Return the route of a number whose account may do nothing now."""
    plain, pattern = ("", row.phone_number) if row.is_regex else (row.phone_number, "")
    application = Application(account_sid=row.account_sid, number_sid=row.sid)
    refusal = f"the account of the number {row.phone_number!r} is {account_status}"
    return NumberRoute(application, number=plain, pattern=pattern, refusal=refusal)


def of_application(row: ApplicationRow, settings: Settings, parameters: Parameters) -> Application | None:
    """Return an application that is called by its sid, and told ``parameters``; None without a document."""
    if not row.voice_url:
        return None
    return replace(
        _voice(row, settings),
        status_callback=absolute(row.status_callback, settings),
        status_callback_method=row.status_callback_method,
        account_sid=row.account_sid,
        parameters=parameters,
    )


def of_client(
    row: ClientRow, settings: Settings, applications: Mapping[str, ApplicationRow] = MappingProxyType({})
) -> Application | None:
    """Return what every call of a client runs; None when it may call others."""
    urls = applications.get(row.voice_application_sid or "", row)
    return replace(_voice(urls, settings), account_sid=row.account_sid) if urls.voice_url else None


def _answering_texts(
    application: Application, row: ApplicationRow | NumberRow, settings: Settings
) -> Application:
    """Return the application with what answers a text.

    One of Restcomm's has one URL, for whatever it is named for.
    """
    url, method = row.sms_url, row.sms_method
    fallback, fallback_method = row.sms_fallback_url, row.sms_fallback_method
    if isinstance(row, ApplicationRow) and not url:
        url, method = row.voice_url, row.voice_method
        fallback, fallback_method = row.voice_fallback_url, row.voice_fallback_method
    return replace(
        application,
        sms_url=absolute(url, settings),
        sms_method=method,
        sms_fallback_url=absolute(fallback, settings),
        sms_fallback_method=fallback_method,
    )


def _transfers(row: NumberRow, named: ApplicationRow | None) -> tuple[str, str]:
    """Return what a call runs that is transferred to us, and how it is requested."""
    return (named.voice_url, named.voice_method) if named else (row.refer_url, row.refer_method)


def _voice(urls: ApplicationRow | NumberRow | ClientRow, settings: Settings) -> Application:
    return Application(
        voice_url=absolute(urls.voice_url, settings),
        voice_method=urls.voice_method,
        voice_fallback_url=absolute(urls.voice_fallback_url, settings),
        voice_fallback_method=urls.voice_fallback_method,
        api_version=urls.api_version,
    )
