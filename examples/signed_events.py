# Run: python examples/signed_events.py    and: dialplane serve --app http://127.0.0.1:9000/
# Dial: sip:anything@127.0.0.1:5060. Set TOKEN to the account's auth token.
"""Takes only requests that Dialplane signed within the last five minutes, and each event once."""

import hashlib
import hmac
import os
import time
from collections import OrderedDict

from aiohttp import web
from aiohttp.typedefs import Handler

TOKEN = os.environ.get("TOKEN", "")
WINDOW = 300.0
REMEMBERED = 100_000
seen: OrderedDict[str, None] = OrderedDict()


def is_signed(body: bytes, header: str) -> bool:
    """Check ``t=<unix>,v1=<hex HMAC-SHA256 of "t.body">``: made with our token, and not long ago."""
    fields = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    stamp = fields.get("t", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        return False
    signed = stamp.encode() + b"." + body
    expected = hmac.new(TOKEN.encode(), signed, hashlib.sha256).hexdigest()
    # compare_digest takes the same time for every wrong signature.
    fresh = abs(time.time() - int(stamp)) <= WINDOW
    return hmac.compare_digest(expected.encode(), fields.get("v1", "").encode()) and fresh


@web.middleware
async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
    if not is_signed(await request.read(), request.headers.get("Dialplane-Signature", "")):
        raise web.HTTPForbidden(text="not signed, or too long ago")
    # An event comes again when our answer was lost; its work is done once. 2xx ends its delivery.
    event = request.headers.get("Dialplane-Event-Id", "")
    if event in seen:
        return web.Response(status=204)
    response = await handler(request)
    seen[event] = None
    if len(seen) > REMEMBERED:
        seen.popitem(last=False)
    return response


async def answer(request: web.Request) -> web.Response:
    document = "<Response><Say>This request was signed.</Say></Response>"
    return web.Response(text=document, content_type="application/xml")


app = web.Application(middlewares=[check])
app.router.add_post("/", answer)
if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "9000")))
