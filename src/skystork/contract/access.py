"""Mosquitto's files for the users of a site, made from the table of topics: who may read and write what.

What is not allowed is denied: Mosquitto denies whatever no line of its access list allows, once there is one.
A command is bound to its issuer by a pattern with ``%u``, the name under which the broker knows the client; a user who
gives no commands is denied that pattern by lines of its own, which come first (mosquitto.conf(5), acl_file).
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping

from skystork.contract.channels import CHANNELS, ISSUERS, OWN_NAMES, Channel, Principal

ITERATIONS = 101
"""Of PBKDF2 as mosquitto_passwd makes it (Mosquitto 2.0); passwords made here have 144 bits, which no rounds help."""
SALT_BYTES = 12


def acl_text(root: str, manufacturer: str, users: Mapping[str, Principal]) -> str:
    """The access list.

    Parameters
    ----------
    root
        ``skystork/v1/<site>``.
    users
        Role by name, as the broker knows it.
    """
    lines = ["# Made by `skystork mqtt acl` from the table of topics; not written by hand.", ""]
    for name, role in sorted(users.items()):
        lines += [f"# {role}", f"user {name}"]
        for channel in CHANNELS:
            lines += _lines(root, manufacturer, name, role, channel)
        lines.append("")
    lines += ["# Each issuer under its own name.", f"pattern write {root}/control/%u/command"]
    lines.append(f"pattern read {root}/control/%u/reply/#")
    return "\n".join(lines) + "\n"


def _lines(root: str, manufacturer: str, name: str, role: Principal, channel: Channel) -> list[str]:
    if channel.name in {"command", "reply"} and role is not Principal.CONTROLLER:
        if role in ISSUERS:
            return []  # by the pattern
        deeper = "/#" if channel.name == "reply" else ""
        return [f"topic deny {root}/control/{name}/{channel.name}{deeper}"]
    reads, writes = role in channel.readers, role in channel.writers
    if not reads and not writes:
        return []
    own = name if role in channel.own else "+"
    filled = channel.address.replace("{manufacturer}", manufacturer)
    for parameter in OWN_NAMES:
        filled = filled.replace(parameter, own)
    address = "/".join("+" if part.startswith("{") else part for part in filled.split("/"))
    deeper = "/#" if channel.name == "reply" else ""
    return [f"topic {'readwrite' if reads and writes else 'read' if reads else 'write'} {root}/{address}{deeper}"]


def password_line(name: str, password: str, salt: bytes) -> str:
    """One line of Mosquitto's password file: PBKDF2 with SHA-512."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    words = (str(ITERATIONS), base64.b64encode(salt).decode(), base64.b64encode(digest).decode())
    return f"{name}:$7${'$'.join(words)}"
