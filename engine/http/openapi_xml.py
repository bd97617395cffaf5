"""What ``/openapi.json`` says of XML: that every answer has it, and how it follows from the JSON."""

from __future__ import annotations

from typing import Any

from engine.http import dialect
from engine.http.dialect import TWILIO, Dialect

FORMATS = (
    "Answers are XML unless the path ends in `.json` or the header `Accept` names `application/json`, as from"
    " Restcomm and Twilio. A path that ends in `.xml` asks for XML whatever the header says."
)

_SAME = (
    "The same as the JSON, each field an element: `date_created` is `<DateCreated>`, what is null is empty. A"
    ' list is an element with its page in attributes, such as `<Calls page="0" pagesize="50">`, around one'
    " element for each."
)
_ERRORS = {True: " An error is a `<RestException>`.", False: " An error has its fields right below the root."}


def add_xml(document: dict[str, Any]) -> None:
    """Give every answer that is described as JSON its XML form too."""
    for spoken in dialect.ALL:
        document["components"]["schemas"][spoken.root] = _root(spoken)
    for path, methods in document["paths"].items():
        whole = {"schema": {"$ref": f"#/components/schemas/{dialect.of_path(path).root}"}}
        for method, operation in methods.items():
            if method != "parameters":
                _add(operation["responses"], whole)


def _add(responses: dict[str, Any], whole: dict[str, Any]) -> None:
    for response in responses.values():
        if "content" in response:
            response["content"] = {**response["content"], "application/xml": whole}


def _root(spoken: Dialect) -> dict[str, Any]:
    text = _SAME + _ERRORS[spoken is TWILIO]
    return {"type": "object", "description": text, "xml": {"name": spoken.root}}
