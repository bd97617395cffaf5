# Run: python examples/conference.py    and: dialplane serve --app http://127.0.0.1:9000/
# Dial: sip:any-name@127.0.0.1:5060 from two telephones or more
"""Conference rooms: whoever dials the same name talks together, and hears first who is there already.

The room begins when `host` calls, and ends when `host` leaves; until then the others hear music. The star
key leaves the room.
"""

import os
from xml.sax.saxutils import escape, quoteattr

from aiohttp import web

HOST = os.environ.get("HOST", "host")
PRESENT = web.AppKey("present", dict[str, dict[str, str]])
"""By room: who is there, by CallSid. The room's events keep it up to date."""


def document(verbs: str) -> web.Response:
    return web.Response(text=f"<Response>{verbs}</Response>", content_type="application/xml")


async def answer(request: web.Request) -> web.Response:
    form = await request.post()
    room, caller = str(form["To"]), str(form["From"])
    others = list(request.app[PRESENT].get(room, {}).values())
    who = "Nobody is here yet." if not others else f"{len(others)} here: {', '.join(others)}."
    is_host = "true" if caller == HOST else "false"
    return document(
        f"<Say>This is room {escape(room)}. {escape(who)}</Say>"
        '<Dial hangupOnStar="true"><Conference statusCallback="/event" statusCallbackEvent="join leave"'
        f' participantLabel={quoteattr(caller)} startConferenceOnEnter="{is_host}"'
        f' endConferenceOnExit="{is_host}">{escape(room)}</Conference></Dial>'
        "<Say>You have left the room. Goodbye.</Say>"
    )


async def event(request: web.Request) -> web.Response:
    form = {name: str(value) for name, value in (await request.post()).items()}
    present = request.app[PRESENT].setdefault(form["FriendlyName"], {})
    if form["StatusCallbackEvent"] == "participant-join":
        present[form["CallSid"]] = form["ParticipantLabel"]
    else:
        present.pop(form["CallSid"], None)
    return web.Response()


app = web.Application()
app[PRESENT] = {}
app.add_routes([web.post("/", answer), web.post("/event", event)])
if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(os.environ.get("PORT", "9000")))
