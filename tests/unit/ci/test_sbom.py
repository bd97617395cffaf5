"""The bill of materials names what a release brings."""

import importlib.util
import json
import re
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def make_sbom() -> ModuleType:
    loader = SourceFileLoader("make_sbom", str(ROOT / ".ci" / "make-sbom"))
    spec = importlib.util.spec_from_loader("make_sbom", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_each_pinned_package_is_named_with_its_hashes(make_sbom: ModuleType):
    text = (ROOT / "requirements" / "runtime.txt").read_text("utf-8")
    pinned = re.findall(r"^([\w.-]+)==", text, re.MULTILINE)
    found = make_sbom.python_packages()
    assert [component["name"] for component in found] == pinned
    assert sum(len(component["hashes"]) for component in found) == text.count("--hash=sha256:")
    assert all(component["hashes"] for component in found)


def test_what_is_bundled_into_the_phone_is_named_and_build_tools_are_not(make_sbom: ModuleType):
    names = {component["name"] for component in make_sbom.page_packages()}
    assert "jssip" in names
    assert not any("esbuild" in name for name in names)


def test_it_is_the_same_each_time_and_references_are_unique(make_sbom: ModuleType):
    bill = make_sbom.bill()
    assert json.dumps(bill) == json.dumps(make_sbom.bill())
    references = [component["bom-ref"] for component in bill["components"]]
    assert len(references) == len(set(references))
