"""The sources of the phone's page: the logic tested by Node, and what the page is made of."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

PHONE = Path(__file__).parents[4] / "phone"
NODE = shutil.which("node")


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_the_logic_of_the_page_passes_its_own_tests():
    assert NODE is not None
    ran = subprocess.run([NODE, "--test"], cwd=PHONE, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-2000:]


def test_the_lock_pins_by_hash_and_names_no_registry():
    packages = json.loads((PHONE / "package-lock.json").read_text())["packages"]
    for name, entry in packages.items():
        assert "resolved" not in entry
        assert not name or entry["integrity"].startswith("sha512-")


def test_the_page_has_nothing_inline_and_loads_from_here_alone():
    page = (PHONE / "page" / "index.html").read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    assert re.findall(r"<script[^>]*>(.*?)</script>", page) == [""]
    assert all(address.startswith("/phone/") for address in re.findall(r'(?:src|href)="([^"]+)"', page))


def test_every_field_and_button_has_a_name_for_those_who_do_not_see_it():
    page = (PHONE / "page" / "index.html").read_text()
    labelled = set(re.findall(r'<label for="([^"]+)"', page))
    fields = re.findall(r'<(?:input|select) id="([^"]+)"', page)
    assert fields
    assert set(fields) <= labelled
    named_later = {"ready-client", "suggestion", "other-answer"}
    for identifier, content in re.findall(r'<button[^>]*id="([^"]+)"[^>]*>(.*?)</button>', page, re.DOTALL):
        assert re.sub(r"<svg.*?</svg>|<[^>]+>", "", content).strip() or identifier in named_later
