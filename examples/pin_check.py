# Run: python examples/pin_check.py    and: dialplane serve --app http://127.0.0.1:9000/
# Dial: sip:bank@127.0.0.1:5060
# Needs Flask: pip install flask
"""A PIN check: four digits, three attempts. The PIN is 2468, or what the environment variable PIN says."""

import hmac
import os

from flask import Flask, Response, request, url_for

app = Flask(__name__)
PIN = os.environ.get("PIN", "2468")
ATTEMPTS = 3


def document(verbs: str) -> Response:
    return Response(f"<Response>{verbs}</Response>", content_type="application/xml")


def ask(words: str, attempt: int) -> Response:
    """Ask for the PIN. The number of the attempt travels in the action's URL, so nothing is kept here."""
    action = url_for("entered", attempt=attempt)
    return document(
        f'<Gather action="{action}" numDigits="{len(PIN)}" finishOnKey="#" timeout="6">'
        f"<Say>{words} Please enter your PIN.</Say></Gather>"
        "<Say>I heard nothing. Goodbye.</Say>"
    )


@app.post("/")
def answer() -> Response:
    return ask("Welcome to the bank.", attempt=1)


@app.post("/entered")
def entered() -> Response:
    attempt = request.args.get("attempt", ATTEMPTS, type=int)
    # compare_digest takes the same time for every wrong PIN.
    if hmac.compare_digest(request.form.get("Digits", ""), PIN):
        return document("<Say>Thank you. Your balance is forty two.</Say><Hangup/>")
    if attempt >= ATTEMPTS:
        app.logger.warning(
            "call %s from %s: too many wrong PINs", request.form["CallSid"], request.form["From"]
        )
        return document("<Say>That was wrong too often. Goodbye.</Say><Hangup/>")
    return ask("That was wrong.", attempt + 1)


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ.get("PORT", "9000")))
