"""What the pages tell a newcomer to write is taken as it stands: documents, configuration, programs."""

import ast
import configparser
import re
from pathlib import Path

import pytest

from engine.check import check
from engine.config import Settings, Sources
from media.plane.media_thread import REALTIME_PRIORITY

ROOT = Path(__file__).parents[3]
PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "benchmarks/README.md")
    if path.name != "CHANGELOG.md"
)
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]


def snippets(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


WITH_DOCUMENTS = [page for page in PAGES if snippets(page, "xml")]
WITH_CONFIGURATION = [page for page in PAGES if snippets(page, "toml")]
WITH_PROGRAMS = [page for page in PAGES if snippets(page, "python")]


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_somewhere(page):
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)", page.read_text("utf-8")):
        if target.startswith(("http:", "https:", "mailto:")):
            continue
        found = page.parent / target if target else page
        assert found.exists(), f"there is no {target}"
        assert not anchor or found.suffix != ".md" or anchor in anchors(found), f"{target} has no {anchor}"


@pytest.mark.parametrize("page", WITH_DOCUMENTS, ids=lambda page: page.stem)
def test_documents_are_free_of_problems(page, tmp_path):
    for text in snippets(page, "xml"):
        document = tmp_path / "document.xml"
        document.write_text(text if "<Response>" in text else f"<Response>{text}</Response>", "utf-8")
        report = check(str(document))
        assert ": ok, " in report.lines[0], report.lines


@pytest.mark.parametrize("page", WITH_CONFIGURATION, ids=lambda page: page.stem)
def test_configuration_is_accepted(page, tmp_path):
    # What a page says to give in the environment, such as a secret.
    environment = dict.fromkeys(re.findall(r"DIALPLANE_S3__\w+", page.read_text("utf-8")), "x" * 20)
    for text in snippets(page, "toml"):
        file = tmp_path / "dialplane.toml"
        file.write_text(text, "utf-8")
        Sources(file, environ=environment).load()


@pytest.mark.parametrize("page", WITH_PROGRAMS, ids=lambda page: page.stem)
def test_programs_are_python(page):
    for text in snippets(page, "python"):
        ast.parse(text)


def test_the_unit_of_systemd_lets_calls_come_to_their_end():
    (text,) = snippets(ROOT / "docs/howto/operate.md", "ini")
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(text)
    service = unit["Service"]
    assert service["KillMode"] == "mixed", "the voices of live calls would end first"
    assert int(service["TimeoutStopSec"]) > Settings.embedded().limits.drain_timeout
    assert int(service["LimitRTPRIO"]) >= REALTIME_PRIORITY
    assert service["ExecReload"].startswith("/bin/kill -HUP")
