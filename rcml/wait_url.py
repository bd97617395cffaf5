"""The attribute `waitUrl`: what those hear who wait for a room, or in a queue."""

from __future__ import annotations

from dataclasses import replace

from rcml.call import Sound
from rcml.dialling import Waiting, sound_or_document
from rcml.errors import PLAYBACK_FAILED
from rcml.flow import Fetch
from rcml.values import HttpMethod, Kind, Place, Url


def _read(written: str, place: Place) -> Url | Waiting:
    return Url(written, replace(place, url_code=PLAYBACK_FAILED)) if written else Waiting.SILENCE


WAIT_URL = Kind("URL, may be relative; empty for silence", _read, empty_is_absent=False, code=PLAYBACK_FAILED)


def heard(wait: Url | Waiting, method: HttpMethod) -> Sound | Fetch | Waiting:
    """Return what is heard meanwhile; raises ``InvalidUrl``."""
    return wait if isinstance(wait, Waiting) else sound_or_document(wait.absolute(), method)
