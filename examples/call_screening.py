# Run: python examples/call_screening.py    and: dialplane serve --app http://127.0.0.1:9000/
# Dial: sip:desk@127.0.0.1:5060 and answer with a second softphone, one that listens on 127.0.0.1:5070
# Set DESK to ring another SIP address.
"""Call screening: the desk hears who calls and presses 1 to take the call; else the caller is told so."""

import os
from xml.sax.saxutils import escape, quoteattr

from aiohttp import web
from yarl import URL

DESK = os.environ.get("DESK", "sip:desk@127.0.0.1:5070")
routes = web.RouteTableDef()


def document(verbs: str) -> web.Response:
    return web.Response(text=f"<Response>{verbs}</Response>", content_type="application/xml")


@routes.post("/")
async def answer(request: web.Request) -> web.Response:
    form = await request.post()
    # What the desk is told travels in the URL of its document: nothing is kept here.
    screening = URL("/screening").with_query(caller=str(form["CallerName"] or form["From"]))
    return document(
        f'<Dial timeout="20" action="/done"><Sip url={quoteattr(str(screening))}>{escape(DESK)}</Sip></Dial>'
    )


@routes.post("/screening")
async def screening(request: web.Request) -> web.Response:
    # Runs on the desk's leg, before the caller hears it. When no key comes, the next verb hangs up.
    caller = escape(request.query["caller"])
    return document(
        '<Gather action="/decided" numDigits="1" timeout="10">'
        f"<Say>A call from {caller}. Press 1 to take it.</Say></Gather><Hangup/>"
    )


@routes.post("/decided")
async def decided(request: web.Request) -> web.Response:
    # A document that ends connects the two.
    return document("" if (await request.post())["Digits"] == "1" else "<Hangup/>")


@routes.post("/done")
async def done(request: web.Request) -> web.Response:
    if (await request.post())["DialCallStatus"] == "completed":
        return document("<Hangup/>")
    return document("<Say>Nobody can take your call now. Goodbye.</Say>")


app = web.Application()
app.add_routes(routes)
if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "9000")))
