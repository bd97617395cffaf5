# Run: python examples/menu.py    and: dialplane serve --app http://127.0.0.1:9000/
# Dial: sip:menu@127.0.0.1:5060
# Needs Flask: pip install flask
"""A menu: one key chooses, a wrong key is told so, and after three silences the call ends."""

import os

from flask import Flask, Response, request, url_for

app = Flask(__name__)
PATIENCE = 3
CHOICES = {
    "1": "We are open from nine to five, Monday to Friday.",
    "2": "You will find us at number one, Main Street.",
}


def document(verbs: str) -> Response:
    return Response(f"<Response>{verbs}</Response>", content_type="application/xml")


def menu(greeting: str, silences: int = 0) -> Response:
    """Ask for a key; a caller who presses none is asked again, or let go."""
    ask = (
        f'<Gather action="{url_for("chosen")}" numDigits="1" timeout="4">'
        f"<Say>{greeting} For our hours, press 1. For our address, press 2. To end the call, press 0.</Say>"
        "</Gather>"
    )
    return document(ask + f"<Redirect>{url_for('silent', silences=silences + 1)}</Redirect>")


@app.post("/")
def answer() -> Response:
    return menu("Welcome.")


@app.post("/chosen")
def chosen() -> Response:
    key = request.form.get("Digits", "")
    if key == "0":
        return document("<Say>Goodbye.</Say><Hangup/>")
    return menu(CHOICES.get(key, "That key does nothing."))


@app.post("/silent")
def silent() -> Response:
    silences = request.args.get("silences", PATIENCE, type=int)
    if silences >= PATIENCE:
        return document("<Say>Goodbye.</Say><Hangup/>")
    return menu("I did not hear a key.", silences)


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ.get("PORT", "9000")))
