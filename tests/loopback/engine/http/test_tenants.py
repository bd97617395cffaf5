"""Accounts are kept apart on every route that the declarations make (testcases.md O01, O19)."""

import re
from typing import Any

import pytest

from engine.http import HttpServer, dialect, resources
from engine.http.dialect import Dialect
from engine.http.resources import Resource
from engine.http.resources.parts import Part
from engine.secrets_at_rest import hash_secret
from engine.store import ApiKeyRow, ExecutionRow, Store
from tests.testkit.http_visitor import CHILD, CLOSED, ROOT, STRANGER, TOKEN, Visitor
from tests.testkit.rows import DIGITS, owned_by_kind


def routes(resource: Resource[Any], sid: str) -> list[tuple[str, str]]:
    """Return method and path below the account of everything that can be asked of a resource."""
    one = f"{resource.name}/{sid}.json"
    found = [("GET", f"{resource.name}.json"), ("GET", one)]
    found += [("POST", f"{resource.name}.json")] if resource.creation is not None else []
    found += [("POST", one), ("PUT", one)] if resource.change is not None else []
    return [*found, ("DELETE", one)] if resource.deletable else found


async def refused_to_others(visitor: Visitor, of_child: str, method: str, path: str) -> None:
    """Ask as those who may not: a stranger, a closed account, nobody, and an account for its parent."""
    for user, base, status in (
        (STRANGER, of_child, 403),
        (CLOSED, of_child, 403),
        (None, of_child, 401),
        (CHILD, of_child.replace(CHILD, ROOT), 403),
    ):
        response, body = await visitor.get(f"{base}/{path}", user=user, method=method)
        assert response.status == status, (method, path, user, body)


@pytest.mark.parametrize("spoken", dialect.ALL, ids=lambda spoken: spoken.name)
@pytest.mark.parametrize("resource", resources.ALL, ids=lambda resource: resource.name)
async def test_o19_nobody_but_the_account_and_those_above_it_gets_at_anything(
    visitor: Visitor, store: Store, resource: Resource[Any], spoken: Dialect
):
    row: Any = owned_by_kind(CHILD)[resource.row]
    if resource.row is ExecutionRow and resource.where:
        row.verb = resource.where[0].right.value
    await store.commit(row)
    of_child, of_stranger = (spoken.accounts("").format(account=each) for each in (CHILD, STRANGER))
    for method, path in routes(resource, row.sid):
        await refused_to_others(visitor, of_child, method, path)
        if row.sid in path:
            # Somebody else's resource below one's own account.
            response, body = await visitor.get(f"{of_stranger}/{path}", user=STRANGER, method=method)
            assert response.status in (400, 404), (method, path, body)
    assert await store.get(resource.row, row.sid) is not None
    listed = await visitor.get(f"{of_stranger}/{resource.name}.json", user=STRANGER)
    assert row.sid not in listed[1].decode()
    response, _ = await visitor.get(f"{of_child}/{resource.name}/{row.sid}.json", user=ROOT)
    assert response.status == 200


@pytest.mark.parametrize("spoken", dialect.ALL, ids=lambda spoken: spoken.name)
@pytest.mark.parametrize("part", resources.PARTS, ids=lambda part: f"{part.of.name} {part.name}")
async def test_o19_what_lies_below_a_resource_is_nobody_elses_either(
    visitor: Visitor, store: Store, part: Part, spoken: Dialect
):
    row: Any = owned_by_kind(CHILD)[part.of.row]
    await store.commit(row)
    of_child, of_stranger = (spoken.accounts("").format(account=each) for each in (CHILD, STRANGER))
    whole = f"{part.of.name}/{row.sid}/{part.name}"
    found = [("GET", f"{whole}.json"), ("GET", f"{whole}/x.json")]
    found += [("POST", f"{whole}.json")] if part.creation is not None else []
    found += [("POST", f"{whole}/x.json"), ("PUT", f"{whole}/x.json")] if part.change is not None else []
    found += [("DELETE", f"{whole}/x.json")] if part.deletable else []
    for method, path in found:
        await refused_to_others(visitor, of_child, method, path)
        response, body = await visitor.get(f"{of_stranger}/{path}", user=STRANGER, method=method)
        assert response.status in (400, 404), (method, path, body)
    response, _ = await visitor.get(f"{of_child}/{whole}.json", user=ROOT)
    assert response.status == 200


@pytest.mark.parametrize("spoken", dialect.ALL, ids=lambda spoken: spoken.name)
@pytest.mark.parametrize(
    ("owner", "name"),
    [
        *((owner, resource.name) for owner, resource in resources.BELOW),
        *((view.of, view.name) for view in resources.VIEWS if view.of is not None),
    ],
    ids=lambda each: each if isinstance(each, str) else each.name,
)
async def test_o19_what_is_read_below_a_resource_is_nobody_elses_either(
    visitor: Visitor, store: Store, owner: Resource[Any], name: str, spoken: Dialect
):
    row: Any = owned_by_kind(CHILD)[owner.row]
    await store.commit(row)
    for user, account, statuses in (
        (STRANGER, CHILD, (403,)),
        (CLOSED, CHILD, (403,)),
        (None, CHILD, (401,)),
        (STRANGER, STRANGER, (400, 404)),
    ):
        path = f"{spoken.accounts('').format(account=account)}/{owner.name}/{row.sid}/{name}.json"
        response, body = await visitor.get(path, user=user)
        assert response.status in statuses, (path, user, body)


OPEN = ("Recordings/{sid}{written}.wav", "Recordings/{sid}{written}.mp3")
"""The sound of a recording is for everybody who knows its name (rest-api.md section 1.2)."""


def every_route(server: HttpServer) -> list[tuple[str, str]]:
    """Return method and path of everything that the running server has below an account, with CHILD's."""
    found = set()
    for route in server.routes():
        declared = route.resource.canonical if route.resource is not None else ""
        # Other prefixes lead to the same.
        plain = declared.startswith(tuple(f"/{spoken.version}/" for spoken in dialect.ALL))
        closed = "{account}" in declared and not declared.endswith(OPEN)
        if plain and closed and route.method != "HEAD":
            path = declared.replace("{account}", CHILD).replace("{suffix}", ".json")
            found.add((route.method, re.sub(r"\{\w+\}", f"CA{DIGITS}", path)))
    return sorted(found)


async def test_o01_every_route_refuses_who_may_not(visitor: Visitor, server: HttpServer, store: Store):
    nothing = ApiKeyRow(
        sid=f"SK{DIGITS}", account_sid=CHILD, secret_hash=hash_secret("s"), role="Scoped", scopes=["Nothing"]
    )
    await store.commit(nothing)
    routes = every_route(server)
    assert len(routes) > 90
    for number, (method, path) in enumerate(routes):
        reads_account = method == "GET" and re.search(r"/Accounts(\.json)?/\w+(\.json)?$", path)
        for user, token, status in (
            (None, TOKEN, 401),
            (f"AC{number:032x}", TOKEN, 401),
            (STRANGER, TOKEN, 403),
            (CLOSED, TOKEN, 403),
            (nothing.sid, "s", 200 if reads_account else 403),
        ):
            response, body = await visitor.get(path, user=user, token=token, method=method)
            assert response.status == status, (method, path, user, body)
