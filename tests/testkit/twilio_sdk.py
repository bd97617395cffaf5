"""The official Twilio SDK, unmodified, turned to a daemon: only the base URL is ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from tests.testkit.daemon import ACCOUNT_SID, AUTH_TOKEN, Daemon


@contextmanager
def twilio_client(daemon: Daemon) -> Iterator[Client]:
    """A client of the daemon's account."""
    http = TwilioHttpClient(timeout=10.0)
    client = Client(ACCOUNT_SID, AUTH_TOKEN, http_client=http)
    client.api.base_url = daemon.http
    yield client
    http.session.close()
