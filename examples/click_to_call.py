# Run: python examples/click_to_call.py    and: dialplane dev, both with one account in DIALPLANE_ACCOUNT__*
# Dial: sip:agent@127.0.0.1:5070 is what we call, so let a softphone listen there; then open 127.0.0.1:9000
"""Click to call: a visitor leaves a number or SIP address; an agent's telephone rings, then the visitor's."""

import os
from html import escape

from aiohttp import BasicAuth, ClientSession, web

DIALPLANE = os.environ.get("DIALPLANE_URL", "http://127.0.0.1:8080")
SID, TOKEN = os.environ["DIALPLANE_ACCOUNT__SID"], os.environ["DIALPLANE_ACCOUNT__AUTH_TOKEN"]
AGENT = os.environ.get("AGENT", "sip:agent@127.0.0.1:5070")
PAGE = '<form method="post" action="/call">Call me at <input name="customer"> <button>Call</button></form>'


async def form(request: web.Request) -> web.Response:
    return web.Response(text=PAGE, content_type="text/html")


async def call(request: web.Request) -> web.Response:
    """Call the agent; the customer travels in the URL of the document, so nothing is kept here."""
    customer = str((await request.post()).get("customer", "")).strip()
    connect = request.url.with_path("/connect").with_query(customer=customer)
    order = {"From": "click-to-call", "To": AGENT, "Url": str(connect), "Timeout": "20"}
    calls = f"{DIALPLANE}/2012-04-24/Accounts/{SID}/Calls.json"
    async with (
        ClientSession(auth=BasicAuth(SID, TOKEN)) as http,
        http.post(calls, data=order) as answer,
    ):
        outcome = await answer.json()
    if answer.status != 200:
        return web.Response(text=f"No call: {outcome['message']}", status=502)
    return web.Response(text=f"We are calling you: {outcome['sid']}")


async def connect(request: web.Request) -> web.Response:
    """Tell the agent who it is, and ring the customer."""
    customer = escape(request.query["customer"])
    words = "<Say>A visitor of the web site. One moment.</Say>"
    rings = f'<Dial timeout="30" callerId="click-to-call">{customer}</Dial>'
    return web.Response(text=f"<Response>{words}{rings}</Response>", content_type="application/xml")


app = web.Application()
app.router.add_get("/", form)
app.router.add_post("/call", call)
app.router.add_post("/connect", connect)
if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "9000")))
