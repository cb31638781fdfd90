"""People, their sessions and API tokens, in a database of their own beside the ledger.

Passwords are kept as argon2id hashes made elsewhere; of a session and of a token only the SHA-256 is kept: both are
256 random bits, which nobody guesses however fast the hash. Other processes of the same machine (``skystork user``)
write the same file, so it keeps SQLite's rollback journal: the write-ahead log of SQLite before 3.51.3 may be damaged
by two writers (sqlite.org, "WAL-reset bug").
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Self, TypeVar

from skystork.errors import Unavailable
from skystork.shell.store import connect

T = TypeVar("T")
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
CREATE TABLE IF NOT EXISTS identities (
    issuer TEXT NOT NULL, subject TEXT NOT NULL, user TEXT NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    PRIMARY KEY (issuer, subject)
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
        return self._all(User, "users ORDER BY name")

    def user(self, name: str) -> User | None:
        """None where there is none."""
        return self._first(User, "users WHERE name = ?", name)

    def add_user(self, user: User) -> bool:
        """Whether the name was free."""
        return self._insert("OR IGNORE INTO users", user)

    def set_role(self, name: str, role: str) -> bool:
        """Whether there is such a user; takes effect with the next request."""
        return self._write("UPDATE users SET role = ? WHERE name = ?", role, name)

    def set_password(self, name: str, password_hash: str) -> bool:
        """Whether there is such a user; all sessions of it end."""
        self.end_sessions_of(name)
        return self._write("UPDATE users SET password_hash = ? WHERE name = ?", password_hash, name)

    def remove_user(self, name: str) -> bool:
        """Whether there was one; sessions, tokens and identities go with it."""
        return self._write("DELETE FROM users WHERE name = ?", name)

    # ------------------------------------------------------------------ identities

    def user_of_identity(self, issuer: str, subject: str) -> User | None:
        """The account of somebody whom a provider of identities knows; None where there is none yet."""
        where = "users WHERE name = (SELECT user FROM identities WHERE issuer = ? AND subject = ?)"
        return self._first(User, where, issuer, subject)

    def add_identity(self, issuer: str, subject: str, name: str) -> bool:
        """Whether it was new; an identity has one account for as long as that is there."""
        return self._write("INSERT OR IGNORE INTO identities VALUES (?, ?, ?)", issuer, subject, name)

    # ------------------------------------------------------------------ sessions

    def add_session(self, session: Session) -> None:
        """Log in."""
        self._insert("INTO sessions", session)

    def session(self, hashed: str) -> Session | None:
        """None where there is none."""
        return self._first(Session, "sessions WHERE secret_hash = ?", hashed)

    def see_session(self, hashed: str, at_s: float) -> None:
        """Remember that it is used."""
        self._write("UPDATE sessions SET seen_at_s = ? WHERE secret_hash = ?", at_s, hashed)

    def end_session(self, hashed: str) -> None:
        """Log out; ending twice is ending once."""
        self._write("DELETE FROM sessions WHERE secret_hash = ?", hashed)

    def end_sessions_of(self, name: str) -> None:
        """Log a user out everywhere."""
        self._write("DELETE FROM sessions WHERE user = ?", name)

    def forget_sessions_before(self, created_at_s: float) -> None:
        """Drop those that are over by age."""
        self._write("DELETE FROM sessions WHERE created_at_s < ?", created_at_s)

    # ------------------------------------------------------------------ tokens

    def add_token(self, token: Token) -> None:
        """Keep a token."""
        self._insert("INTO tokens", token)

    def token(self, token_id: str) -> Token | None:
        """None where there is none."""
        return self._first(Token, "tokens WHERE token_id = ?", token_id)

    def tokens(self, owner: str | None = None) -> tuple[Token, ...]:
        """Of one account, or all; the newest first."""
        return self._all(Token, "tokens WHERE ?1 IS NULL OR owner = ?1 ORDER BY created_at_s DESC, token_id", owner)

    def revoke_token(self, token_id: str, at_s: float) -> bool:
        """Whether there is such a token; revoking twice is revoking once."""
        revoked = "UPDATE tokens SET revoked_at_s = coalesce(revoked_at_s, ?) WHERE token_id = ?"
        return self._write(revoked, at_s, token_id)

    # ------------------------------------------------------------------ audit

    def note(self, by: str, what: str, subject: str) -> None:
        """Write a line of the audit trail, as of now."""
        line = "INSERT INTO changes (at_s, by, what, subject) VALUES (?, ?, ?, ?)"
        self._write(line, time.time(), by, what, subject)

    def changes(self, after: int, limit: int) -> tuple[AccountChange, ...]:
        """Lines after a number, in order."""
        return self._all(AccountChange, "changes WHERE number > ? ORDER BY number LIMIT ?", after, limit)

    # ------------------------------------------------------------------ SQL

    def _all(self, kind: Callable[..., T], of: str, *values: object) -> tuple[T, ...]:
        """Whole rows as values of the kind that has their columns in order."""
        with self._translated():
            return tuple(kind(*row) for row in self._connection.execute(f"SELECT * FROM {of}", values))

    def _first(self, kind: Callable[..., T], of: str, *values: object) -> T | None:
        return next(iter(self._all(kind, of, *values)), None)

    def _insert(self, into: str, value: User | Session | Token) -> bool:
        row = astuple(value)
        return self._write(f"INSERT {into} VALUES ({', '.join('?' * len(row))})", *row)

    def _write(self, statement: str, *values: object) -> bool:
        """Whether a row was changed."""
        with self._translated():
            return self._connection.execute(statement, values).rowcount > 0

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise Unavailable(
                f"accounts in {self._path}: {error}. Check the disk; nobody is let in meanwhile."
            ) from error
