"""The sources of our pages, phone and console: the logic tested by Node, and what the pages are made of."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
PHONE = ROOT / "phone"
CONSOLE = ROOT / "engine" / "http" / "console_page"
TESTS_OF_THE_CONSOLE = ROOT / "tests" / "unit" / "engine" / "http" / "console_page"
NODE = shutil.which("node")

phone = pytest.param(PHONE / "page" / "index.html", id="phone")
console = pytest.param(CONSOLE / "index.html", id="console")


def node_tests(*files: Path) -> None:
    assert NODE is not None
    command = [NODE, "--test", *map(str, files)]
    ran = subprocess.run(command, cwd=PHONE, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout[-5000:] + ran.stderr[-2000:]


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_the_logic_of_the_phone_passes_its_own_tests():
    node_tests()


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_the_logic_of_the_console_passes_its_own_tests():
    files = sorted(TESTS_OF_THE_CONSOLE.glob("*.test.mjs"))
    assert files
    node_tests(*files)


def test_the_lock_pins_by_hash_and_names_no_registry():
    packages = json.loads((PHONE / "package-lock.json").read_text())["packages"]
    for name, entry in packages.items():
        assert "resolved" not in entry
        assert not name or entry["integrity"].startswith("sha512-")


@pytest.mark.parametrize("file", [phone, console])
def test_the_page_has_nothing_inline_and_loads_from_here_alone(file: Path):
    page = file.read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", page)
    assert re.findall(r"<script[^>]*>(.*?)</script>", page) == [""]
    loaded = re.findall(r'src="([^"]+)"', page) + re.findall(r'<link [^>]*href="([^"]+)"', page)
    assert all(address.startswith(("/phone/", "console/")) for address in loaded)


@pytest.mark.parametrize("file", [phone, console])
def test_every_field_and_button_has_a_name_for_those_who_do_not_see_it(file: Path):
    page = file.read_text()
    labelled = set(re.findall(r'<label for="([^"]+)"', page))
    fields = re.findall(r'<(?:input|select) id="([^"]+)"', page)
    assert fields
    assert set(fields) <= labelled
    named_later = {"ready-client", "suggestion", "other-answer"}
    for identifier, content in re.findall(r'<button[^>]*id="([^"]+)"[^>]*>(.*?)</button>', page, re.DOTALL):
        assert re.sub(r"<svg.*?</svg>|<[^>]+>", "", content).strip() or identifier in named_later


@pytest.mark.parametrize("name", sorted(path.name for path in CONSOLE.glob("*.mjs")))
def test_a_module_of_the_console_takes_modules_of_the_console_alone(name: str):
    source = (CONSOLE / name).read_text("utf-8")
    wanted = re.findall(r'from "([^"]+)"', source)
    assert all(re.fullmatch(r"\./[a-z_]+\.mjs", each) and (CONSOLE / each).is_file() for each in wanted)
    assert len(source.splitlines()) < 300
