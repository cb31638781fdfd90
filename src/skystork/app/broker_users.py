"""The users of the broker and their roles, from a TOML file: for access lists, and for whom a command is from."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from skystork.app.tables import read_table
from skystork.contract.channels import Principal
from skystork.control.roles import Role
from skystork.errors import ConfigError, Problem
from skystork.shell.broker_url import parse_broker_url

_ROLES = frozenset(Role)
_WORD = "letters, digits, . _ - and at most 60 of them"
_SIGNS = frozenset("._-@")
LONGEST_NAME = 60
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """One row of ``[[users]]``."""

    name: str
    """As the broker knows it: user name, or common name of the certificate."""
    role: str
    """A role of people, or ``controller``, ``vehicle``, ``crew``, ``station``."""


class BrokerUsers:
    """Who may be what; see :meth:`read`."""

    def __init__(self, users: Mapping[str, Principal], *, everybody: Role | None = None) -> None:
        self.users = dict(users)
        self._everybody = everybody

    @classmethod
    def local(cls) -> Self:
        """Of a broker that only this machine reaches and that asks nobody who he is: everybody is an admin."""
        return cls({}, everybody=Role.ADMIN)

    @classmethod
    def nobody(cls) -> Self:
        """Of a broker that others reach and whose users nobody named: no command is taken from it."""
        return cls({})

    @classmethod
    def read(cls, path: Path) -> Self:
        """From a file of ``[[users]]``; raises ConfigError with all that is wrong, and then nothing of it is used."""
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            problem = Problem(path.name, "cannot be read", str(error), "TOML with [[users]]", "Correct the file.")
            raise ConfigError((problem,)) from error
        rows = document.get("users", [])
        users = [read_table(row, BrokerUser, f"{path.name} users[{index}]") for index, row in enumerate(rows)]
        problems = [*_problems(path.name, users)]
        if unknown := [key for key in document if key != "users"]:
            problems.append(Problem(path.name, "unknown key", unknown[0], "users", "Remove it."))
        if problems:
            raise ConfigError(tuple(problems))
        return cls({user.name: Principal(user.role) for user in users})

    def role_of(self, name: str) -> Role | None:
        """The role of a person; None where the name is not known or is that of a machine."""
        principal = self.users.get(name)
        if principal is None:
            return self._everybody
        return Role(principal.value) if principal.value in _ROLES else None


def users_of(broker: str, path: Path | None) -> BrokerUsers:
    """Of the file where there is one; without one a broker of this machine has admins, any other nobody."""
    if path is not None:
        return BrokerUsers.read(path)
    return BrokerUsers.local() if parse_broker_url(broker).host in _THIS_MACHINE else BrokerUsers.nobody()


def _problems(where: str, users: list[BrokerUser]) -> list[Problem]:
    problems = []
    if not users:
        problems.append(Problem(where, "no user at all", "0", "at least one of [[users]]", "Add one."))
    for name, count in Counter(user.name for user in users).items():
        if count > 1:
            problems.append(Problem(where, "named twice", name, "each name once", "Leave one out."))
        if not 0 < len(name) <= LONGEST_NAME or not all(sign.isalnum() or sign in _SIGNS for sign in name):
            # + # / would change the meaning of the topics that are made of it, a blank that of the file's lines.
            problems.append(Problem(f"{where} {name!r}", "not a name", name, _WORD, "Choose another."))
    for user in users:
        if user.role not in set(Principal):
            problems.append(
                Problem(f"{where} {user.name}", "unknown role", user.role, ", ".join(Principal), "Correct it.")
            )
    return problems
