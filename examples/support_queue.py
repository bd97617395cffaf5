# Run: python examples/support_queue.py    and: dialplane serve --app http://127.0.0.1:9000/
# Dial: sip:support@127.0.0.1:5060 to wait, sip:agent@127.0.0.1:5060 from another telephone to take who waits
"""A support queue: callers hear their place in it, and may leave a message instead of waiting.

An agent stays on the line and talks to one caller after another; the star key ends a talk.
"""

import os

from aiohttp import web

AGENT = os.environ.get("AGENT", "agent")
TAKE = '<Dial hangupOnStar="true" timeout="600" action="/next"><Queue url="/announce">support</Queue></Dial>'
ENQUEUE = '<Enqueue waitUrl="/wait" action="/served" maxWait="1800">support</Enqueue>'
MESSAGE = '<Say>Please leave a message after the tone.</Say><Record maxLength="120" action="/bye"/>'
ALWAYS = {
    "/announce": "<Say>You are being connected.</Say>",
    "/next": TAKE,
    "/bye": "<Say>We will call you back. Goodbye.</Say>",
}


def document(verbs: str) -> web.Response:
    return web.Response(text=f"<Response>{verbs}</Response>", content_type="application/xml")


async def answer(request: web.Request) -> web.Response:
    return document(TAKE if (await request.post())["To"] == AGENT else ENQUEUE)


async def wait(request: web.Request) -> web.Response:
    form = await request.post()
    estimate = str(form["EstimatedWaitTime"])
    soon = f"It will take about {max(1, round(int(estimate) / 60))} minutes." if estimate else ""
    return document(
        f'<Gather numDigits="1" timeout="15" action="/pressed"><Say>You are number {form["QueuePosition"]!s}.'
        f" {soon} Press 1 to leave a message instead.</Say></Gather>"
    )


async def pressed(request: web.Request) -> web.Response:
    return document("<Leave/>" if (await request.post())["Digits"] == "1" else "")


async def served(request: web.Request) -> web.Response:
    bridged = (await request.post())["QueueResult"] == "bridged"
    return document("<Say>Thank you for calling. Goodbye.</Say>" if bridged else MESSAGE)


async def always(request: web.Request) -> web.Response:
    return document(ALWAYS[request.path])


app = web.Application()
app.add_routes([web.post("/", answer), web.post("/wait", wait), web.post("/pressed", pressed)])
app.add_routes([web.post("/served", served), *(web.post(path, always) for path in ALWAYS)])
if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "9000")))
