"""What each role may do (rest-api.md section 1.2): a table, asked once for every request."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from engine.http.problems import Problem
from engine.store import AccountRow


class Role(enum.StrEnum):
    """What somebody may do within an account and those below it."""

    ADMINISTRATOR = "Administrator"
    """Everything."""
    DEVELOPER = "Developer"
    """Everything but accounts, users, keys, trunks, gateways and the Supervisor."""
    READ_ONLY = "ReadOnly"
    """Reads what a developer may."""
    SCOPED = "Scoped"
    """What its scopes name."""


_READING = frozenset({"GET", "HEAD"})
_OF_ADMINISTRATORS = frozenset({"Accounts", "Users", "Keys", "Supervisor", "Management", "OutboundProxy"})
"""Whoever may write the first may give themselves every right, and the tokens of sub-accounts are read there.
The others tell of the calls of all accounts, and of the carriers that they go through."""
_WRITTEN_BY_ADMINISTRATORS = frozenset({"Trunks"})
_SCOPE = re.compile(r"([A-Z][A-Za-z]*)(?::(read|write))?")


@dataclass(frozen=True)
class Principal:
    """Who asks: an account with its token, or a key or user of it with rights of their own."""

    account: AccountRow
    role: Role
    scopes: tuple[str, ...] = ()
    name: str = ""
    """Sid of the key or user; empty for the account itself."""

    @property
    def is_account(self) -> bool:
        """Whether the account's own token was shown."""
        return not self.name

    @property
    def administers(self) -> bool:
        """Whether tokens may be seen, and rights be given."""
        return self.role is Role.ADMINISTRATOR

    def require(self, method: str, resource: str) -> None:
        """Raise :class:`Problem` unless this may; ``resource`` is the first name below the account."""
        if not self._may(method, resource):
            who = f"The role {self.role.value}" if not self.scopes else f"The scopes {' '.join(self.scopes)}"
            what = "read" if method in _READING else "change"
            raise Problem(403, f"{who} may not {what} {resource}: use credentials with more rights.")

    def _may(self, method: str, resource: str) -> bool:
        reads = method in _READING
        if self.role is Role.ADMINISTRATOR:
            return True
        if resource == "Accounts":
            # Who may change what there is decided by whose account it is.
            return reads or self.is_account
        if resource in _OF_ADMINISTRATORS:
            return False
        if self.role is Role.SCOPED:
            return any(_names(scope, resource, reads=reads) for scope in self.scopes)
        return reads or (self.role is Role.DEVELOPER and resource not in _WRITTEN_BY_ADMINISTRATORS)


def _names(scope: str, resource: str, *, reads: bool) -> bool:
    found = _SCOPE.fullmatch(scope)
    return found is not None and found[1] == resource and found[2] in (None, "read" if reads else "write")


def read_role(text: str) -> Role:
    """Return the role of this name, however it is written; raises ValueError."""
    plain = re.sub(r"[\s_-]", "", text).lower()
    for role in Role:
        if role.value.lower() == plain:
            return role
    raise ValueError(f"it must be one of {', '.join(role.value for role in Role)}")


def read_scope(text: str) -> str:
    """Return a scope such as ``Calls:read`` or ``Calls``; raises ValueError."""
    found = _SCOPE.fullmatch(text)
    if found is None or found[1] in _OF_ADMINISTRATORS:
        raise ValueError(
            f"{text[:80]!r} is no scope: write the first name of a path, such as Calls, alone or with :read"
            " or :write; accounts, users, keys, gateways and the Supervisor need an administrator"
        )
    return text
