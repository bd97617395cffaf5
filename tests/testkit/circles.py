"""A contract of import-linter: no files import one another in a circle, for the sake of a type neither."""

from __future__ import annotations

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output
from importlinter.application import contract_utils
from importlinter.application.contract_utils import AlertLevel


def circles(imports: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return what is left of the imports when no file can be taken away from the top or the bottom any more.

    That is every circle, and what lies between two of them.
    """
    left = {importer: set(imported) for importer, imported in imports.items()}
    while True:
        used = set[str]().union(*left.values())
        inner = {importer: imported & left.keys() for importer, imported in left.items() if importer in used}
        inner = {importer: imported for importer, imported in inner.items() if imported}
        if inner == left:
            return left
        left = inner


class NoCircles(Contract):
    """``ignore_imports`` names the arrows that one object told in several files needs."""

    ignore_imports = fields.SetField(subfield=fields.ImportExpressionField(), required=False)

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        removed = contract_utils.remove_ignored_imports_and_report(
            graph=graph,
            ignore_imports=self.ignore_imports,  # type: ignore[arg-type]
            unmatched_alerting=AlertLevel.ERROR,
        )
        ours = {module for module in graph.modules if not graph.is_module_squashed(module)}
        left = circles({module: graph.find_modules_directly_imported_by(module) & ours for module in ours})
        return ContractCheck(
            kept=not left,
            warnings=list(removed.warnings),
            ignored_import_count=removed.ignored_import_count,
            metadata={"left": left},
        )

    def render_broken_contract(self, check: ContractCheck) -> None:
        for importer, imported in sorted(check.metadata["left"].items()):
            output.print_error(f"{importer} -> {', '.join(sorted(imported))}")
