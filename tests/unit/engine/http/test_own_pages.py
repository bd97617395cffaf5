from pathlib import Path

import pytest
from aiohttp import web

from engine.http.own_pages import HEADERS, is_on_this_machine, served_file


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://localhost:8080", True),
        ("http://[::1]:8080", True),
        ("http://127.8.9.1", True),
        ("https://voice.example.com", False),
        ("http://localhost.example.com", False),
        ("http://127.0.0.1.example.com", False),
        ("http://192.168.1.5:8080", False),
        ("http://0.0.0.0:8080", False),
    ],
)
def test_a_url_leads_to_this_machine_or_to_another(url: str, ours: bool):
    assert is_on_this_machine(url) is ours


def test_a_file_is_what_its_ending_says():
    page = Path(__file__).parents[4] / "engine" / "http" / "console_page"
    answer = served_file(page / "main.mjs")
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]
    with pytest.raises(web.HTTPNotFound):
        served_file(page / "missing.mjs")
