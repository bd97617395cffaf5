"""The revisions of the database form one chain: two branches merged side by side would stop every daemon."""

from __future__ import annotations

import importlib
import pkgutil

from engine.store.migrations import NEWEST, versions


def test_the_revisions_form_one_chain():
    modules = [
        importlib.import_module(f"{versions.__name__}.{found.name}")
        for found in pkgutil.iter_modules(versions.__path__)
    ]
    follows = {module.down_revision: module.revision for module in modules}
    assert len(follows) == len(modules), "two revisions follow the same one; chain the newer to the other"
    revision, steps = None, 0
    while revision in follows:
        revision, steps = follows[revision], steps + 1
    assert steps == len(modules)
    assert revision == NEWEST, "say in engine/store/migrations/__init__.py which revision is the last one now"
