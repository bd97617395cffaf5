import asyncio
import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiohttp import web

from engine.http import forms
from engine.http.forms import MOST_ON_THE_LOOP, Form, read_form


class Text(Form):
    """One parameter."""

    Body: str


def posted(body: bytes) -> web.Request:
    async def read() -> bytes:
        return body

    return cast(
        web.Request,
        SimpleNamespace(content_type="application/x-www-form-urlencoded", charset=None, read=read),
    )


@pytest.mark.parametrize(("octets", "on_the_loop"), [(MOST_ON_THE_LOOP, True), (MOST_ON_THE_LOOP + 1, False)])
def test_a_large_form_is_read_beside_the_event_loop(octets: int, on_the_loop: bool, monkeypatch):
    threads: list[int] = []
    plain = forms.read_fields

    def noted(*arguments: Any, **named: Any) -> dict[str, list[str]]:
        threads.append(threading.get_ident())
        return plain(*arguments, **named)

    monkeypatch.setattr(forms, "read_fields", noted)

    async def main() -> Text:
        return await read_form(posted(b"Body=" + b"a" * (octets - 5)), Text)

    read = asyncio.run(main())
    assert len(read.Body) == octets - 5
    assert (threads == [threading.get_ident()]) == on_the_loop
