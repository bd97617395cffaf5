"""The page of the API: everything described is on it, and nothing of it is loaded or run."""

import base64
import hashlib
import re
from typing import Any

import pytest

from engine.http.docs_page import SECURITY_POLICY, page
from engine.http.openapi import description


@pytest.fixture(scope="module")
def described() -> dict[str, Any]:
    return description("http://voice.example.com")


@pytest.fixture(scope="module")
def shown(described: dict[str, Any]) -> str:
    return page(described)


def test_every_path_and_form_field_is_on_the_page(described: dict[str, Any], shown: str):
    assert all(path in shown for path in described["paths"])
    for name in ("FriendlyName", "MaxSize (required)", "MoveConnectedCallLeg"):
        assert (f"<code>{name}</code>" in shown) is ("MaxSize" not in name)
    assert shown.count("<details>") == sum(
        method != "parameters" for path in described["paths"].values() for method in path
    )


def test_the_style_is_the_one_that_the_policy_admits_and_nothing_is_loaded(shown: str):
    (style,) = re.findall(r"<style>(.*?)</style>", shown, re.DOTALL)
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in SECURITY_POLICY
    assert not re.findall(r"<script|src=|@import|https?://(?!voice)", shown)


def test_what_is_described_cannot_become_markup(described: dict[str, Any]):
    paths = {"/1/<b>": {"get": {"summary": "<i>", "responses": {"200": {"description": "&"}}}}}
    evil = described | {"paths": paths}
    shown = page(evil)
    assert "<i>" not in shown
    assert "/1/&lt;b&gt;" in shown
