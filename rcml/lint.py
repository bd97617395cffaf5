"""What `dialplane check` says about a document."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from rcml.document import Document, Problem, Severity
from rcml.errors import UNKNOWN_NAME, InvalidUrl
from rcml.schema import Element, Verb
from rcml.values import Url
from rcml.verbs.pause import Pause
from rcml.verbs.reject import Reject


def lint(document: Document) -> list[Problem]:
    """Return everything worth saying about a document, in the order of its lines.

    Besides what parsing remarks on, URLs are judged, and verbs that can never run are named.
    """
    found = [*document.warnings, *_url_problems(document), *_order_problems(document)]
    return sorted(found, key=lambda problem: (problem.line is None, problem.line or 0))


def _url_problems(document: Document) -> Iterator[Problem]:
    for element in _elements(document.verbs):
        for declared in dataclasses.fields(element):
            value = getattr(element, declared.name)
            if isinstance(value, Url):
                try:
                    value.absolute()
                except InvalidUrl as error:
                    yield Problem(error.code, error.message, error.line)


def _elements(elements: tuple[Element, ...]) -> Iterator[Element]:
    for element in elements:
        yield element
        for nesting in element.schema.nestings:
            yield from _elements(getattr(element, nesting.field))


def _order_problems(document: Document) -> Iterator[Problem]:
    before: list[Verb] = []
    for verb in document.verbs:
        last = before[-1] if before else None
        if last is not None and last.ends_document:
            what = f"<{verb.schema.name}> can never run: <{last.schema.name}> ends the document"
            yield Problem(UNKNOWN_NAME, what, verb.line, Severity.WARNING)
            return
        if isinstance(verb, Reject) and any(not isinstance(earlier, Pause) for earlier in before):
            what = "<Reject> hangs up here: a verb before it answers the call"
            yield Problem(UNKNOWN_NAME, what, verb.line, Severity.WARNING)
        before.append(verb)
