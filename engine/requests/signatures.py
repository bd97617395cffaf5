"""Signatures by which an application knows that a request is ours.

``X-Twilio-Signature`` is what the Twilio SDK's ``RequestValidator`` checks: base64 of HMAC-SHA1 over
the URL followed by the sorted form parameters. It says nothing about time, so a copied request passes
for ever; ``Dialplane-Signature`` is ``t=<unix>,v1=<hex HMAC-SHA256 of "t.body">`` and can be refused
when it is old. The key of both is the account's auth token.
"""

import base64
import hmac
from collections.abc import Iterable
from functools import lru_cache
from itertools import chain

Pairs = Iterable[tuple[str, str]]

TWILIO_HEADER = "X-Twilio-Signature"
DIALPLANE_HEADER = "Dialplane-Signature"
EVENT_HEADER = "Dialplane-Event-Id"

TOLERANCE = 300.0
"""Seconds by which a receiver lets the clocks differ."""


def twilio_signature(auth_token: str, url: str, form: Pairs = ()) -> str:
    """Sign a request for this URL, as sent, with this form body; a GET has no form.

    Of a name that occurs several times each distinct value counts once, in sorted order, as the SDK
    has it.
    """
    text = url + "".join(chain.from_iterable(sorted(set(form))))
    digest = _keyed(auth_token, "sha1").copy()
    digest.update(text.encode("utf-8"))
    return base64.b64encode(digest.digest()).decode("ascii")


def dialplane_signature(auth_token: str, body: bytes, now: float) -> str:
    """Sign a body (empty for a GET) at this Unix time."""
    seconds = int(now)
    return f"t={seconds},v1={_hmac_sha256(auth_token, body, seconds)}"


def check_dialplane_signature(auth_token: str, body: bytes, header: str, now: float) -> bool:
    """Say whether ``header`` signs ``body`` and is not older or newer than five minutes.

    This is the receiver's side, for applications in Python and for tests.
    """
    fields = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    stamp = fields.get("t", "")
    # Twelve digits reach past the year 30,000; more would only be arithmetic for the attacker.
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12) or abs(now - int(stamp)) > TOLERANCE:
        return False
    expected = _hmac_sha256(auth_token, body, int(stamp))
    return hmac.compare_digest(expected.encode(), fields.get("v1", "").encode())


def signed_headers(
    auth_token: str, url: str, form: Pairs, body: bytes, event_id: str, now: float
) -> dict[str, str]:
    """Return the three headers that every request to an application carries."""
    return {
        TWILIO_HEADER: twilio_signature(auth_token, url, form),
        DIALPLANE_HEADER: dialplane_signature(auth_token, body, now),
        EVENT_HEADER: event_id,
    }


def _hmac_sha256(auth_token: str, body: bytes, seconds: int) -> str:
    digest = _keyed(auth_token, "sha256").copy()
    digest.update(b"%d." % seconds + body)
    return digest.hexdigest()


@lru_cache(256)
def _keyed(auth_token: str, algorithm: str) -> hmac.HMAC:
    """Return what has taken in the key, to be copied: half of the work of a signature, once for each key."""
    return hmac.new(auth_token.encode(), digestmod=algorithm)
