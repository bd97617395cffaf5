"""Whose connections of this machine are, as the system itself says it."""

import json
import os
import socket

import pytest

from engine.http import same_user
from engine.http.same_user import user_of

SOMEBODY_ELSE = 64_123


@pytest.mark.parametrize(
    ("listening", "calling", "host"),
    [
        (socket.AF_INET, socket.AF_INET, "127.0.0.1"),
        (socket.AF_INET6, socket.AF_INET6, "::1"),
        (socket.AF_INET6, socket.AF_INET, "127.0.0.1"),
        (socket.AF_INET6, socket.AF_INET6, "::ffff:127.0.0.1"),
    ],
)
def test_a_connection_of_ours_is_ours_until_it_is_closed(listening, calling, host):
    with socket.socket(listening) as listener, socket.socket(calling) as caller:
        if listening == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(("::" if listening == socket.AF_INET6 else host, 0))
        listener.listen()
        caller.connect((host, listener.getsockname()[1]))
        accepted, _ = listener.accept()
        ends = accepted.getpeername()[:2], accepted.getsockname()[:2]
        with accepted:
            assert user_of(*ends, same_user._rows()) == os.geteuid()
            caller.close()
            assert user_of(*ends, same_user._rows()) is None


async def test_another_user_of_the_machine_gets_no_newcomers_key(visitor, server, monkeypatch):
    server.live.passing_keys.offered = True
    monkeypatch.setattr(same_user, "our_users", lambda user, environ: {SOMEBODY_ELSE})
    _, settings = await visitor.get("/console/settings.json", user=None)
    assert json.loads(settings)["ready"] is False
    granted, _ = await visitor.get("/console/key", user=None, method="POST", headers={"Origin": visitor.url})
    assert granted.status == 404


async def test_where_the_system_does_not_tell_nobody_gets_a_key(visitor, server, monkeypatch):
    server.live.passing_keys.offered = True
    monkeypatch.setattr(same_user, "TABLES", ())
    _, settings = await visitor.get("/console/settings.json", user=None)
    assert json.loads(settings)["ready"] is False
