import asyncio
import gzip
import socket
import time
import zlib

import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from engine.config import Settings
from engine.errors import Cause, FetchError
from engine.reporting.metrics import Metrics
from engine.requests.cookies import Cookies
from engine.requests.fetcher import Fetcher
from engine.requests.signatures import check_dialplane_signature
from media.prompts import digest_of
from tests.testkit.application import FakeApplication, Reply

TOKEN = "0123456789abcdef0123456789abcdef"
DOCUMENT = "<Response><Hangup/></Response>"


@pytest.fixture
async def application():
    async with FakeApplication() as running:
        yield running


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def fetcher(metrics):
    made = Fetcher(Settings.embedded(), lambda _: TOKEN, metrics)
    yield made
    await made.close()


async def fails(fetcher: Fetcher, url: str, method: str = "POST") -> FetchError:
    with pytest.raises(FetchError) as caught:
        await fetcher.document(url, method, {"CallSid": "CA1"})
    return caught.value


def zeros(megabytes: int, wbits: int) -> bytes:
    """Compress a long run of zeros without ever holding it."""
    compress = zlib.compressobj(9, zlib.DEFLATED, wbits)
    return b"".join(compress.compress(bytes(1 << 20)) for _ in range(megabytes)) + compress.flush()


async def test_a_document_is_posted_for_and_returned_with_its_type(application, fetcher):
    application.answer("/x", Reply(DOCUMENT, content_type="text/xml; charset=utf-8"))
    answer = await fetcher.document(application.url("/x"), "POST", {"CallSid": "CA1", "From": "+1"})
    assert (answer.status, answer.content_type) == (200, "text/xml; charset=utf-8")
    assert answer.body == DOCUMENT.encode()
    assert answer.url == application.url("/x")
    assert application.requests[0].form == (("CallSid", "CA1"), ("From", "+1"))


async def test_what_an_application_sets_comes_back_with_the_next_document_of_the_call(application, fetcher):
    first, second = Cookies(), Cookies()
    application.answer("/a", Reply("", 302, headers=(("Location", "/b"), ("Set-Cookie", "step=1; Path=/"))))
    application.answer("/b", Reply(DOCUMENT, headers=(("Set-Cookie", "session=x; Path=/"),)))
    await fetcher.document(application.url("/a"), cookies=first)
    await fetcher.document(application.url("/b"), cookies=first)
    await fetcher.document(application.url("/b"), cookies=second)
    sent = [request.headers.get("Cookie") for request in application.requests]
    assert sent == [None, "step=1", "step=1; session=x", None]


async def test_get_puts_the_parameters_into_the_query(application, fetcher):
    application.answer("/x", DOCUMENT)
    await fetcher.document(application.url("/x?y=1"), "get", {"CallSid": "CA1"})
    assert application.requests[0].query == (("y", "1"), ("CallSid", "CA1"))
    assert application.requests[0].method == "GET"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_requests_are_signed_as_the_twilio_sdk_and_our_own_check_expect(application, fetcher, method):
    application.answer("/x", DOCUMENT)
    await fetcher.document(application.url("/x?q=ä b"), method, {"CallSid": "CA1", "From": "+1 ü"})
    (request,) = application.requests
    url = application.url("/x?q=%C3%A4+b")
    if method == "GET":
        url += "&CallSid=CA1&From=%2B1+%C3%BC"
    signature = request.headers["X-Twilio-Signature"]
    assert RequestValidator(TOKEN).validate(url, dict(request.form), signature)
    dated = request.headers["Dialplane-Signature"]
    assert check_dialplane_signature(TOKEN, request.body, dated, time.time())
    assert request.headers["Dialplane-Event-Id"].startswith("EV")


async def test_user_name_and_password_go_into_the_header_and_no_further(application, fetcher):
    application.answer("/x", DOCUMENT)
    url = application.url("/x").replace("//", "//us%40er:p%3Aw@")
    answer = await fetcher.document(url)
    assert application.requests[0].headers["Authorization"] == "Basic dXNAZXI6cDp3"
    assert "p%3Aw" not in answer.url


async def test_a_path_is_a_document_of_this_server(application):
    settings = Settings.embedded(http={"public_url": application.url("")})
    fetcher = Fetcher(settings, lambda _: TOKEN)
    application.answer("/demos/x.xml", DOCUMENT)
    assert (await fetcher.document("/demos/x.xml")).body == DOCUMENT.encode()
    await fetcher.close()


async def test_connections_are_used_again(application, fetcher):
    application.answer("/x", DOCUMENT)
    for _ in range(3):
        await fetcher.document(application.url("/x"))
    connector = fetcher.requester._sessions._trusted or fetcher.requester._sessions._checked
    assert len(connector.connector._conns) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_redirects_keep_method_and_parameters(application, fetcher, status, method):
    application.answer("/a", Reply(status=status, headers=(("Location", "/b"),)))
    application.answer("/b", DOCUMENT)
    answer = await fetcher.document(application.url("/a"), method, {"CallSid": "CA1"})
    assert answer.url.partition("?")[0] == application.url("/b")
    (request,) = application.requests_to("/b")
    assert (request.method, request["CallSid"]) == (method, "CA1")
    url = application.url("/b" + ("?CallSid=CA1" if method == "GET" else ""))
    assert RequestValidator(TOKEN).validate(url, dict(request.form), request.headers["X-Twilio-Signature"])


@pytest.mark.parametrize(("status", "then"), [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST")])
async def test_a_post_of_twilios_words_goes_on_as_get_where_browsers_do(application, fetcher, status, then):
    application.answer("/a", Reply(status=status, headers=(("Location", "/b?step=2"),)))
    application.answer("/b", Reply(status=307, headers=(("Location", "/c"),)))
    application.answer("/c", DOCUMENT)
    answer = await fetcher.document(
        application.url("/a?step=1"), "POST", {"CallSid": "CA1"}, redirected_as_get=True
    )
    assert answer.url.partition("?")[0] == application.url("/c")
    (moved,) = application.requests_to("/b")
    assert (moved.method, moved["CallSid"], moved["step"]) == (then, "CA1", "2")
    assert [request.method for request in application.requests_to("/c")] == [then]
    if then == "GET":
        assert moved.body == b""
        assert "Content-Type" not in moved.headers
        url = application.url("/b?step=2&CallSid=CA1")
        assert RequestValidator(TOKEN).validate(url, {}, moved.headers["X-Twilio-Signature"])


@pytest.mark.parametrize(
    ("asked", "location", "moved_to"),
    [
        ("/a", "/app/voice?step=2", "/app/voice?step=2"),
        # A page that is only elsewhere hands our parameters back; the next request has newer ones.
        ("/a", "/app/voice?step=2&CallStatus=ringing&CallSid=CA1", "/app/voice?step=2"),
        ("/app/voice", "", ""),
    ],
)
async def test_where_a_document_lies_is_told_when_it_was_found_elsewhere(
    application, fetcher, asked, location, moved_to
):
    application.answer("/a", Reply(status=302, headers=(("Location", location),)))
    application.answer("/app/voice", DOCUMENT)
    sent = {"CallSid": "CA1", "CallStatus": "ringing"}
    url = application.url(asked).replace("//", "//us:pw@")
    answer = await fetcher.document(url, "GET", sent)
    assert answer.moved_to == (moved_to and application.url(moved_to).replace("//", "//us:pw@"))


async def test_credentials_do_not_move_to_another_origin(application, fetcher):
    elsewhere = application.url("/b").replace("127.0.0.1", "localhost")
    application.answer("/a", Reply(status=302, headers=(("Location", elsewhere),)))
    application.answer("/b", DOCUMENT)
    answer = await fetcher.document(application.url("/a").replace("//", "//us:pw@"))
    assert answer.moved_to == elsewhere
    assert "Authorization" not in application.requests_to("/b")[0].headers


@pytest.mark.hostile("W6", sent="HTTP redirects without end")
async def test_ten_redirects_are_followed_and_not_one_more(application, fetcher):
    for number in range(11):
        application.answer(f"/{number}", Reply(status=302, headers=(("Location", f"/{number + 1}"),)))
    application.answer("/11", DOCUMENT)
    assert (await fetcher.document(application.url("/1"))).status == 200
    error = await fails(fetcher, application.url("/0"))
    assert (error.code, error.cause) == (11206, Cause.ANSWER)
    assert "more than 10 times" in error.reason


@pytest.mark.hostile("W8", sent="HTTP redirects into private networks")
@pytest.mark.parametrize(
    "target", ["http://10.0.0.1/", "http://[::ffff:10.0.0.1]/", "http://2130706433/", "file:///etc/passwd"]
)
async def test_a_redirect_is_checked_as_the_first_url_was(application, fetcher, target):
    application.answer("/a", Reply(status=302, headers=(("Location", target),)))
    assert (await fails(fetcher, application.url("/a"))).code == 11100


async def test_credentials_do_not_follow_to_another_host(application, fetcher):
    async with FakeApplication() as other:
        other.answer("/x", DOCUMENT)
        application.answer("/a", Reply(status=302, headers=(("Location", "/b"),)))
        application.answer("/b", Reply(status=302, headers=(("Location", other.url("/x")),)))
        await fetcher.document(application.url("/a").replace("//", "//u:p@"))
        assert "Authorization" in application.requests_to("/b")[0].headers
        assert "Authorization" not in other.requests[0].headers


async def test_nobody_there_is_an_input_output_error(fetcher, metrics):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    error = await fails(fetcher, f"http://127.0.0.1:{port}/x")
    assert (error.code, error.cause, error.status) == (11205, Cause.CONNECT, None)
    assert metrics.registry.get_sample_value(
        "dialplane_fetches_total", {"kind": "document", "outcome": "connect"}
    )


@pytest.mark.parametrize(
    ("status", "code"), [(404, 21402), (500, 11206), (503, 11206), (401, 11206), (304, 11206)]
)
async def test_another_status_than_2xx_is_an_error_with_what_came_with_it(application, fetcher, status, code):
    body = "" if status == 304 else "why not"
    application.answer("/x", Reply(body, status=status, headers=(("X-Why", "because"),)))
    error = await fails(fetcher, application.url("/x"))
    assert (error.code, error.status) == (code, status)
    if status != 304:
        assert (error.body, "X-Why: because" in error.headers) == (b"why not", True)


async def test_an_answer_that_never_begins_ends_in_time(application, fetcher):
    application.answer("/x", Reply(hangs=True))
    error = await fails(fetcher, application.url("/x#rt=100"))
    assert (error.code, error.cause) == (11205, Cause.READ)


@pytest.mark.hostile("W3", sent="an answer that drips for ever")
async def test_an_answer_that_drips_for_ever_ends_in_time(application, fetcher):
    application.answer("/x", Reply("x" * 1000, drip=0.05))
    begun = time.monotonic()
    error = await fails(fetcher, application.url("/x#tt=300"))
    assert (error.code, error.reason) == (11205, "no whole answer within 0.3 s")
    assert time.monotonic() - begun < 2


@pytest.mark.hostile("W3", sent="answers that are no HTTP")
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n123456",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[::1]@/\r\nContent-Length: 0\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.0\r\n",
    ],
)
async def test_an_answer_that_is_not_http_is_an_error_and_nothing_worse(application, fetcher, raw):
    application.answer("/x", Reply(raw=raw or b"\r\n"))
    assert (await fails(fetcher, application.url("/x"))).code in (11205, 11206, 11100)


async def test_a_document_may_be_just_as_large_as_allowed(application):
    fetcher = Fetcher(Settings.embedded(webhooks={"max_document_bytes": 2048}), lambda _: TOKEN)
    application.answer("/x", "x" * 2048, "x" * 2049)
    application.answer(
        "/gz",
        *(Reply(gzip.compress(b"x" * n), headers=(("Content-Encoding", "gzip"),)) for n in (2048, 2049)),
    )
    for path in ("/x", "/gz"):
        assert len((await fetcher.document(application.url(path))).body) == 2048
        error = await fails(fetcher, application.url(path))
        assert (error.code, error.reason) == (11750, "the answer is larger than 2048 bytes: make it smaller")
    await fetcher.close()


@pytest.mark.hostile("W3", sent="compressed bombs")
@pytest.mark.parametrize(("encoding", "wbits"), [("gzip", 31), ("deflate", 15)])
async def test_a_bomb_is_put_out_at_the_limit(application, fetcher, encoding, wbits):
    bomb = zeros(300, wbits)
    application.answer("/x", Reply(bomb, headers=(("Content-Encoding", encoding),)))
    begun = time.process_time()
    error = await fails(fetcher, application.url("/x"))
    assert error.reason == "the answer is larger than 1048576 bytes: make it smaller"
    assert time.process_time() - begun < 0.5


@pytest.mark.parametrize(
    ("encoding", "body"), [("br", b"x"), ("gzip", b"not gzip"), ("gzip", gzip.compress(b"abc", mtime=0)[:-9])]
)
async def test_a_body_that_cannot_be_decompressed_is_an_error(application, fetcher, encoding, body):
    application.answer("/x", Reply(body, headers=(("Content-Encoding", encoding),)))
    error = await fails(fetcher, application.url("/x"))
    assert (error.code, error.cause) == (11206, Cause.ANSWER)


@pytest.mark.hostile("W8", sent="URLs of private networks and other schemes")
@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://a/",
        "http://",
        "http://169.254.169.254/latest",
        "http://0x7f000001/",
        "http://[fe80::1]/",
    ],
)
async def test_a_url_that_leads_nowhere_allowed_is_refused_as_such(fetcher, url):
    error = await fails(fetcher, url)
    assert (error.code, error.cause) == (11100, Cause.URL)


async def test_loopback_is_refused_unless_it_is_allowed(application):
    fetcher = Fetcher(Settings(), lambda _: TOKEN)
    application.answer("/x", DOCUMENT)
    error = await fails(fetcher, application.url("/x"))
    assert "127.0.0.1 is a loopback address" in error.reason
    assert application.requests == []
    await fetcher.close()


async def test_a_name_that_resolves_to_a_private_address_is_refused(application):
    fetcher = Fetcher(Settings(), lambda _: TOKEN)
    error = await fails(fetcher, application.url("/x").replace("127.0.0.1", "localhost"))
    assert (error.code, "is a loopback address" in error.reason) == (11100, True)
    assert application.requests == []
    await fetcher.close()


@pytest.mark.hostile("W8", sent="a name that resolves differently the second time")
async def test_the_address_that_was_checked_is_the_one_connected_to(application, monkeypatch):
    """A name server that answers with another address the second time (DNS rebinding) gains nothing."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    asked = []

    def look_up(host, port, *more):
        asked.append(host)
        family = socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port)) for address in next(answers)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    fetcher = Fetcher(Settings(), lambda _: TOKEN)
    url = application.url("/x#ct=100&rc=0").replace("127.0.0.1", "rebind.example")
    assert (await fails(fetcher, url)).cause is Cause.CONNECT
    assert asked == ["rebind.example"]
    assert application.requests == []
    await fetcher.close()


async def test_what_the_operator_wrote_down_is_reached_without_being_allowed(application):
    settings = Settings(rcml={"app_url": application.url("/x")})
    fetcher = Fetcher(settings, lambda _: TOKEN)
    application.answer("/x", DOCUMENT)
    application.answer("/action", DOCUMENT)
    assert (await fetcher.document(application.url("/action"))).status == 200
    async with FakeApplication() as other:
        assert (await fails(fetcher, other.url("/x"))).code == 11100
    await fetcher.close()


async def test_a_failure_is_tried_again_when_the_url_says_so(application, fetcher):
    application.answer("/x", Reply(status=500), Reply(status=503), DOCUMENT)
    answer = await fetcher.document(application.url("/x#rc=2&rp=5xx"))
    assert (answer.status, len(application.requests)) == (200, 3)
    assert len({request.headers["Dialplane-Event-Id"] for request in application.requests}) == 1


async def test_a_failure_is_not_tried_again_otherwise(application, fetcher):
    application.answer("/x", Reply(status=500), DOCUMENT)
    await fails(fetcher, application.url("/x"))
    assert len(application.requests) == 1


async def test_a_server_that_closed_an_idle_connection_costs_no_call(fetcher):
    served = []

    async def serve(reader, writer):
        # One answer, then the connection is closed although it was said to be kept.
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        await reader.readexactly(length)
        served.append(head)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        closing.append(writer)

    closing: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    await fetcher.document(url)
    # A reset, which the client learns of only when it sends: as after a NAT forgot the connection.
    sock = closing[0].get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    second = asyncio.create_task(fetcher.document(url))
    closing[0].transport.abort()
    assert (await second).status == 200
    assert len(served) == 2
    closing[1].close()
    await closing[1].wait_closed()
    server.close()


async def test_new_settings_hold_for_the_next_request(application, fetcher):
    application.answer("/x", DOCUMENT)
    await fetcher.document(application.url("/x"))
    fetcher.apply(Settings())
    assert (await fails(fetcher, application.url("/x"))).code == 11100


async def test_calls_that_want_the_same_sound_share_one_download(application, fetcher):
    application.answer("/x.wav", Reply(b"sound", content_type="audio/wav", delay=0.1))
    answers = await asyncio.gather(*(fetcher.sound(application.url("/x.wav")) for _ in range(20)))
    assert {answer.body for answer in answers} == {b"sound"}
    assert len(application.requests) == 1
    assert application.requests[0].method == "GET"


async def test_a_caller_who_hangs_up_does_not_stop_the_download_of_others(application, fetcher):
    application.answer("/x.wav", Reply(b"sound", content_type="audio/wav", delay=0.1))
    first, second = (asyncio.create_task(fetcher.sound(application.url("/x.wav"))) for _ in range(2))
    await application.request_to("/x.wav")
    first.cancel()
    assert (await second).body == b"sound"
    assert len(application.requests) == 1


async def test_a_sound_is_asked_for_again_only_when_it_may_have_changed(application, fetcher):
    fresh = (("Cache-Control", "max-age=60"), ("ETag", '"1"'))
    application.answer("/fresh.wav", Reply(b"sound", headers=fresh))
    stale = Reply(b"sound", headers=(("ETag", '"1"'),))
    application.answer("/stale.wav", stale, Reply(status=304, headers=(("ETag", '"1"'),)))
    for _ in range(3):
        assert (await fetcher.sound(application.url("/fresh.wav"))).body == b"sound"
        assert (await fetcher.sound(application.url("/stale.wav"))).body == b"sound"
    assert len(application.requests_to("/fresh.wav")) == 1
    asked = [request.headers.get("If-None-Match") for request in application.requests_to("/stale.wav")]
    assert asked == [None, '"1"', '"1"']


async def test_a_sound_comes_with_its_digest_also_when_it_was_kept(application, fetcher):
    kept = Reply(b"sound", headers=(("ETag", '"1"'),))
    application.answer("/x.wav", kept, Reply(status=304), Reply(b"another"))
    digests = [(await fetcher.sound(application.url("/x.wav"))).digest for _ in range(3)]
    assert digests == [digest_of(b"sound"), digest_of(b"sound"), digest_of(b"another")]


async def test_a_failed_sound_is_an_error_for_each_and_is_not_kept(application, fetcher):
    application.answer("/x.wav", Reply(status=404), Reply(b"sound"))
    results = await asyncio.gather(
        *(fetcher.sound(application.url("/x.wav")) for _ in range(3)), return_exceptions=True
    )
    assert all(isinstance(result, FetchError) and result.status == 404 for result in results)
    assert (await fetcher.sound(application.url("/x.wav"))).body == b"sound"


async def test_a_sound_may_be_larger_than_a_document_but_not_endless(application):
    fetcher = Fetcher(
        Settings.embedded(webhooks={"max_document_bytes": 1024, "max_audio_bytes": 4096}), lambda _: TOKEN
    )
    application.answer("/x.wav", Reply(b"x" * 4096), Reply(b"x" * 4097))
    assert len((await fetcher.sound(application.url("/x.wav"))).body) == 4096
    with pytest.raises(FetchError, match="larger than 4096 bytes"):
        await fetcher.sound(application.url("/x.wav"))
    await fetcher.close()


@pytest.mark.hostile("W2", sent="200 calls to an application that does not answer")
async def test_two_hundred_calls_to_a_slow_application_delay_no_other(application, fetcher):
    async with FakeApplication() as slow:
        slow.answer("/x", Reply(hangs=True))
        application.answer("/x", DOCUMENT)
        waiting = [asyncio.create_task(fetcher.document(slow.url("/x#tt=15000"))) for _ in range(200)]
        await slow.request_to("/x", number=200)
        await fetcher.document(application.url("/x"))
        assert not any(task.done() for task in waiting)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
