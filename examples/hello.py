# Run: python examples/hello.py    and: dialplane serve --app http://127.0.0.1:9000/
# Dial: sip:hello@127.0.0.1:5060
import os

from aiohttp import web


async def answer(request: web.Request) -> web.Response:
    document = "<Response><Say>Hello! Dialplane has answered your call.</Say></Response>"
    return web.Response(text=document, content_type="application/xml")


app = web.Application()
app.router.add_post("/", answer)
if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "9000")))
