"""The networks of a site: which connections carry which drones. Read from ``[link]``, changed by ``--listen``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from skystork.errors import ConfigError, InvalidInput, Problem
from skystork.shell.connection_url import Connection, UdpIn, parse_connection

MAIN = "main"
"""Name of the network that ``[link] listen`` gives."""
DEFAULT_LISTEN = "udpin://127.0.0.1:14550"
"""MAVLink's ground-station port (mavlink.io), of this machine only."""


@dataclass(frozen=True, slots=True)
class NetworkRow:
    """``[[link.networks]]``."""

    name: str
    connection: str
    """As typed; see :mod:`skystork.shell.connection_url`."""


@dataclass(frozen=True, slots=True)
class LinkTable:
    """``[link]``."""

    listen: str = ""
    """The connection of the network ``main``."""
    networks: tuple[NetworkRow, ...] = ()
    """Networks besides it."""
    event_metadata: str = ""
    """A table of the firmware's events, in the site's folder; the vehicles' own where nothing is given."""
    relay_traffic_m: float = 0.0
    """A vehicle in the air is told of aircraft so near that others of the fleet hear [m]; 0 tells nothing."""
    operator_id: str = ""
    """The operator's registration, broadcast by every drone's Remote ID; with it Remote ID is a condition of launch."""


@dataclass(frozen=True, slots=True)
class Network:
    """One network: a name and how it is reached."""

    name: str
    connection: Connection

    def __str__(self) -> str:
        return f"{self.name} {self.connection}"


def read_networks(table: LinkTable, where: str) -> tuple[Network, ...]:
    """Read the networks of a site.

    Raises
    ------
    ConfigError
        A connection is none, or a name is given twice or is no name.
    """
    rows = [NetworkRow(MAIN, table.listen or DEFAULT_LISTEN)] if table.listen or not table.networks else []
    networks: list[Network] = []
    problems: list[Problem] = []
    for row, place in zip(rows + list(table.networks), _places(table, where), strict=True):
        try:
            networks.append(Network(_checked_name(row.name, place), parse_connection(row.connection, place)))
        except ConfigError as error:
            problems.extend(error.problems)
    problems.extend(_twice([row.name for row in (*rows, *table.networks)], where))
    if problems:
        raise ConfigError(tuple(problems))
    return tuple(networks)


def drone_network(networks: Sequence[Network], named: str, where: str) -> str:
    """The network of a drone whose row names this one, or none.

    Raises
    ------
    ConfigError
        There is no such network, or several and none is named.
    """
    names = [network.name for network in networks]
    if named in names:
        return named
    if not named and len(names) == 1:
        return names[0]
    what = "no such network" if named else "several networks, and none is named"
    problem = Problem(where, what, named or "nothing", ", ".join(names), "Name the one that the drone is on.")
    raise ConfigError((problem,))


def override(networks: Sequence[Network], given: Sequence[str]) -> tuple[Network, ...]:
    """The networks with other connections, each ``NAME=CONNECTION``, or bare where there is one network only.

    Raises
    ------
    InvalidInput
        A connection is none, no network has the name, or one is needed.
    """
    result = {network.name: network for network in networks}
    for text in given:
        found = re.match(r"([A-Za-z0-9_-]+)=", text)
        name = found[1] if found else _only(networks, text)
        if name not in result:
            limit = ", ".join(result)
            raise InvalidInput((Problem("--listen", f"no network {name}", text, limit, "Name one of these."),))
        connection = parse_connection(text[found.end() :] if found else text, "--listen")
        result[name] = replace(result[name], connection=connection)
    return tuple(result.values())


def only_listener(networks: Sequence[Network]) -> UdpIn:
    """The one UDP port of a site whose vehicles are simulated.

    Raises
    ------
    InvalidInput
        There are several networks, or it is of another kind.
    """
    connection = networks[0].connection
    if len(networks) == 1 and isinstance(connection, UdpIn):
        return connection
    seen = "; ".join(str(network) for network in networks)
    limit = "one network, udpin://host:port"
    raise InvalidInput((Problem("link", "simulated vehicles need one UDP port", seen, limit, "Use another site."),))


def _only(networks: Sequence[Network], text: str) -> str:
    if len(networks) == 1:
        return networks[0].name
    names = ", ".join(network.name for network in networks)
    remedy = f"Write it like {networks[0].name}={text}."
    raise InvalidInput((Problem("--listen", "several networks, and none is named", text, names, remedy),))


def _places(table: LinkTable, where: str) -> Iterator[str]:
    if table.listen or not table.networks:
        yield f"{where}.listen"
    yield from (f"{where}.networks[{index}]" for index in range(len(table.networks)))


def _checked_name(name: str, where: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_-]{1,32}", name):
        return name
    limit = "1 to 32 letters, digits, - and _"
    raise ConfigError((Problem(f"{where}.name", "not a name", repr(name), limit, "Give it a short name."),))


def _twice(names: Sequence[str], where: str) -> Iterator[Problem]:
    for name, count in Counter(names).items():
        if count > 1:
            what, seen = "two networks with one name", f"{name}, {count} times"
            yield Problem(f"{where}.networks", what, seen, "each its own", "Give each network its own name.")
