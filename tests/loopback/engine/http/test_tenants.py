"""Accounts are kept apart on every route that the declarations make (testcases.md O01, O19)."""

from typing import Any

import pytest

from engine.http import dialect, resources
from engine.http.dialect import Dialect
from engine.http.resources import Resource
from engine.store import (
    ApplicationRow,
    CallRow,
    ClientRow,
    ConferenceRow,
    EmailRow,
    ExecutionRow,
    MessageRow,
    NotificationRow,
    NumberRow,
    QueueRow,
    RecordingRow,
    Store,
    TrunkRow,
)
from engine.store.tables import Row
from tests.testkit.http_visitor import CHILD, CLOSED, ROOT, STRANGER, Visitor

_SID = "9" * 32


def owned(account: str) -> dict[type[Row], Row]:
    """Make one row of every resource for an account."""
    rows: list[Row] = [
        CallRow(
            sid=f"CA{_SID}", account_sid=account, instance_sid="ID", from_="a", to="b", direction="inbound",
            status="completed",
        ),
        ConferenceRow(sid=f"CF{_SID}", account_sid=account, instance_sid="ID", friendly_name="room"),
        RecordingRow(
            sid=f"RE{_SID}", account_sid=account, call_sid=f"CA{_SID}", instance_sid="ID", status="completed"
        ),
        QueueRow(sid=f"QU{_SID}", account_sid=account, friendly_name="queue", max_size=1),
        NotificationRow(sid=f"NO{_SID}", account_sid=account, error_code=1, message_text=""),
        NumberRow(sid=f"PN{_SID}", account_sid=account, phone_number="1"),
        ClientRow(sid=f"CL{_SID}", account_sid=account, login="x", ha1_md5="", ha1_sha256=""),
        TrunkRow(sid=f"TK{_SID}", account_sid=account, name="x", uri="sip:x"),
        ApplicationRow(sid=f"AP{_SID}", account_sid=account),
        MessageRow(sid=f"SM{_SID}", account_sid=account, from_="a", to="b", body="", direction="inbound"),
        EmailRow(sid=f"EM{_SID}", account_sid=account, from_="a", to="b", subject="", body=""),
        ExecutionRow(sid=f"SA{_SID}", account_sid=account, call_sid=f"CA{_SID}", verb="", status="completed"),
    ]  # fmt: skip
    return {type(row): row for row in rows}


def routes(resource: Resource[Any], sid: str) -> list[tuple[str, str]]:
    """Return method and path below the account of everything that can be asked of a resource."""
    one = f"{resource.name}/{sid}.json"
    found = [("GET", f"{resource.name}.json"), ("GET", one)]
    found += [("POST", f"{resource.name}.json")] if resource.creation is not None else []
    found += [("POST", one), ("PUT", one)] if resource.change is not None else []
    return [*found, ("DELETE", one)] if resource.deletable else found


@pytest.mark.parametrize("spoken", dialect.ALL, ids=lambda spoken: spoken.name)
@pytest.mark.parametrize("resource", resources.ALL, ids=lambda resource: resource.name)
async def test_o19_nobody_but_the_account_and_those_above_it_gets_at_anything(
    visitor: Visitor, store: Store, resource: Resource[Any], spoken: Dialect
):
    row: Any = owned(CHILD)[resource.row]
    if resource.row is ExecutionRow and resource.where:
        row.verb = resource.where[0].right.value
    await store.commit(row)
    of_child, of_stranger = (spoken.accounts("").format(account=each) for each in (CHILD, STRANGER))
    for method, path in routes(resource, row.sid):
        for user, base, status in (
            (STRANGER, of_child, 403),
            (CLOSED, of_child, 403),
            (None, of_child, 401),
            (CHILD, of_child.replace(CHILD, ROOT), 403),
        ):
            response, body = await visitor.get(f"{base}/{path}", user=user, method=method)
            assert response.status == status, (method, path, user, body)
        if row.sid in path:
            # Somebody else's resource below one's own account.
            response, body = await visitor.get(f"{of_stranger}/{path}", user=STRANGER, method=method)
            assert response.status in (400, 404), (method, path, body)
    assert await store.get(resource.row, row.sid) is not None
    listed = await visitor.get(f"{of_stranger}/{resource.name}.json", user=STRANGER)
    assert row.sid not in listed[1].decode()
    response, _ = await visitor.get(f"{of_child}/{resource.name}/{row.sid}.json", user=ROOT)
    assert response.status == 200
