import asyncio
import json
import re
import wave
from typing import Any

import pytest

from engine.config import Settings
from engine.errors import ConfigurationError, StoreUnavailable
from engine.http import HttpServer
from engine.reporting.metrics import Metrics
from engine.store import (
    CallRow,
    NotificationRow,
    RecordingFolder,
    RecordingRow,
    utc_now,
)
from tests.testkit.http_visitor import CHILD, CLOSED, ROOT, STRANGER, TOKEN

CALL = "CA" + "1" * 32
RECORDING = "RE" + "2" * 32
PREFIXES = ["", "/restcomm", "/api"]


def call(number: int, account: str = ROOT) -> CallRow:
    return CallRow(
        sid=f"CA{number:032x}", account_sid=account, instance_sid="ID", from_="alice", to="b",
        direction="inbound", status="completed",
    )  # fmt: skip


@pytest.fixture
def sound(settings) -> bytes:
    folder = RecordingFolder(settings.store.recordings)
    folder.prepare()
    content = bytes(range(256)) * 40
    folder.file(RECORDING).write_bytes(content)
    return content


async def test_health_needs_no_password(visitor):
    response, body = await visitor.get("/healthz", user=None)
    assert (response.status, json.loads(body)) == (200, {"status": "alive"})


@pytest.mark.parametrize("reason", ["starting", "draining"])
async def test_readiness_says_why_no_calls_are_taken(visitor, readiness, reason):
    assert (await visitor.get("/readyz", user=None))[0].status == 200
    readiness["reason"] = reason
    response, body = await visitor.get("/readyz", user=None)
    assert (response.status, json.loads(body)) == (503, {"status": reason})


async def test_metrics_are_prometheus_text_without_identifiers(visitor, store):
    store.save(call(1))
    await visitor.get(f"/2012-04-24/Accounts/{ROOT}/Calls/{CALL}")
    response, body = await visitor.get("/metrics", user=None)
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert b'dialplane_http_requests_total{method="GET",status="404"} 1.0' in body
    assert ROOT.encode() not in body
    assert CALL.encode() not in body


async def test_the_description_is_served_as_json_and_as_a_page_that_may_run_nothing(visitor):
    response, body = await visitor.get("/openapi.json", user=None)
    described = json.loads(body)
    assert (response.status, described["servers"]) == (200, [{"url": "http://voice.example.com"}])
    response, body = await visitor.get("/docs", user=None)
    assert (response.status, response.content_type) == (200, "text/html")
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert all(path.encode() in body for path in described["paths"])


async def test_every_path_below_an_account_is_described(visitor, server):
    described = set()
    for path, methods in (await visitor.json("/openapi.json", user=None))["paths"].items():
        described |= {(method.upper(), re.sub(r"{\w+}", "{}", path)) for method in methods}
    sound = (".wav", ".mp3")
    for route in server.routes():
        declared = route.resource.canonical if route.resource is not None else ""
        plain = declared.startswith(("/2012-04-24/", "/2010-04-01/"))
        # PUT changes as POST does.
        if plain and route.method not in ("HEAD", "PUT") and not declared.endswith(sound):
            path = declared.replace("{suffix}", "").replace(".json/", "/")
            assert (route.method, re.sub(r"{\w+}", "{}", path)) in described


@pytest.mark.parametrize("prefix", PREFIXES)
async def test_a_recording_is_served_without_a_password(visitor, sound, prefix):
    response, body = await visitor.get(
        f"{prefix}/2012-04-24/Accounts/{ROOT}/Recordings/{RECORDING}.wav", user=None
    )
    assert (response.status, response.headers["Content-Type"], body) == (200, "audio/x-wav", sound)
    assert (await visitor.get(f"/restcomm/recordings/{RECORDING}.wav", user=None))[1] == sound


async def test_a_recording_is_served_as_mp3_too_whole_and_in_parts(visitor, settings):
    folder = RecordingFolder(settings.store.recordings)
    folder.prepare()
    with wave.open(str(folder.file(RECORDING)), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16000))
    for path in (
        f"/2010-04-01/Accounts/{ROOT}/Recordings/{RECORDING}.mp3",
        f"/2012-04-24/Accounts/{ROOT}/Recordings/{RECORDING}.wav.mp3",
        f"/restcomm/recordings/{RECORDING}.mp3",
    ):
        response, body = await visitor.get(path, user=None)
        assert (response.status, response.headers["Content-Type"], len(body) > 500) == (
            200,
            "audio/mpeg",
            True,
        )
    response, part = await visitor.get(path, user=None, headers={"Range": "bytes=100-199"})
    assert (response.status, part) == (206, body[100:200])
    response, part = await visitor.get(path, user=None, headers={"Range": "bytes=-50"})
    assert (response.status, part) == (206, body[-50:])
    folder.file(RECORDING).write_bytes(b"no sound" * 10)
    response, body = await visitor.get(path, user=None)
    assert (response.status, json.loads(body)["status"]) == (503, 503)
    assert "cannot be encoded" in json.loads(body)["message"]
    unknown, _ = await visitor.get(path.replace(RECORDING, "RE" + "0" * 32), user=None)
    assert unknown.status == 404


async def test_one_that_has_no_sound_yet_says_so_where_an_mp3_is_asked_for(visitor, settings):
    folder = RecordingFolder(settings.store.recordings)
    folder.prepare()
    with wave.open(str(folder.file(RECORDING)), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
    response, body = await visitor.get(f"/restcomm/recordings/{RECORDING}.mp3", user=None)
    assert (response.status, response.headers["Retry-After"]) == (503, "1")
    assert "nothing has been recorded in it yet. Ask again in a moment." in json.loads(body)["message"]


async def test_a_part_of_a_recording_can_be_asked_for(visitor, sound):
    path = f"/2012-04-24/Accounts/{ROOT}/Recordings/{RECORDING}.wav"
    response, body = await visitor.get(path, user=None, headers={"Range": "bytes=100-199"})
    assert (response.status, body) == (206, sound[100:200])
    response, _ = await visitor.get(path, user=None, headers={"Range": "bytes=999999-"})
    assert response.status == 416


@pytest.mark.hostile("W13", sent="paths out of the folder, NUL, 4 kB, as names of recordings")
@pytest.mark.parametrize(
    "name",
    [
        "RE" + "0" * 32, "..%2f..%2fetc%2fpasswd", "%2e%2e", "RE" + "2" * 32 + "%00", "x" * 4096,
        "RE" + "2" * 31, "%2fetc%2fpasswd",
    ],
)  # fmt: skip
async def test_nothing_but_a_recording_is_served(visitor, sound, name):
    from yarl import URL

    path = URL(f"/2012-04-24/Accounts/{ROOT}/Recordings/{name}.wav", encoded=True)
    response, body = await visitor.get(str(path), user=None)
    assert response.status == 404
    assert json.loads(body)["status"] == 404


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("form", ["Calls/{}", "Calls/{}.json", "Calls.json/{}"])
async def test_a_call_is_read_under_each_of_its_paths(visitor, store, prefix, form):
    store.save(call(1))
    shown = await visitor.json(f"{prefix}/2012-04-24/Accounts/{ROOT}/{form.format(call(1).sid)}")
    assert (shown["sid"], shown["from"]) == (call(1).sid, "alice")


async def test_a_call_is_known_by_restcomms_long_identifier(visitor, store):
    store.save(call(1))
    shown = await visitor.json(f"/2012-04-24/Accounts/{ROOT}/Calls/ID{'0' * 32}-{call(1).sid}.json")
    assert shown["sid"] == call(1).sid


async def test_a_list_is_paged_newest_first(visitor, store):
    store.save(*(call(number) for number in range(5)), call(99, account=STRANGER))
    body = await visitor.json(f"/restcomm/2012-04-24/Accounts/{ROOT}/Calls.json?PageSize=2&Page=1")
    assert [int(item["sid"][2:], 16) for item in body["calls"]] == [2, 1]
    assert (body["total"], body["num_pages"], body["start"], body["end"]) == (5, 2, "2", "3")
    response, _ = await visitor.get(f"/2012-04-24/Accounts/{ROOT}/Calls.json?PageSize=2&Page=3")
    assert response.status == 400


async def test_recordings_and_notifications_of_a_call_are_bare_lists(visitor, store):
    fields: dict[str, Any] = {"account_sid": ROOT, "call_sid": call(1).sid}
    store.save(
        call(1),
        RecordingRow(sid=RECORDING, instance_sid="ID", status="completed", duration=2.0, **fields),
        RecordingRow(sid="RE" + "3" * 32, instance_sid="ID", **fields),
        NotificationRow(sid="NO" + "4" * 32, error_code=11206, message_text="x", **fields),
    )
    path = f"/2012-04-24/Accounts/{ROOT}/Calls/{call(1).sid}"
    (recording,) = await visitor.json(f"{path}/Recordings.json")
    assert recording["file_uri"] == (
        f"http://voice.example.com/2012-04-24/Accounts/{ROOT}/Recordings/{RECORDING}.wav"
    )
    (notification,) = await visitor.json(f"{path}/Notifications")
    assert notification["error_code"] == 11206
    assert (await visitor.json(f"/2012-04-24/Accounts/{ROOT}/Recordings.json"))["total"] == 1
    assert (await visitor.json(f"/2012-04-24/Accounts/{ROOT}/Notifications.json"))["total"] == 1


@pytest.mark.parametrize(
    ("user", "token", "path_account", "status"),
    [
        (ROOT, TOKEN, ROOT, 200),
        (ROOT, TOKEN, CHILD, 200),
        (CHILD, TOKEN, CHILD, 200),
        ("child@example.com", TOKEN, CHILD, 200),
        (None, "", ROOT, 401),
        (ROOT, "wrong", ROOT, 401),
        (ROOT, "", ROOT, 401),
        ("", TOKEN, ROOT, 401),
        ("AC" + "9" * 32, "0" * 32, ROOT, 401),
        ("nobody@example.com", TOKEN, ROOT, 401),
        (ROOT, "tök", ROOT, 401),
        (CHILD, TOKEN, ROOT, 403),
        (STRANGER, TOKEN, ROOT, 403),
        (CLOSED, TOKEN, CLOSED, 403),
        (ROOT, TOKEN, "AC" + "9" * 32, 404),
        (ROOT, TOKEN, "nonsense", 404),
    ],
)
async def test_an_account_sees_itself_and_those_below(visitor, user, token, path_account, status):
    response, body = await visitor.get(
        f"/2012-04-24/Accounts/{path_account}/Calls.json", user=user, token=token
    )
    assert response.status == status
    if status == 401:
        assert response.headers["WWW-Authenticate"].startswith('Basic realm="Restcomm realm"')
    if status != 200:
        assert set(json.loads(body)) == {"code", "message", "status"}


async def test_a_header_that_is_no_basic_authorisation_is_answered_with_401(visitor):
    for header in ("Bearer x", "Basic", "Basic !!!", "Basic " + "A" * 5000, "Basic /w=="):
        response, _ = await visitor.get(
            f"/2012-04-24/Accounts/{ROOT}/Calls.json", user=None, headers={"Authorization": header}
        )
        assert response.status == 401


async def test_a_resource_of_another_account_is_not_shown(visitor, store):
    store.save(call(1, account=STRANGER))
    response, body = await visitor.get(f"/2012-04-24/Accounts/{ROOT}/Calls/{call(1).sid}.json")
    assert response.status == 400
    assert b"alice" not in body


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("POST", "/healthz", 405),
        ("GET", f"/2012-04-24/Accounts/{ROOT}/Calls/{CALL}.json", 404),
        ("GET", f"/2012-04-24/Accounts/{ROOT}/Calls/nonsense", 404),
        ("GET", f"/2012-04-24/Accounts/{ROOT}/Calls.json?PageSize=1000000000", 400),
        ("DELETE", f"/2012-04-24/Accounts/{ROOT}/Calls.json", 405),
    ],
)
async def test_every_error_has_the_one_form(visitor, method, path, status):
    response, body = await visitor.get(path, method=method)
    assert response.status == status
    assert response.headers["Content-Type"].startswith("application/json")
    problem = json.loads(body)
    assert (problem["code"], problem["status"]) == (status, status)
    assert problem["message"]


@pytest.mark.parametrize(
    "path", ["/healthz", "/nothing", "/metrics", f"/2012-04-24/Accounts/{ROOT}/Calls.json"]
)
async def test_every_answer_carries_the_security_headers(visitor, path):
    response, _ = await visitor.get(path)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert response.headers["Server"] == "Dialplane"


async def test_a_fault_of_ours_is_an_answer_without_details(visitor, store, monkeypatch):
    async def break_down(*_args, **_more):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(store, "count", break_down)
    response, body = await visitor.get(f"/2012-04-24/Accounts/{ROOT}/Calls.json")
    assert (response.status, b"secret detail" in body) == (500, False)


async def test_a_store_that_does_not_answer_is_a_503_with_a_time_to_come_back(visitor, store, monkeypatch):
    async def unavailable(*_args, **_more):
        raise StoreUnavailable("the database took no row for 5 s")

    monkeypatch.setattr(store, "count", unavailable)
    response, _ = await visitor.get(f"/2012-04-24/Accounts/{ROOT}/Calls.json")
    assert (response.status, response.headers["Retry-After"]) == (503, "5")


async def test_a_port_that_is_taken_is_a_mistake_of_configuration(server, store):
    taken = Settings.embedded(http={"listen": f"127.0.0.1:{server.port}"})
    with pytest.raises(ConfigurationError, match=r"http\.listen = .*in use; choose another port"):
        await HttpServer(taken, store, Metrics(), lambda: None).start()


async def test_a_client_that_says_nothing_does_not_hold_up_the_end(settings, store):
    server = HttpServer(settings, store, Metrics(), lambda: None)
    await server.start()
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET /healthz HTTP/1.1\r\n")
    async with asyncio.timeout(5):
        await server.stop()
    writer.close()


async def test_dates_of_calls_are_recent(visitor, store):
    store.save(call(1))
    shown = await visitor.json(f"/2012-04-24/Accounts/{ROOT}/Calls/{call(1).sid}")
    assert str(utc_now().year) in shown["date_created"]
