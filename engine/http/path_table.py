"""Paths with variables, whose patterns are compiled when somebody asks for them.

The REST API has five hundred in its dialects. To compile them all takes a twentieth of a start, and aiohttp
tries all of a prefix for each request; what does not even contain the words of a path is passed over.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

from aiohttp import web
from yarl import URL

_VARIABLE = re.compile(r"\{([_a-zA-Z][_a-zA-Z0-9]*)(?::(?:[^{}]|\{[^{}]*\})+)?\}")
"""``{name}``, or ``{name:pattern}`` with at most repeat counts in braces: what aiohttp takes for one."""


class _Path(web.Resource):
    """A path as :class:`web.DynamicResource` understands it, of which it becomes one when it may match."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        pieces = _VARIABLE.split(path)
        self._words = [word for word in pieces[::2] if word]

    @cached_property
    def _compiled(self) -> web.DynamicResource:
        return web.DynamicResource(self._path)

    @property
    def canonical(self) -> str:
        return _VARIABLE.sub(r"{\1}", self._path)

    def _match(self, path: str) -> dict[str, str] | None:
        place = 0
        for word in self._words:
            place = path.find(word, place) + len(word)
            if place < len(word):
                return None
        return self._compiled._match(path)

    def raw_match(self, path: str) -> bool:
        return self._path == path

    def add_prefix(self, prefix: str) -> None:
        self._compiled.add_prefix(prefix)

    def get_info(self) -> Any:
        return self._compiled.get_info()

    def url_for(self, **parts: str) -> URL:
        return self._compiled.url_for(**parts)


class PathTable(web.UrlDispatcher):
    """Takes routes as a router does, for another one."""

    def add_resource(self, path: str, *, name: str | None = None) -> web.Resource:
        if "{" not in path:
            return super().add_resource(path, name=name)
        last = self._resources[-1] if self._resources else None
        if isinstance(last, _Path) and last.raw_match(path):
            return last
        resource = _Path(path)
        self.register_resource(resource)
        return resource

    def move_to(self, router: web.UrlDispatcher) -> None:
        """Give all resources to ``router``."""
        for resource in self.resources():
            router.register_resource(resource)
