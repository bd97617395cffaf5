"""Whatever is asked of the API, it answers as /openapi.json says, and never with a fault of its own.

``DIALPLANE_API_EXAMPLES`` sets how many requests each operation is tried with (`make fuzz-api`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from engine.http.openapi import description
from engine.http.resources.executions import OF_VERBS
from tests.testkit.http_thread import ThreadedServer, threaded_server
from tests.testkit.http_visitor import ROOT, TOKEN
from tests.testkit.rows import DIGITS, owned

EXAMPLES = int(os.environ.get("DIALPLANE_API_EXAMPLES", "1"))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
JSON_CHECKS = [*CHECKS, response_schema_conformance]
SCHEMA = schemathesis.openapi.from_dict(description("http://voice.example.com"))
ALIKE = tuple(f"/{resource.name}" for resource in OF_VERBS[1:])
"""Lists that are declared by one function with the first of them; a short run leaves them out."""
OPERATIONS = [
    operation
    for found in SCHEMA.get_all_operations()
    if isinstance(found, Ok) and (operation := found.ok()) is not None
    if "DIALPLANE_API_EXAMPLES" in os.environ or not any(name in operation.path for name in ALIKE)
]
_PREFIX = {
    **{"Calls": "CA", "Conferences": "CF", "Queues": "QU", "Recordings": "RE", "Notifications": "NO"},
    **{"SMS": "SM", "Messages": "SM", "Email": "EM", "IncomingPhoneNumbers": "PN", "Applications": "AP"},
    **{"Clients": "CL", "Trunks": "TK", "Keys": "SK", "Users": "US", "Traces": "TX"},
    **{"OutgoingCallerIds": "PN"},
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedServer]:
    with threaded_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda each: f"{each.method} {each.path}")
def test_an_operation_answers_as_it_is_described(server: ThreadedServer, operation: Any):
    server.put(*owned(ROOT))
    with requests.Session() as session:
        session.auth = (ROOT, TOKEN)

        @seed(7)
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(_good_or_bad(operation))
        def ask(case: Case) -> None:
            for there, accept in ((True, "application/json"), (False, "application/json"), (True, "*/*")):
                _aim(case, there=there)
                response = case.call(base_url=server.url, session=session, headers={"Accept": accept})
                in_xml = response.content.startswith(b"<?xml")
                assert in_xml == (bool(response.content) and accept == "*/*")
                # What is told in XML is made of what the schema of the JSON was looked at for.
                case.validate_response(response, checks=CHECKS if in_xml else JSON_CHECKS)

        ask()


FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status"),
    [
        ("POST", "Queues.json", b"FriendlyName=\xff", FORM, 400),
        ("POST", "Queues.json", b"FriendlyName=a%00b", FORM, 400),
        ("POST", "Queues.json", b"FriendlyName=a", f"{FORM}; charset=nonsense", 415),
        ("POST", "Queues.json", b"FriendlyName=a", f"{FORM}; charset=utf-16", 415),
        ("POST", "Queues.json", b"{}", "application/json", 415),
        ("POST", "Queues.json", b"a" * 1_100_000, FORM, 413),
        ("GET", "Calls.json?StartTime=9999-12-31", b"", "", 400),
        ("GET", "Calls.json?EndTime=0001-01-01T00:00:00%2B14:00", b"", "", 400),
        ("GET", "Calls.json?To=%00", b"", "", 400),
        ("GET", "Calls.json?To=%ED%A0%80", b"", "", 200),
        ("GET", "Calls/%00.json", b"", "", 404),
    ],
)
def test_what_no_description_covers_is_refused_in_words(
    server: ThreadedServer, method: str, path: str, body: bytes, kind: str, status: int
):
    url = f"{server.url}/2012-04-24/Accounts/{ROOT}/{path}"
    headers = {"Content-Type": kind} if kind else {}
    answer = requests.request(method, url, data=body, headers=headers, auth=(ROOT, TOKEN), timeout=10)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert set(answer.json()) == {"code", "message", "status"}


def _good_or_bad(operation: Any) -> SearchStrategy[Case]:
    """Make requests as the description wants them, and as it does not."""
    good: SearchStrategy[Case] = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    bad: SearchStrategy[Case] = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    return good | bad


def _aim(case: Case, *, there: bool) -> None:
    """Ask about the account, and about a resource that is there or whatever was generated."""
    names = case.path_parameters
    names["account"] = ROOT
    # Below the account stands which kind it is; the accounts themselves have no such step.
    kind = "".join(case.path.split("/")[4:5]).removesuffix(".json")
    if there and "sid" in names:
        names["sid"] = _PREFIX.get(kind, "SA") + DIGITS
    if there and "part" in names:
        names["part"] = "RE" + DIGITS
