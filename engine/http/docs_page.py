"""``/docs``: the description of the API as a page to read, without a script or anything from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from html import escape
from typing import Any

from engine.http.openapi import Json

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
summary { cursor: pointer; padding: .3rem 0; border-top: 1px solid #8884; }
code { font-size: .92em; } b { display: inline-block; min-width: 4.5rem; }
table { border-collapse: collapse; margin: .3rem 0 1rem; }
td { padding: .15rem 1rem .15rem 0; vertical-align: top; }
h2 { margin-top: 2.5rem; } :root { color-scheme: light dark; }
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

SECURITY_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'"
"""The page may show its own style, and do nothing else."""


def page(document: Json) -> str:
    """Return the page for a whole description."""
    title = f"{escape(document['info']['title'])} {escape(document['info']['version'])}"
    body = "\n".join(_body(document))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f'<h1>{title}</h1><p>Also as <a href="/openapi.json">openapi.json</a>. '
        f"The user name is the account's sid, the password its auth token. "
        f"{escape(document['info']['description'])}</p>{body}</html>"
    )


def _body(document: Json) -> Iterator[str]:
    version = ""
    for path, methods in document["paths"].items():
        if path.split("/")[1] != version:
            version = path.split("/")[1]
            yield f"<h2>/{escape(version)}</h2>"
        shared = methods.get("parameters", [])
        for method, operation in methods.items():
            if method != "parameters":
                yield _operation(document, path, method, operation, shared)


def _operation(document: Json, path: str, method: str, operation: Json, shared: list[Json]) -> str:
    given = [*shared, *operation.get("parameters", [])]
    rows = [(each["name"], _kind(each["schema"]), each["in"]) for each in given]
    form = operation.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded")
    if form is not None:
        rows += _fields(document, form["schema"])
    answers = [(status, each["description"], "") for status, each in operation["responses"].items()]
    return (
        f"<details><summary><b>{method.upper()}</b><code>{escape(path)}</code> {escape(operation['summary'])}"
        f"</summary>{_table(rows)}{_table(answers)}</details>"
    )


def _fields(document: Json, schema: Json) -> list[tuple[str, str, str]]:
    form = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    required = form.get("required", ())
    return [
        (name + (" (required)" if name in required else ""), _kind(field), field.get("description", ""))
        for name, field in form["properties"].items()
    ]


def _kind(schema: Json) -> str:
    """Return a schema in few words."""
    if "enum" in schema:
        return " | ".join(str(each) for each in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(_kind(each) for each in schema["anyOf"] if each.get("type") != "null")
    kind: Any = schema.get("type", schema.get("const", ""))
    return str(kind)


def _table(rows: list[tuple[str, str, str]]) -> str:
    cells = (
        f"<tr><td><code>{escape(name)}</code><td>{escape(kind)}<td>{escape(meaning)}"
        for name, kind, meaning in rows
    )
    return f"<table>{''.join(cells)}</table>" if rows else ""
