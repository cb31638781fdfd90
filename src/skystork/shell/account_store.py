"""People, their sessions and API tokens, in a database of their own beside the ledger.

Passwords are kept as argon2id hashes made elsewhere; of a session and of a token only the SHA-256 is kept: both are
256 random bits, which nobody guesses however fast the hash. Other processes of the same machine (``skystork user``)
write the same file, so it keeps SQLite's rollback journal: the write-ahead log of SQLite before 3.51.3 may be damaged
by two writers (sqlite.org, "WAL-reset bug").
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Self

from skystork.errors import Unavailable
from skystork.shell.store import connect

ACCOUNTS_FILE = "accounts.db"
"""In the state folder."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, password_hash TEXT NOT NULL, created_at_s REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS sessions (
    secret_hash TEXT PRIMARY KEY, user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    forgery_token TEXT NOT NULL, created_at_s REAL NOT NULL, seen_at_s REAL NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS tokens (
    token_id TEXT PRIMARY KEY, secret_hash TEXT NOT NULL, owner TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    label TEXT NOT NULL, scopes TEXT NOT NULL, rate_hz REAL NOT NULL,
    created_at_s REAL NOT NULL, expires_at_s REAL NOT NULL, revoked_at_s REAL
) STRICT;
CREATE TABLE IF NOT EXISTS changes (
    number INTEGER PRIMARY KEY, at_s REAL NOT NULL, by TEXT NOT NULL, what TEXT NOT NULL, subject TEXT NOT NULL
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class User:
    """One account."""

    name: str
    role: str
    password_hash: str
    """Empty: it cannot log in by password."""
    created_at_s: float


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that is logged in."""

    secret_hash: str
    user: str
    forgery_token: str
    """Sent back by our own pages with everything that changes something."""
    created_at_s: float
    seen_at_s: float


@dataclass(frozen=True, slots=True)
class Token:
    """One API token."""

    token_id: str
    secret_hash: str
    owner: str
    label: str
    scopes: str
    """With spaces between."""
    rate_hz: float
    """Requests a second, over time."""
    created_at_s: float
    expires_at_s: float
    revoked_at_s: float | None = None


@dataclass(frozen=True, slots=True)
class AccountChange:
    """A line of the audit trail of accounts."""

    number: int
    at_s: float
    by: str
    what: str
    subject: str


def secret_hash(secret: str) -> str:
    """What is kept of a session's or token's secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class AccountStore:
    """The accounts of one state folder. See :meth:`open`."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or make the file, readable by its owner only.

        Raises
        ------
        Unavailable
            When it cannot be had.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            connection = connect(path.absolute().as_uri(), "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON", _SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise Unavailable(f"cannot keep accounts in {path} ({error}). Check the folder of the run.") from error
        return cls(connection, path)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    # ------------------------------------------------------------------ people

    def users(self) -> tuple[User, ...]:
        """By name."""
        return tuple(User(*row) for row in self._rows("SELECT * FROM users ORDER BY name"))

    def user(self, name: str) -> User | None:
        """None where there is none."""
        rows = self._rows("SELECT * FROM users WHERE name = ?", name)
        return User(*rows[0]) if rows else None

    def add_user(self, user: User) -> bool:
        """Whether the name was free."""
        return self._write("INSERT OR IGNORE INTO users VALUES (?, ?, ?, ?)", *astuple(user)) == 1

    def set_role(self, name: str, role: str) -> bool:
        """Whether there is such a user; takes effect with the next request."""
        return self._write("UPDATE users SET role = ? WHERE name = ?", role, name) == 1

    def set_password(self, name: str, password_hash: str) -> bool:
        """Whether there is such a user; all sessions of it end."""
        self._write("DELETE FROM sessions WHERE user = ?", name)
        return self._write("UPDATE users SET password_hash = ? WHERE name = ?", password_hash, name) == 1

    def remove_user(self, name: str) -> bool:
        """Whether there was one; sessions and tokens go with it."""
        return self._write("DELETE FROM users WHERE name = ?", name) == 1

    # ------------------------------------------------------------------ sessions

    def add_session(self, session: Session) -> None:
        """Log in."""
        self._write("INSERT INTO sessions VALUES (?, ?, ?, ?, ?)", *astuple(session))

    def session(self, hashed: str) -> Session | None:
        """None where there is none."""
        rows = self._rows("SELECT * FROM sessions WHERE secret_hash = ?", hashed)
        return Session(*rows[0]) if rows else None

    def see_session(self, hashed: str, at_s: float) -> None:
        """Remember that it is used."""
        self._write("UPDATE sessions SET seen_at_s = ? WHERE secret_hash = ?", at_s, hashed)

    def end_session(self, hashed: str) -> None:
        """Log out; ending twice is ending once."""
        self._write("DELETE FROM sessions WHERE secret_hash = ?", hashed)

    def forget_sessions_before(self, created_at_s: float) -> None:
        """Drop those that are over by age."""
        self._write("DELETE FROM sessions WHERE created_at_s < ?", created_at_s)

    # ------------------------------------------------------------------ tokens

    def add_token(self, token: Token) -> None:
        """Keep a token."""
        self._write("INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *astuple(token))

    def token(self, token_id: str) -> Token | None:
        """None where there is none."""
        rows = self._rows("SELECT * FROM tokens WHERE token_id = ?", token_id)
        return Token(*rows[0]) if rows else None

    def tokens(self, owner: str | None = None) -> tuple[Token, ...]:
        """Of one account, or all; the newest first."""
        where, values = ("", ()) if owner is None else (" WHERE owner = ?", (owner,))
        rows = self._rows(f"SELECT * FROM tokens{where} ORDER BY created_at_s DESC, token_id", *values)
        return tuple(Token(*row) for row in rows)

    def revoke_token(self, token_id: str, at_s: float) -> bool:
        """Whether there is such a token; revoking twice is revoking once."""
        return (
            self._write("UPDATE tokens SET revoked_at_s = coalesce(revoked_at_s, ?) WHERE token_id = ?", at_s, token_id)
            == 1
        )

    # ------------------------------------------------------------------ audit

    def note(self, at_s: float, by: str, what: str, subject: str) -> None:
        """Write a line of the audit trail."""
        self._write("INSERT INTO changes (at_s, by, what, subject) VALUES (?, ?, ?, ?)", at_s, by, what, subject)

    def changes(self, after: int, limit: int) -> tuple[AccountChange, ...]:
        """Lines after a number, in order."""
        rows = self._rows("SELECT * FROM changes WHERE number > ? ORDER BY number LIMIT ?", after, limit)
        return tuple(AccountChange(*row) for row in rows)

    # ------------------------------------------------------------------ SQL

    def _rows(self, statement: str, *values: object) -> Sequence[tuple[Any, ...]]:
        with self._translated():
            return self._connection.execute(statement, values).fetchall()

    def _write(self, statement: str, *values: object) -> int:
        with self._translated():
            return self._connection.execute(statement, values).rowcount

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise Unavailable(
                f"accounts in {self._path}: {error}. Check the disk; nobody is let in meanwhile."
            ) from error
