"""The page of the API: everything described is on it, and nothing of it is loaded or run."""

import base64
import hashlib
import re

from engine.http.docs_page import SECURITY_POLICY, page
from engine.http.openapi import description

DESCRIPTION = description("http://voice.example.com")
PAGE = page(DESCRIPTION)


def test_every_path_and_form_field_is_on_the_page():
    assert all(path in PAGE for path in DESCRIPTION["paths"])
    for name in ("FriendlyName", "MaxSize (required)", "MoveConnectedCallLeg"):
        assert (f"<code>{name}</code>" in PAGE) is ("MaxSize" not in name)
    assert PAGE.count("<details>") == sum(
        method != "parameters" for path in DESCRIPTION["paths"].values() for method in path
    )


def test_the_style_is_the_one_that_the_policy_admits_and_nothing_is_loaded():
    (style,) = re.findall(r"<style>(.*?)</style>", PAGE, re.DOTALL)
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in SECURITY_POLICY
    assert not re.findall(r"<script|src=|@import|https?://(?!voice)", PAGE)


def test_what_is_described_cannot_become_markup():
    evil = description("http://voice.example.com")
    evil["paths"] = {"/1/<b>": {"get": {"summary": "<i>", "responses": {"200": {"description": "&"}}}}}
    shown = page(evil)
    assert "<i>" not in shown
    assert "/1/&lt;b&gt;" in shown
