"""``[http]`` of a site file: where console and API are served, how much may be asked, and who says who somebody is."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from skystork.app.tables import read_table
from skystork.control.roles import Role
from skystork.errors import ConfigError, Problem, Unavailable
from skystork.shell.http_address import Listen, read_listen
from skystork.shell.web.id_token import require_library
from skystork.shell.web.limits import DEFAULT_LIMITS, Limits
from skystork.shell.web.oidc_provider import OidcSettings, is_safe_url

MOST_SECRET_BYTES = 4096


@dataclass(frozen=True, slots=True)
class HttpTable:
    """``[http]``, besides the fields of :class:`~skystork.shell.web.limits.Limits`."""

    listen: str = ""
    """``host:port``; empty: nothing is served unless ``--http`` says where."""
    certificate: str = ""
    """PEM file, relative to the site's folder."""
    key: str = ""
    """Its key, PEM."""
    url: str = ""
    """As browsers reach it, where that is another address than ``listen``: a proxy's, or the certificate's name."""


@dataclass(frozen=True, slots=True)
class OidcTable:
    """``[http.oidc]``, besides ``roles``."""

    issuer: str
    client_id: str
    client_secret_file: str = ""
    label: str = "Single sign-on"
    role_claim: str = "groups"
    name_claim: str = "preferred_username"
    scopes: tuple[str, ...] = ("openid", "profile")


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """What the server is told by the site."""

    table: HttpTable = HttpTable()
    limits: Limits = DEFAULT_LIMITS
    listen: Listen | None = None
    oidc: OidcSettings | None = None


NO_HTTP = HttpSettings()


def listening(settings: HttpSettings, given: str | None, certificate: Path | None, key: Path | None) -> Listen | None:
    """Where to serve: as the command line says, else as the site does; None for nowhere.

    Raises
    ------
    ConfigError
        As :func:`~skystork.shell.http_address.read_listen`.
    """
    if given == "off":
        return None
    own = settings.listen
    if certificate is None and key is None and own is not None:
        certificate, key = own.certificate, own.key
    if given:
        return read_listen(given, certificate, key)
    if own is None:
        return None
    return Listen(own.host, own.port, certificate, key)


def read_http(folder: Path, document: object, where: str, *, with_keys: bool) -> HttpSettings:
    """Read ``[http]``.

    Parameters
    ----------
    with_keys
        Also the client's secret, which only the service's own user can read.

    Raises
    ------
    ConfigError
        With everything that is wrong with it.
    """
    if document is None:
        return NO_HTTP
    plain = dict(document) if isinstance(document, Mapping) else document
    given = plain.pop("oidc", None) if isinstance(plain, dict) else None
    names = {field.name for field in fields(Limits)}
    of_limits = {name: plain.pop(name) for name in names & plain.keys()} if isinstance(plain, dict) else {}
    table = read_table(plain, HttpTable, where)
    limits = read_table(of_limits, Limits, where)
    certificate = folder / table.certificate if table.certificate else None
    key = folder / table.key if table.key else None
    listen = read_listen(table.listen, certificate, key, f"{where}.listen") if table.listen else None
    if table.url and (not is_safe_url(table.url) or table.url.count("/") > 2):
        raise _wrong(f"{where}.url", "no address of a server", table.url, "https://name", "Correct it.")
    oidc = None if given is None else _read_oidc(folder, given, f"{where}.oidc", with_keys=with_keys)
    if oidc is not None and certificate is not None and not table.url:
        raise _wrong(f"{where}.url", "missing", "nothing", "https://name, as the provider knows it", "Add it.")
    return HttpSettings(table, limits, listen, oidc)


def _read_oidc(folder: Path, document: object, where: str, *, with_keys: bool) -> OidcSettings:
    plain = dict(document) if isinstance(document, Mapping) else document
    roles = plain.pop("roles", {}) if isinstance(plain, dict) else {}
    table = read_table(plain, OidcTable, where)
    problems = [*_oidc_problems(table, where), *_role_problems(roles, f"{where}.roles")]
    if problems:
        raise ConfigError(tuple(problems))
    try:
        require_library()
    except Unavailable as error:
        raise _wrong(where, "cannot be served", str(error), "the extra `oidc`", "Install it.") from error
    secret = ""
    if table.client_secret_file and with_keys:
        secret = _read_secret(folder / table.client_secret_file, f"{where}.client_secret_file")
    return OidcSettings(
        issuer=table.issuer,
        client_id=table.client_id,
        roles={value: Role(role) for value, role in roles.items()},
        client_secret=secret,
        label=table.label,
        role_claim=table.role_claim,
        name_claim=table.name_claim,
        scopes=table.scopes,
    )


def _oidc_problems(table: OidcTable, where: str) -> Iterator[Problem]:
    if not is_safe_url(table.issuer):
        limit = "https://…, as the provider names itself; http on this machine only"
        yield Problem(f"{where}.issuer", "no provider that can be trusted", table.issuer, limit, "Correct it.")
    if "openid" not in table.scopes:
        yield Problem(f"{where}.scopes", "no ID token without it", ", ".join(table.scopes), "openid", "Add openid.")
    for name in ("client_id", "role_claim", "name_claim", "label"):
        if not getattr(table, name):
            yield Problem(f"{where}.{name}", "empty", "nothing", "a word", "Write it.")


def _role_problems(roles: Any, where: str) -> Iterator[Problem]:
    words = ", ".join(Role)
    if not isinstance(roles, Mapping) or not roles:
        what = "no value of the role claim has a role: nobody could log in"
        yield Problem(where, what, "nothing", f"value = role, of {words}", "Add a row for each group.")
        return
    for value, role in roles.items():
        if role not in set(Role):
            yield Problem(f"{where}.{value}", "no such role", repr(role)[:60], words, "Name one of these.")


def _read_secret(path: Path, where: str) -> str:
    """A client's secret; what is in it is in no message."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(MOST_SECRET_BYTES + 1)
    except OSError as error:
        raise _wrong(where, f"cannot be read: {error.strerror}", str(path), "a file", "Check the path.") from error
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        seen, remedy = f"{path}, mode {stat.S_IMODE(mode):04o}", f"chmod 600 {path}"
        raise _wrong(where, "others can read the secret", seen, "mode 0600", remedy)
    try:
        secret = text.decode("ascii").strip()
    except UnicodeDecodeError:
        secret = ""
    if not secret or len(text) > MOST_SECRET_BYTES:
        raise _wrong(where, "no secret in the file", f"{path}, {len(text)} bytes", "one line of ASCII", "Correct it.")
    return secret


def _wrong(where: str, what: str, seen: str, limit: str, remedy: str) -> ConfigError:
    return ConfigError((Problem(where, what, seen, limit, remedy),))
