# Run: python examples/echo_agent.py    and: dialplane serve --app http://127.0.0.1:9000/
# Dial: sip:echo@127.0.0.1:5060
"""An agent on a stream: you hear yourself half a second late; a key clears what is still to be heard."""

import json
import os

from aiohttp import WSMsgType, web

DOCUMENT = """
<Response>
  <Connect><Stream url="/agent"><Parameter name="delay" value="0.5"/></Stream></Connect>
  <Say>Goodbye, and thank you for listening to yourself.</Say>
</Response>
"""
SILENCE_OF_20_MS = "/" * 213 + "w=="


async def answer(request: web.Request) -> web.Response:
    return web.Response(text=DOCUMENT, content_type="application/xml")


async def agent(request: web.Request) -> web.WebSocketResponse:
    """Send every piece of sound back; pressing zero ends the stream, and the document goes on."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)

    async def send(event: str, **content: str) -> None:
        await socket.send_json({"event": event, "streamSid": sid, event: content})

    sid = ""
    async for received in socket:
        if received.type is not WSMsgType.TEXT:
            break
        message = json.loads(received.data)
        if message["event"] == "start":
            sid = message["streamSid"]
            # Sound is played at its own pace: silence in front delays all that follows.
            for _ in range(int(50 * float(message["start"]["customParameters"]["delay"]))):
                await send("media", payload=SILENCE_OF_20_MS)
        elif message["event"] == "media":
            await send("media", payload=message["media"]["payload"])
        elif message["event"] == "dtmf":
            await send("clear")
            if message["dtmf"]["digit"] == "0":
                await socket.close()
    return socket


app = web.Application()
app.add_routes([web.post("/", answer), web.get("/agent", agent)])

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "9000")))
