"""The door of argon2: passwords are kept as argon2id hashes (RFC 9106), made one at a time in a thread."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 15
"""Letters of a password that is the only factor (NIST SP 800-63B-4, 3.1.1.2)."""
LONGEST = 128
SHORTEST_NAME = 4
"""A name of fewer letters stands in many a sentence."""
_hasher = PasswordHasher()  # t=3, m=64 MiB, p=4: the second choice of RFC 9106, section 4
_NOBODY = _hasher.hash("nobody has this password")


def why_weak(password: str, name: str) -> str:
    """What is wrong with a password; empty where nothing is."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"a password has {SHORTEST} to {LONGEST} characters: a sentence is easy to keep in mind"
    if len(name) >= SHORTEST_NAME and name.lower() in password.lower():
        return "the password holds the name of the account"
    if len(set(password)) < SHORTEST // 3:
        return "the password repeats a few characters"
    return ""


def hash_password(password: str) -> str:
    """To be kept; takes some 50 ms and 64 MiB on purpose."""
    return _hasher.hash(password)


def is_password(password: str, kept: str | None) -> bool:
    """Whether it is the one; takes as long where there is no such account, so that nobody learns that by the clock."""
    try:
        return _hasher.verify(kept or _NOBODY, password) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False


class PasswordDesk:
    """Hashes beside the loop, one at a time: 64 MiB each, and a flood of logins must not take a controller's memory."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def check(self, password: str, kept: str | None) -> bool:
        """:func:`is_password` in a thread."""
        async with self._turn:
            return await asyncio.to_thread(is_password, password, kept)

    async def make(self, password: str) -> str:
        """:func:`hash_password` in a thread."""
        async with self._turn:
            return await asyncio.to_thread(hash_password, password)
