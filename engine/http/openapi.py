"""``/openapi.json``: the REST API of both dialects, generated from the declarations (OpenAPI 3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_type_hints

from engine.http import dialect, resources
from engine.http.dialect import TWILIO, Dialect
from engine.http.forms import Form
from engine.http.openapi_xml import FORMATS, add_xml
from engine.http.resources import Resource
from engine.http.resources.declaration import Shown
from engine.http.resources.parts import Part
from engine.http.resources.tokens import NAME as TOKENS
from engine.http.resources.tokens import RelayTokenCreation, ShownRelayToken, ShownToken, TokenCreation
from engine.http.resources.views import View
from engine.version import version

Json = dict[str, Any]

_PROBLEM: Json = {
    "type": "object",
    "required": ["code", "message", "status"],
    "properties": {
        "code": {"type": "integer"},
        "message": {"type": "string", "description": "What is wrong, and the cure."},
        "status": {"type": "integer"},
        "more_info": {"type": "string", "description": "Twilio's dialect: a page about the code."},
    },
}
_REFUSALS = {
    "400": "A parameter cannot be used.",
    "401": "No account has these credentials.",
    "403": "The account is not active, the other account is not below it, or the role may not do that.",
    "404": "There is no such account or resource.",
    "429": "Too many wrong tokens from this address.",
    "503": "The store does not answer, or no call can be made now.",
}
_FORM_REFUSALS = {
    "409": "It cannot do that in the state it is in, the name is taken, or the configuration file has it.",
    "413": "The request is too long.",
    "415": "The parameters are sent as something else than application/x-www-form-urlencoded.",
}
_CHANGE_REFUSALS = {"406": "There is no such call.", "410": "It has ended."}
_DELETION_REFUSALS = {"409": "It is in use, or the configuration file has it."}


def description(public_url: str) -> Json:
    """Return the whole description; ``public_url`` is where it is served."""
    document: Json = {
        "openapi": "3.1.0",
        "info": {"title": "Dialplane", "version": version(), "description": FORMATS},
        "servers": [{"url": public_url}],
        "security": [{"account": []}],
        "paths": {},
        "components": {
            "securitySchemes": {"account": {"type": "http", "scheme": "basic"}},
            "schemas": {"Problem": _PROBLEM},
        },
    }
    for spoken in dialect.ALL:
        for resource in resources.ALL:
            _describe(document, resource, spoken)
        for part in resources.PARTS:
            _describe_part(document, part, spoken)
        _describe_accounts(document, spoken)
        for owner, resource in resources.BELOW:
            _describe_below(document, owner, resource, spoken)
        for view in resources.VIEWS:
            if spoken in view.dialects:
                _describe_view(document, view, spoken)
        _describe_tokens(document, spoken)
    add_xml(document)
    return document


def _base(spoken: Dialect) -> str:
    return spoken.accounts("")


def _describe_accounts(document: Json, spoken: Dialect) -> None:
    """Add the accounts themselves, which lie above all else."""
    _describe(document, resources.ACCOUNTS, spoken)
    paths, declared = document["paths"], f"{_base(spoken)}/{resources.ACCOUNTS.name}"
    above = _base(spoken).removesuffix("/{account}")
    paths[above] = {**paths.pop(declared), "parameters": []}
    paths[f"{above}/{{account}}"] = {
        **paths.pop(f"{declared}/{{sid}}"), "parameters": [_path("account")]
    }  # fmt: skip


def _describe(document: Json, resource: Resource[Any], spoken: Dialect) -> None:
    """Add what one resource offers in one dialect."""
    schemas = document["components"]["schemas"]
    _add_shown(schemas, _name(resource, spoken), get_type_hints(resource.show)["return"], spoken)
    one = _reference(resource, spoken)
    bare: Json = {"type": "array", "items": one}
    listed = _list_schema(resource, spoken) if resource.paged or spoken is TWILIO else bare
    whole: Json = {"get": _operation(f"List {resource.name}", "200", listed)}
    whole["get"]["parameters"] = _query(resource, spoken)
    if resource.creation is not None:
        made = _made(schemas, resource, one, spoken)
        whole["post"] = _doing(
            schemas, f"Create one of {resource.name}", str(spoken.created), made, resource.creation
        )
        # A party who cannot be reached is the client's fault in Twilio's dialect only.
        whole["post"]["responses"] |= {} if spoken is TWILIO else _refusals({"500": "Nobody can be reached."})
    single: Json = {"get": _operation(f"Fetch one of {resource.name}", "200", one)}
    if resource.change is not None:
        single["post"] = _doing(schemas, f"Change one of {resource.name}", "200", one, resource.change)
        single["post"]["responses"] |= _changing(spoken)
    if resource.deletable:
        single["delete"] = _operation(
            f"Delete one of {resource.name}", str(resource.deleted or spoken.deleted), None
        )
        single["delete"]["responses"] |= _refusals(_DELETION_REFUSALS)
    paths, path = document["paths"], f"{_base(spoken)}/{resource.name}"
    paths[path] = {**whole, "parameters": [_path("account")]}
    paths[f"{path}/{{sid}}"] = {**single, "parameters": [_path("account"), _path("sid")]}


def _made(schemas: Json, resource: Resource[Any], one: Json, spoken: Dialect) -> Json:
    """Return what the answer to a creation looks like."""
    if spoken is not TWILIO:
        return {"anyOf": [one, {"type": "array", "items": one}]}
    if resource.made_in_twilio is None:
        return one
    name = f"{_name(resource, spoken)}Made"
    _add_shown(schemas, name, get_type_hints(resource.made_in_twilio)["return"], spoken)
    return {"$ref": f"#/components/schemas/{name}"}


def _describe_part(document: Json, part: Part, spoken: Dialect) -> None:
    """Add what lies below a resource."""
    schemas = document["components"]["schemas"]
    name = f"{spoken.name}{part.schema}"
    _add_shown(schemas, name, part.shown, spoken)
    one: Json = {"$ref": f"#/components/schemas/{name}"}
    paged = part.paged or spoken is TWILIO
    listed = _page_schema(part.key_in(spoken), one, spoken) if paged else {"type": "array", "items": one}
    whole: Json = {"get": _operation(f"List {part.name} of one of {part.of.name}", "200", listed)}
    kinds = {str: "string", bool: "boolean"}
    whole["get"]["parameters"] = [
        *_paging(),
        *(_parameter(each, {"type": kinds[kind]}) for each, kind in part.filters.items()),
    ]
    if part.creation is not None:
        whole["post"] = _doing(schemas, f"Create {part.schema}", str(spoken.created), one, part.creation)
        whole["post"]["responses"] |= _changing(spoken)
    single: Json = {"get": _operation(f"Fetch {part.schema}", "200", one)}
    if part.change is not None:
        single["post"] = _doing(schemas, f"Change {part.schema}", "200", one, part.change)
        single["post"]["responses"] |= _changing(spoken)
    if part.deletable:
        single["delete"] = _operation(f"Delete {part.schema}", str(part.deleted or spoken.deleted), None)
        single["delete"]["responses"] |= _refusals(_DELETION_REFUSALS)
    path = f"{_base(spoken)}/{part.of.name}/{{sid}}/{part.name}"
    parameters = [_path("account"), _path("sid")]
    document["paths"][path] = {**whole, "parameters": parameters}
    document["paths"][f"{path}/{{part}}"] = {**single, "parameters": [*parameters, _path("part")]}


def _describe_below(document: Json, owner: Resource[Any], resource: Resource[Any], spoken: Dialect) -> None:
    """Add the list of what belongs to one of another resource."""
    path = f"{_base(spoken)}/{owner.name}/{{sid}}/{resource.name}"
    whole = _reference(resource, spoken)
    listed = _list_schema(resource, spoken) if spoken is TWILIO else {"type": "array", "items": whole}
    get = _operation(f"{resource.name} of one of {owner.name}", "200", listed)
    found = document["paths"].setdefault(path, {"parameters": [_path("account"), _path("sid")]})
    found["get"] = get


def _describe_view(document: Json, view: View, spoken: Dialect) -> None:
    """Add what is worked out when it is asked for."""
    schemas = document["components"]["schemas"]
    name = f"{spoken.name}{view.schema}"
    _add_shown(schemas, name, view.shown, spoken)
    shown: Json = {"$ref": f"#/components/schemas/{name}"}
    if view.key:
        bare: Json = {"type": "array", "items": shown}
        shown = _page_schema(view.key, shown, spoken) if view.paged_in(spoken) else bare
    query = view.query.model_json_schema(ref_template="#/components/schemas/{model}")
    parameters = [_parameter(each, schema) for each, schema in query.get("properties", {}).items()]
    for parameter in parameters:
        parameter["required"] = parameter["name"] in query.get("required", ())
    path = view.path(spoken)
    above = [_path("account")] + ([_path("sid")] if view.of is not None else [])
    for place in (path, *(f"{path}/{each}" for each in view.below)):
        get = _operation(f"Read {place.removeprefix(_base(spoken) + '/')}", "200", shown)
        get["parameters"] = [*parameters, *(_paging() if view.paged_in(spoken) else ())]
        get["responses"] |= _refusals(view.refusals)
        document["paths"][place] = {"get": get, "parameters": above}


def _doing(schemas: Json, summary: str, status: str, made: Json, form: type[Form]) -> Json:
    operation = _operation(summary, status, made)
    operation["requestBody"] = _body(schemas, form)
    operation["responses"] |= _refusals(_FORM_REFUSALS)
    return operation


def _changing(spoken: Dialect) -> Json:
    """Return what only Restcomm's dialect answers who steers what lives."""
    return {} if spoken is TWILIO else _refusals(_CHANGE_REFUSALS)


def _describe_tokens(document: Json, spoken: Dialect) -> None:
    schemas = document["components"]["schemas"]
    _add_shown(schemas, f"{spoken.name}Token", ShownToken, spoken)
    shown = {"$ref": f"#/components/schemas/{spoken.name}Token"}
    post = _doing(schemas, "Create an access token of a client", str(spoken.created), shown, TokenCreation)
    post["responses"] |= _refusals({"409": "The client or the account is closed."})
    path = f"{_base(spoken)}/Clients/{{sid}}/{TOKENS}"
    document["paths"][path] = {"post": post, "parameters": [_path("account"), _path("sid")]}
    _add_shown(schemas, f"{spoken.name}RelayToken", ShownRelayToken, spoken)
    shown = {"$ref": f"#/components/schemas/{spoken.name}RelayToken"}
    post = _doing(schemas, "Ask for STUN and TURN servers", str(spoken.created), shown, RelayTokenCreation)
    document["paths"][f"{_base(spoken)}/{TOKENS}"] = {"post": post, "parameters": [_path("account")]}


def _name(resource: Resource[Any], spoken: Dialect) -> str:
    return f"{spoken.name}{resource.called.one}"


def _reference(resource: Resource[Any], spoken: Dialect) -> Json:
    return {"$ref": f"#/components/schemas/{_name(resource, spoken)}"}


def _add_shown(schemas: Json, name: str, kind: type[Shown], spoken: Dialect) -> None:
    """Add the schema of what is shown, and of its parts, under their names."""
    schema: Json = kind.model_json_schema(mode="serialization", ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    fields = kind.model_fields
    hidden = {fields[field].alias or field for field in kind.hidden_in(spoken)}
    if "properties" in schema:
        schema["properties"] = {key: each for key, each in schema["properties"].items() if key not in hidden}
        schema["required"] = [key for key in schema.get("required", ()) if key not in hidden]
    schemas[name] = schema


def _list_schema(resource: Resource[Any], spoken: Dialect) -> Json:
    return _page_schema(resource.key_in(spoken), _reference(resource, spoken), spoken)


def _page_schema(key: str, one: Json, spoken: Dialect) -> Json:
    position: Json = {"type": "integer" if spoken is TWILIO else "string"}
    page: Json = {"type": ["string", "null"]}
    properties: Json = {
        "page": {"type": "integer"},
        "page_size": {"type": "integer"},
        "start": position,
        "end": position,
        "uri": {"type": "string"},
        "first_page_uri": {"type": "string"},
        "previous_page_uri": page,
        "next_page_uri": page,
        key: {"type": "array", "items": one},
    }
    if spoken is not TWILIO:
        properties |= {"num_pages": {"type": "integer"}, "total": {"type": "integer"}, "last_page_uri": page}
    return {"type": "object", "required": list(properties), "properties": properties}


def _query(resource: Resource[Any], spoken: Dialect) -> list[Json]:
    token = _parameter("PageToken", {"type": "string", "description": "As a page's URIs have it."})
    found = [*_paging(), token]
    found += [_parameter(each.name, {"type": "string"}) for each in resource.filters]
    found.append(_parameter("SubAccounts", {"type": "boolean"}))
    if resource.sorting.columns:
        choices = [f"{name}:{way}" for name in resource.sorting.columns for way in ("asc", "desc")]
        found.append(_parameter("SortBy", {"type": "string", "enum": choices}))
    found.append(_parameter("Reverse", {"type": "boolean"}))
    return found


def _paging() -> list[Json]:
    whole: Json = {"type": "integer", "minimum": 0}
    return [_parameter("Page", whole), _parameter("PageSize", {**whole, "minimum": 1, "maximum": 1000})]


def _parameter(name: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "schema": schema}


def _path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _body(schemas: Json, kind: type[Form]) -> Json:
    schema = kind.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= schema.pop("$defs", {})
    schemas[kind.__name__] = schema
    content = {"schema": {"$ref": f"#/components/schemas/{kind.__name__}"}}
    return {"content": {"application/x-www-form-urlencoded": content}}


def _operation(summary: str, status: str, schema: Json | None) -> Json:
    answer: Json = {"description": "Done."}
    if schema is not None:
        answer["content"] = {"application/json": {"schema": schema}}
    return {"summary": summary, "responses": {status: answer, **_refusals(_REFUSALS)}}


def _refusals(texts: Mapping[str, str]) -> Json:
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": text, "content": content} for status, text in texts.items()}
