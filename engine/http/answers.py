"""The answers of the REST API: what is shown, as JSON or XML.

A path that says ``.json`` or ``.xml`` decides; else the header Accept does. Who wishes nothing gets XML, as
from Restcomm and Twilio (rest-api.md section 1.1).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from typing import Any

from aiohttp import web

from engine.http.dialect import Dialect, of_path
from engine.http.xml_writer import DECLARATION, Called, opened, shown, written

SHOWN = web.RequestKey("shown", object)
"""Under this key a request knows what it was answered."""
AT_A_TIME = 20
"""Items that are written without a break: about 2 ms."""

_SUFFIX = re.compile(r"\.(json|xml)(?=/|$)")
_JSON = ("application/json",)
_XML = ("application/xml", "text/xml")


async def answered(
    request: web.Request, value: Any, called: Called, status: int = 200, *, array: str = ""
) -> web.Response:
    """Return ``value``, which is one thing, a list, or a page with its list under ``array``.

    Between a few items calls have their turn (quiet loop).
    """
    request[SHOWN] = value
    if not wants_xml(request.path, request.headers.get("Accept", "")):
        return json_response(value, status)
    if isinstance(value, list):
        content = await _listed(called, {}, value)
    elif array:
        attributes = {key: each for key, each in value.items() if key != array}
        content = await _listed(called, attributes, value[array])
    elif _is_long(value):
        content = await asyncio.to_thread(shown, called.one, value)
    else:
        content = shown(called.one, value)
    return xml_response(of_path(request.path), content, status)


def _is_long(value: Any) -> bool:
    """Say whether one thing has a list in it that takes too long to be written on the event loop."""
    inside = value.values() if isinstance(value, dict) else ()
    return any(isinstance(each, list) and len(each) > AT_A_TIME for each in inside)


async def _listed(called: Called, attributes: dict[str, Any], items: Sequence[Any]) -> str:
    pieces = [opened(called.several, attributes)]
    for position, item in enumerate(items, 1):
        pieces.append(written(called.one, item))
        if position % AT_A_TIME == 0:
            await asyncio.sleep(0)
    return "".join((*pieces, f"</{called.several}>"))


def json_response(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Return an answer in JSON."""
    text = json.dumps(value, ensure_ascii=False)
    return web.Response(status=status, text=text, content_type="application/json", headers=headers)


def xml_response(
    spoken: Dialect, content: str, status: int, headers: dict[str, str] | None = None
) -> web.Response:
    """Return an answer in XML, below the root that each answer of the dialect has."""
    text = f"{DECLARATION}<{spoken.root}>{content}</{spoken.root}>"
    return web.Response(status=status, text=text, content_type="application/xml", headers=headers)


def wants_xml(path: str, accept: str) -> bool:
    """Say whether a request for ``path`` with this header Accept is answered in XML.

    Who names JSON, and nothing that is liked more, gets JSON.
    """
    suffix = _SUFFIX.search(path)
    if suffix is not None:
        return suffix[1] == "xml"
    liked = _qualities(accept)
    as_json, as_xml = (_quality(liked, kinds) for kinds in (_JSON, _XML))
    return as_json < as_xml or as_json == 0 or not any(kind in liked for kind in _JSON)


def _qualities(accept: str) -> dict[str, float]:
    """Return how much each media range is liked (RFC 9110 section 12.5.1); what cannot be read counts 1."""
    liked = {}
    for each in accept.split(","):
        media, *parameters = (part.strip().lower() for part in each.split(";"))
        weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        try:
            liked[media] = float(weight)
        except ValueError:
            liked[media] = 1.0
    return liked


def _quality(liked: dict[str, float], kinds: Sequence[str]) -> float:
    """Return how much the best of some kinds is liked; a range that names one counts before a starred one."""
    return max(
        next((liked[each] for each in (kind, f"{kind.partition('/')[0]}/*", "*/*") if each in liked), 0.0)
        for kind in kinds
    )
