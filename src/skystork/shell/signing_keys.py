"""Signing keys in files: one for each vehicle, 64 hexadecimal digits, readable by its owner alone."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from skystork.errors import ConfigError, InvalidInput, Problem
from skystork.link.signing import KEY_BYTES, SigningKey

OWNER_ONLY = 0o600
_EXAMPLE = f"{2 * KEY_BYTES} hexadecimal digits, as `skystork vehicle key new` writes them"


def read_signing_key(path: Path, where: str) -> SigningKey:
    """Read a key file; what is in it is in no message.

    Parameters
    ----------
    path
        The file.
    where
        Who asks for it, for the messages.

    Raises
    ------
    ConfigError
        It is not there, others may read it, or it holds no key.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(4 * KEY_BYTES).strip()
    except OSError as error:
        remedy = f"Make it: skystork vehicle key new {path}"
        raise _refused(where, f"the key file cannot be read: {error.strerror}", str(path), "a file", remedy) from error
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        what, seen = "others can read the key file", f"{path}, mode {stat.S_IMODE(mode):04o}"
        raise _refused(where, what, seen, "mode 0600", f"chmod 600 {path}, and a new key where others had access.")
    try:
        return SigningKey(bytes.fromhex(text.decode("ascii")))
    except ValueError:
        remedy = f"Make a new one: skystork vehicle key new {path}"
        raise _refused(where, "no key in the file", f"{path}, {len(text)} bytes", _EXAMPLE, remedy) from None


def write_new_key(path: Path) -> None:
    """Write a key of the system's own randomness to a new file.

    Raises
    ------
    InvalidInput
        The file is there already, or cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    except FileExistsError as error:
        remedy = "Give another name; a key that a vehicle has is never overwritten."
        raise InvalidInput((Problem("key file", "is there already", str(path), "a new file", remedy),)) from error
    except OSError as error:
        limit = "a folder that can be written"
        problem = Problem("key file", f"cannot be written: {error.strerror}", str(path), limit, "Check the path.")
        raise InvalidInput((problem,)) from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_bytes(KEY_BYTES).hex() + "\n")
        file.flush()
        os.fsync(file.fileno())


def _refused(where: str, what: str, seen: str, limit: str, remedy: str) -> ConfigError:
    return ConfigError((Problem(where, what, seen, limit, remedy),))
