# Run: python examples/sequential_dial.py    and: dialplane serve --app http://127.0.0.1:9000/
# Dial: sip:sales@127.0.0.1:5060 and answer with a softphone that listens on 127.0.0.1:5070 or 5071
# Set DESKS to ring other SIP addresses, and RING_SECONDS for how long each rings.
"""Sequential dial: the desks ring one after the other; when nobody answers, the caller leaves a message."""

import os
from xml.sax.saxutils import escape

from aiohttp import web

DESKS = os.environ.get("DESKS", "sip:anna@127.0.0.1:5070 sip:bert@127.0.0.1:5071").split()
RING_SECONDS = int(os.environ.get("RING_SECONDS", "15"))
routes = web.RouteTableDef()


def document(verbs: str) -> web.Response:
    return web.Response(text=f"<Response>{verbs}</Response>", content_type="application/xml")


def ring(desk: int) -> web.Response:
    """Ring a desk by its place in DESKS. The place of the next one travels in the action's URL."""
    if desk >= len(DESKS):
        return document(
            "<Say>Nobody is free. Please leave a message.</Say>"
            '<Record action="/recorded" maxLength="120" timeout="3" finishOnKey="#"/><Say>Goodbye.</Say>'
        )
    dial = f'<Dial timeout="{RING_SECONDS}" action="/rang?next={desk + 1}">'
    return document(f"{dial}<Sip>{escape(DESKS[desk])}</Sip></Dial>")


@routes.post("/")
async def answer(request: web.Request) -> web.Response:
    return ring(0)


@routes.post("/rang")
async def rang(request: web.Request) -> web.Response:
    # Busy, no-answer, failed and canceled lead to the next desk; after a talk there is nothing left to do.
    if (await request.post())["DialCallStatus"] == "completed":
        return document("<Hangup/>")
    return ring(int(request.query["next"]))


@routes.post("/recorded")
async def recorded(request: web.Request) -> web.Response:
    form = await request.post()
    print(str(form["From"]), "has left a message:", str(form["RecordingUrl"]))
    return document("<Say>Thank you. We will call you back.</Say>")


app = web.Application()
app.add_routes(routes)
if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "9000")))
