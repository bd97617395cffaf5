# Run: python examples/sms_autoreply.py    and: dialplane serve --app http://127.0.0.1:9000/
# Dial: sip:desk@127.0.0.1:5060, or write to it with a softphone that is registered as a client
"""Answers texts: HOURS with the opening hours, all else with a hint. A caller gets the hours as a text."""

import os
from xml.sax.saxutils import escape

from aiohttp import web

routes = web.RouteTableDef()
OPENING_HOURS = "We are open from nine to five, Monday to Friday."


def document(verbs: str) -> web.Response:
    return web.Response(text=f"<Response>{verbs}</Response>", content_type="application/xml")


@routes.post("/")
async def answer(request: web.Request) -> web.Response:
    form = await request.post()
    if "MessageSid" in form:
        return reply(str(form["Body"]).strip())
    # Sms needs no caller: it is sent although they hang up while they are told.
    return document(f'<Sms statusCallback="/told">{OPENING_HOURS}</Sms><Say>{OPENING_HOURS}</Say>')


def reply(words: str) -> web.Response:
    if words.lower() == "hours":
        return document(f'<Message statusCallback="/told">{OPENING_HOURS}</Message>')
    said = escape(words)
    return document(f"<Message>You wrote: {said}. Write HOURS to learn when we are open.</Message>")


@routes.post("/told")
async def told(request: web.Request) -> web.Response:
    form = await request.post()
    print(str(form["MessageSid"]), "is", str(form["MessageStatus"]), flush=True)
    return web.Response()


app = web.Application()
app.add_routes(routes)
if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "9000")))
