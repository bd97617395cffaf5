"""S3-compatible storage on loopback that believes no signature it has not computed itself."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from dataclasses import dataclass, field

from aiohttp import web

from tests.testkit.loopback_server import LoopbackServer

BUCKET, ACCESS_KEY, SECRET_KEY, REGION = (
    "sounds",
    "AKIDEXAMPLE",
    "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "eu-1",
)


@dataclass(frozen=True)
class Fault:
    """How one request is answered badly."""

    status: int = 0
    code: str = "SlowDown"
    region: str = ""
    hangs: bool = False
    resets: bool = False
    """The connection breaks after half of what was to be sent or received."""


@dataclass
class Put:
    """An object that somebody stored."""

    octets: bytes
    content_type: str


@dataclass
class _Asked:
    method: str
    key: str
    range: str | None = field(default=None)


class S3Server(LoopbackServer):
    """Use as `async with`; ``faults`` answer the next requests, each its own."""

    def __init__(self, port: int = 0) -> None:
        # A client that is gone ends its request, so that what hangs holds up no end.
        super().__init__(port, handler_cancellation=True)
        self.objects: dict[str, Put] = {}
        self.asked: list[_Asked] = []
        self.faults: list[Fault] = []

    @property
    def section(self) -> dict[str, str]:
        """The `[s3]` section of who uses it."""
        return {
            "endpoint": f"http://127.0.0.1:{self._port}", "bucket": BUCKET, "region": REGION,
            "access_key": ACCESS_KEY, "secret_key": SECRET_KEY,
        }  # fmt: skip

    def _application(self) -> web.Application:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{bucket}/{key:.+}", self._serve)
        return app

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        key = request.match_info["key"]
        self.asked.append(_Asked(request.method, key, request.headers.get("Range")))
        fault = self.faults.pop(0) if self.faults else Fault()
        if fault.hangs:
            await asyncio.Event().wait()
        if fault.resets and request.method == "PUT":
            await request.content.read(100)
            return self._cut(request)
        body = await request.read()
        if fault.status:
            return _refused(fault.status, fault.code, "Please reduce your request rate.", fault.region)
        if request.match_info["bucket"] != BUCKET:
            return _refused(404, "NoSuchBucket", "The specified bucket does not exist")
        if (problem := _problem(request, body)) is not None:
            return _refused(403, problem, "The request signature we calculated does not match")
        return await self._done(request, key, body, cut=fault.resets)

    async def _done(self, request: web.Request, key: str, body: bytes, *, cut: bool) -> web.StreamResponse:
        if request.method == "PUT":
            self.objects[key] = Put(body, request.content_type)
            return web.Response(headers={"ETag": f'"{hashlib.md5(body).hexdigest()}"'})
        if request.method == "DELETE":
            self.objects.pop(key, None)
            return web.Response(status=204)
        found = self.objects.get(key)
        if found is None:
            return _refused(404, "NoSuchKey", "The specified key does not exist.")
        return await self._sent(request, found.octets, cut=cut)

    async def _sent(self, request: web.Request, octets: bytes, *, cut: bool) -> web.StreamResponse:
        headers, status = {"Accept-Ranges": "bytes"}, 200
        if asked := re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", "")):
            first, last = int(asked[1]), int(asked[2])
            if first >= len(octets):
                return _refused(416, "InvalidRange", "The requested range is not satisfiable")
            headers["Content-Range"] = f"bytes {first}-{last}/{len(octets)}"
            octets, status = octets[first : last + 1], 206
        if not cut:
            return web.Response(status=status, body=octets, headers=headers)
        answer = web.StreamResponse(status=status, headers={**headers, "Content-Length": str(len(octets))})
        await answer.prepare(request)
        await answer.write(octets[: len(octets) // 2])
        return self._cut(request)

    def _cut(self, request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()


def _refused(status: int, code: str, message: str, region: str = "") -> web.Response:
    told = f"<Region>{region}</Region>" if region else ""
    text = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message>{told}</Error>"
    return web.Response(status=status, text=text, content_type="application/xml")


_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8}/[^/]+/s3/aws4_request), SignedHeaders=(\S+), Signature=(\w+)"
)


def _problem(request: web.Request, body: bytes) -> str | None:
    """Say what is wrong with the signature of a request as it arrived; None when nothing is."""
    told = _AUTHORIZATION.fullmatch(request.headers.get("Authorization", ""))
    if told is None:
        return "AccessDenied"
    access_key, scope, names, signature = told.groups()
    if access_key != ACCESS_KEY:
        return "InvalidAccessKeyId"
    if {"host", "x-amz-date", "x-amz-content-sha256"} - set(names.split(";")):
        return "AccessDenied"
    if request.headers["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
        return "XAmzContentSHA256Mismatch"
    path, _, query = request.raw_path.partition("?")
    lines = [f"{name}:{request.headers[name].strip()}" for name in names.split(";")]
    canonical = [request.method, path, query, *lines, "", names, request.headers["x-amz-content-sha256"]]
    digest = hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    to_sign = "\n".join(("AWS4-HMAC-SHA256", request.headers["x-amz-date"], scope, digest))
    key = b"AWS4" + SECRET_KEY.encode()
    for word in (*scope.split("/"), to_sign):
        key = hmac.digest(key, word.encode(), "sha256")
    expected_scope = f"{request.headers['x-amz-date'][:8]}/{REGION}/s3/aws4_request"
    return None if key.hex() == signature and scope == expected_scope else "SignatureDoesNotMatch"
