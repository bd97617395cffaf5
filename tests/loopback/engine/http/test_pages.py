"""What callers and applications say, wherever it is shown: W14 of robustness.md."""

import json
import re
from pathlib import Path

import pytest

from engine.store import CallRow, NotificationRow
from tests.testkit.http_visitor import ROOT

ROOT_FOLDER = Path(__file__).parents[4]
SOURCES = [
    *sorted((ROOT_FOLDER / "phone" / "src").glob("*.js")),
    *sorted((ROOT_FOLDER / "engine" / "http" / "console_page").glob("*.mjs")),
]
SCRIPT = "<script>alert(1)</script>"
IMAGE = "\"><img src=x onerror='alert(1)'>"
MARKUP = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc")

pytestmark = pytest.mark.hostile("W14", sent="HTML in names, error texts and paths")


@pytest.fixture
async def attacked(store) -> str:
    """A call and a notification full of markup; the call's sid."""
    sid = "CA" + "7" * 32
    await store.commit(
        CallRow(
            sid=sid, account_sid=ROOT, instance_sid="ID", from_=SCRIPT, to=IMAGE, caller_name=SCRIPT,
            direction="inbound", status="completed", reason=IMAGE,
        ),
        NotificationRow(
            sid="NO" + "7" * 32, account_sid=ROOT, call_sid=sid, error_code=11200, message_text=SCRIPT
        ),
    )  # fmt: skip
    return sid


@pytest.mark.parametrize("dialect", ["2012-04-24", "2010-04-01"])
@pytest.mark.parametrize("path", ["Calls/{sid}.json", "Calls.json", "Calls/{sid}/Notifications.json"])
async def test_w14_markup_of_a_caller_is_json_that_no_browser_takes_for_a_page(
    visitor, attacked: str, dialect: str, path: str
):
    response, body = await visitor.get(f"/{dialect}/Accounts/{ROOT}/{path.format(sid=attacked)}")
    assert response.status == 200
    assert SCRIPT in str(json.loads(body))
    assert response.content_type == "application/json"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    "path",
    [
        f"/{SCRIPT}",
        f"/docs/{SCRIPT}",
        f"/phone/{SCRIPT}",
        f"/2012-04-24/Accounts/{SCRIPT}/Calls.json",
        f"/2012-04-24/Accounts/{ROOT}/Calls.json?Status={SCRIPT}&PageSize={IMAGE}",
    ],
)
async def test_w14_markup_in_a_path_comes_back_in_no_page(visitor, path: str):
    response, body = await visitor.get(path, headers={"Accept": "text/html"})
    assert response.status >= 200
    assert response.content_type != "text/html" or SCRIPT.encode() not in body
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/docs", "/phone"])
async def test_w14_our_own_pages_run_no_script_that_somebody_else_wrote(visitor, path: str):
    response, _ = await visitor.get(path)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy.partition("script-src")[2].partition(";")[0]
    assert "unsafe-eval" not in policy


@pytest.mark.parametrize("file", SOURCES, ids=lambda path: path.name)
def test_w14_our_pages_show_names_as_text(file: Path):
    found = MARKUP.findall(file.read_text("utf-8"))
    assert found == [], "show text by textContent: a caller chooses the name that is shown"
