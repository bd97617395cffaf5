"""Those who speak and listen: one is built in, others are tables of the configuration."""

from collections.abc import Iterable

from pydantic import AfterValidator


def other_than(embedded: str, what: str) -> AfterValidator:
    """Return the check that a table's name is not that of the ``what`` that is built in."""

    def check(name: str) -> str:
        if name == embedded:
            raise ValueError(f"{embedded} is the {what} that is built in; choose another name")
        return name

    return AfterValidator(check)


def check_chosen(key: str, chosen: str, embedded: str, table: str, names: Iterable[str]) -> None:
    """Raise ``ValueError`` unless the ``chosen`` one is built in or one of the ``names`` of a table."""
    known = [embedded, *names]
    if chosen not in known:
        raise ValueError(
            f"[speech] {key} = {chosen!r}: there is no [[{table}]] of that name; known are {', '.join(known)}"
        )
