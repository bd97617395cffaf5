# Run: python examples/voicemail.py    and: dialplane serve --app http://127.0.0.1:9000/
# Dial: sip:alice@127.0.0.1:5060 to leave a message, sip:inbox@127.0.0.1:5060 to hear them all
"""Voicemail: the caller speaks after the tone, hears the message, and keeps it or speaks again."""

import os
from xml.sax.saxutils import escape

from aiohttp import web

routes = web.RouteTableDef()
messages: dict[str, str] = {}
"""The recording's URL by the CallSid of its caller."""

RECORD = '<Record action="/recorded" maxLength="120" timeout="3" finishOnKey="#"/>'


def document(verbs: str) -> web.Response:
    return web.Response(text=f"<Response>{verbs}</Response>", content_type="application/xml")


@routes.post("/")
async def answer(request: web.Request) -> web.Response:
    form = await request.post()
    if form["To"] == "inbox":
        played = "".join(f"<Play>{escape(url)}</Play>" for url in messages.values())
        return document(f"<Say>You have {len(messages)} messages.</Say>{played}<Say>That was all.</Say>")
    return document(
        f"<Say>Please speak after the tone, then press the hash key.</Say>{RECORD}<Say>Goodbye.</Say>"
    )


@routes.post("/recorded")
async def recorded(request: web.Request) -> web.Response:
    # This is also asked when the caller hung up while speaking: the message is kept all the same.
    form = await request.post()
    url = str(form["RecordingUrl"])
    messages[str(form["CallSid"])] = url
    return document(
        '<Gather action="/chosen" numDigits="1" timeout="5">'
        f"<Say>This is your message.</Say><Play>{escape(url)}</Play>"
        "<Say>To keep it, hang up. To speak again, press 2.</Say></Gather><Say>Goodbye.</Say>"
    )


@routes.post("/chosen")
async def chosen(request: web.Request) -> web.Response:
    again = (await request.post())["Digits"] == "2"
    return document(f"<Say>Speak now.</Say>{RECORD}" if again else "<Say>It is kept. Goodbye.</Say>")


app = web.Application()
app.add_routes(routes)
if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "9000")))
