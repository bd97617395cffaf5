"""What a test may name as the application, and that each is asked as the engine would ask it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web
from flask import Flask, redirect, request, session
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from engine.testing.applications import Applications
from engine.testing.errors import UnknownApplication
from rcml.testing import dial

TOKEN = "a token"
SAID = "<Response><Say>Hello {}.</Say></Response>"


def flask_app() -> Flask:
    app = Flask(__name__)

    @app.post("/")
    def answer() -> str:
        return SAID.format(request.form["From"])

    @app.post("/moved")
    def moved():
        return redirect("/?From=x", 307)

    @app.post("/form")
    def form():
        return redirect("/page")

    @app.get("/page")
    def page() -> str:
        return SAID.format(request.args["From"])

    @app.post("/menu")
    def menu():
        return redirect("/menu/", 307)

    @app.post("/menu/")
    def menu_in_truth() -> str:
        return "<Response><Redirect>chosen</Redirect></Response>"

    @app.post("/menu/chosen")
    def chosen() -> str:
        return SAID.format("chooser")

    @app.post("/signed")
    def signed() -> str:
        valid = RequestValidator(TOKEN).validate(
            request.url, request.form.to_dict(), request.headers["X-Twilio-Signature"]
        )
        return SAID.format("friend" if valid else "stranger")

    @app.get("/query")
    def query() -> str:
        return SAID.format(request.args["To"])

    return app


async def asgi_app(scope, receive, send) -> None:
    if scope["type"] == "lifespan":
        await receive()
        scope_started.append(True)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        return
    message = await receive()
    assert scope_started
    text = SAID.format("ASGI" if b"CallSid=" in message["body"] else "nobody")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"Content-Type", b"text/xml")]})
    await send({"type": "http.response.body", "body": text.encode()})


scope_started: list[bool] = []


async def bare_asgi_app(scope, receive, send) -> None:
    assert scope["type"] == "http", "this application knows no lifespan"
    await send({"type": "http.response.start", "status": 503, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def aiohttp_app() -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        form = await request.post()
        return web.Response(text=SAID.format(form["To"]), content_type="text/xml")

    app = web.Application()
    app.router.add_post("/", answer)
    return app


def said_by(target: object, path: str = "", **options) -> str:
    with Applications() as applications:
        served, url = applications.find(target, TOKEN)
        caller = dial(served, url=url + path, **options)
        words = caller.expect_said("Hello")
        caller.expect_hung_up()
    return words


def test_a_wsgi_application_gets_the_form():
    assert said_by(flask_app(), from_="+1777") == "Hello +1777."


def test_an_application_asked_by_get_gets_a_query():
    assert said_by(flask_app(), "query", method="GET", to="+1888") == "Hello +1888."


def test_redirections_are_followed():
    assert said_by(flask_app(), "moved", from_="+1777") == "Hello +1777."


def test_a_redirection_leads_on_as_the_daemon_follows_it_in_calls_of_this_version():
    assert said_by(flask_app(), "form", from_="+1777", api_version="2010-04-01") == "Hello +1777."
    with pytest.raises(AssertionError, match="405"):
        said_by(flask_app(), "form", from_="+1777")


def test_relative_urls_lead_from_where_a_document_was_found():
    assert said_by(flask_app(), "menu") == "Hello chooser."


COUNTED = "<Response><Say>Document {}.</Say><Pause/><Redirect>/</Redirect></Response>"


def counting_flask_app() -> Flask:
    app = Flask(__name__)
    app.secret_key = "of a test"

    @app.post("/")
    def answer() -> str:
        session["count"] = session.get("count", 0) + 1
        return COUNTED.format(session["count"])

    return app


def counting_aiohttp_app() -> web.Application:
    async def answer(request: web.Request) -> web.Response:
        count = int(request.cookies.get("count", "0")) + 1
        response = web.Response(text=COUNTED.format(count), content_type="text/xml")
        response.set_cookie("count", str(count))
        response.set_cookie("other", "x")
        return response

    app = web.Application()
    app.router.add_post("/", answer)
    return app


async def counting_asgi_app(scope, receive, send) -> None:
    assert scope["type"] == "http", "this application knows no lifespan"
    sent = dict(scope["headers"]).get(b"cookie", b"").decode()
    count = int(dict(pair.split("=") for pair in sent.split("; ") if pair).get("count", "0")) + 1
    cookies = [(b"Set-Cookie", f"count={count}; Path=/".encode()), (b"Set-Cookie", b"other=x")]
    headers = [(b"Content-Type", b"text/xml"), *cookies]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": COUNTED.format(count).encode()})


@pytest.mark.parametrize(
    "app",
    [counting_flask_app, counting_aiohttp_app, lambda: counting_asgi_app],
    ids=["wsgi", "aiohttp", "asgi"],
)
def test_the_cookies_of_a_call_come_back_and_another_call_has_its_own(app: Callable[[], object]):
    with Applications() as applications:
        served, url = applications.find(app())
        first, second = dial(served, url=url), dial(served, url=url)
        for count in (1, 2, 3):
            first.expect_said(f"Document {count}")
        second.expect_said("Document 1")


def test_requests_are_signed_so_that_twilios_validator_accepts_them():
    assert said_by(flask_app(), "signed") == "Hello friend."


def test_an_asgi_application_starts_up_before_it_is_asked():
    scope_started.clear()
    assert said_by(asgi_app) == "Hello ASGI."


def test_an_asgi_application_without_lifespan_is_asked_too():
    with Applications() as applications:
        served, url = applications.find(bare_asgi_app)
        caller = dial(served, url=url)
        caller.expect_hung_up(reason="download RCML")
        assert "answered 503" in caller.errors[0]


def test_an_aiohttp_application_is_served_on_loopback():
    assert said_by(aiohttp_app(), to="+1999") == "Hello +1999."


def test_a_live_application_that_is_down_is_told_by_its_cause():
    with Applications() as applications:
        served, url = applications.find("http://127.0.0.1:1/")
        caller = dial(served, url=url)
        caller.expect_hung_up(reason="download RCML")
        assert "11205" in caller.errors[0]


def test_a_document_may_be_a_text_a_file_or_a_table(tmp_path: Path):
    (tmp_path / "hello.xml").write_text(SAID.format("file"))
    assert said_by(SAID.format("text")) == "Hello text."
    assert said_by(tmp_path / "hello.xml") == "Hello file."
    assert said_by(str(tmp_path / "hello.xml")) == "Hello file."
    assert said_by({"/": SAID.format("table")}) == "Hello table."


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (7, "7 is no application"),
        ("missing.xml", "missing.xml: No such file"),
        ("no_such_module:app", "no_such_module"),
        ("engine.ids:no_such_thing", "no_such_thing"),
    ],
)
def test_what_is_no_application_is_refused_in_words(target: object, words: str):
    with Applications() as applications, pytest.raises(UnknownApplication, match=words):
        applications.find(target)


def test_an_application_is_started_once_for_all_calls():
    scope_started.clear()
    with Applications() as applications:
        app = aiohttp_app()
        assert applications.find(app)[1] == applications.find(app)[1]
        for _ in range(2):
            served, url = applications.find(asgi_app)
            dial(served, url=url).expect_said("Hello ASGI")
    assert scope_started == [True]
