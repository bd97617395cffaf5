# Run: python examples/relay_agent.py    and: dialplane serve --app http://127.0.0.1:9000/
# Dial: sip:agent@127.0.0.1:5060, and say: opening hours, or: technical support
"""A voice agent that reads and writes text: the server listens and speaks. Interrupt it whenever you like."""

import asyncio
import json
import os

from aiohttp import WSMsgType, web

DOCUMENT = """
<Response>
  <Connect action="/after">
    <ConversationRelay url="/talk" welcomeGreeting="Good morning! What may I tell you about?"
                       hints="opening hours, technical support, nothing, goodbye"/>
  </Connect>
</Response>
"""
ANSWERS = {
    "opening hours": "We are open from nine to five. On Saturdays we close at noon. On Sundays we sleep.",
    "technical support": "Have you tried to switch it off and on again? That helps more often than not.",
}


async def answer(request: web.Request) -> web.Response:
    return web.Response(text=DOCUMENT, content_type="application/xml")


async def after(request: web.Request) -> web.Response:
    told = await request.post()
    goodbye = "<Say>Goodbye.</Say>" if told["SessionStatus"] == "ended" else "<Say>We were cut off.</Say>"
    return web.Response(text=f"<Response>{goodbye}</Response>", content_type="application/xml")


async def talk(request: web.Request) -> web.WebSocketResponse:
    """Answer what the caller says word by word, as a language model would; `goodbye` ends the talk."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for received in socket:
        message = json.loads(received.data) if received.type is WSMsgType.TEXT else {}
        if message.get("type") != "prompt":
            continue
        if message["voicePrompt"] in ("nothing", "goodbye"):
            await socket.send_json({"type": "end", "handoffData": json.dumps({"reason": "done"})})
            continue
        for word in ANSWERS.get(message["voicePrompt"], "I did not understand that.").split():
            await socket.send_json({"type": "text", "token": f"{word} ", "last": False})
            await asyncio.sleep(0.02)
        await socket.send_json({"type": "text", "token": "", "last": True})
    return socket


app = web.Application()
app.add_routes([web.post("/", answer), web.post("/after", after), web.get("/talk", talk)])

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "9000")))
