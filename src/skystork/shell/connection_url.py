"""Where a network of vehicles is, read as people type it: ``udpin://0.0.0.0:14550``, ``serial:/dev/ttyUSB0:57600``.

Words are those of MAVSDK (``udpin``, ``udpout``, ``serial``), mavlink-router and pymavlink, whose forms without the two
slashes are understood too. A bare ``host:port`` listens, as ground stations do.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from skystork.errors import ConfigError, Problem

BAUD_LIMITS = (1_200, 4_000_000)
"""Slowest and fastest serial speeds of radios and autopilots; Linux knows no faster (termios, B4000000)."""
_EXAMPLES = (
    "udpin://0.0.0.0:14550, udpout://host:port, tcp://host:port, tcpin://0.0.0.0:5760, serial:/dev/ttyUSB0:57600"
)
_LOCAL_PORT = "local_port"


@dataclass(frozen=True, slots=True)
class UdpIn:
    """Listens; vehicles send first, each from an address of its own."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"udpin://{_bracketed(self.host)}:{self.port}"


@dataclass(frozen=True, slots=True)
class UdpOut:
    """Sends first, to one peer: an autopilot that waits, or a router with vehicles behind it."""

    host: str
    port: int
    local_port: int
    """Ours, the same at every start: PX4 answers for good to the port it heard first (PX4 1.17.0 SITL, measured)."""

    def __str__(self) -> str:
        own = "" if self.local_port == self.port else f"?{_LOCAL_PORT}={self.local_port}"
        return f"udpout://{_bracketed(self.host)}:{self.port}{own}"


@dataclass(frozen=True, slots=True)
class TcpOut:
    """Connects to one peer, and again whenever the connection breaks."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"tcp://{_bracketed(self.host)}:{self.port}"


@dataclass(frozen=True, slots=True)
class TcpIn:
    """Accepts connections, any number."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"tcpin://{_bracketed(self.host)}:{self.port}"


@dataclass(frozen=True, slots=True)
class SerialLine:
    """A serial device, usually a telemetry radio; opened again whenever it is gone."""

    device: str
    baud: int
    """Speed [bit/s]."""

    def __str__(self) -> str:
        return f"serial:{self.device}:{self.baud}"


Connection = UdpIn | UdpOut | TcpOut | TcpIn | SerialLine

_SCHEMES = ("udpin", "udpout", "tcp", "tcpout", "tcpin", "serial")
_TOO_SHORT = {"udp": "udpin:// listens, udpout:// sends first", "tcpclient": "tcp://", "tcpserver": "tcpin://"}


def parse_connection(text: str, where: str = "connection") -> Connection:
    """Read a connection.

    Parameters
    ----------
    text
        As typed.
    where
        File and field, for the message.

    Raises
    ------
    ConfigError
        It is none; says what is wrong, and how it would be right.
    """
    reader = _Reader(text.strip(), where)
    scheme, rest = reader.split()
    match scheme:
        case "udpin":
            return UdpIn(*reader.host_and_port(rest, any_host=True))
        case "udpout":
            return reader.udp_out(rest)
        case "tcpin":
            return TcpIn(*reader.host_and_port(rest, any_host=True))
        case "serial":
            return reader.serial_line(rest)
        case _:
            return TcpOut(*reader.host_and_port(rest))


@dataclass(frozen=True, slots=True)
class _Reader:
    text: str
    where: str

    def split(self) -> tuple[str, str]:
        """The scheme and what follows it."""
        found = re.fullmatch(r"([A-Za-z][A-Za-z0-9+.-]*):(?://)?(.*)", self.text)
        if found and found[1].lower() in _SCHEMES:
            return found[1].lower(), found[2]
        if self.text.startswith("/dev/") or re.match(r"COM\d", self.text):
            device = re.split(r"[,:]", self.text)[0]
            raise self.refused("a serial device without its scheme", f"Write serial:{device}:57600.")
        if found is None or re.fullmatch(r"\d*", found[2]):
            return "udpin", self.text
        scheme = found[1].lower()
        if scheme in _TOO_SHORT:
            raise self.refused(f"{scheme}: does not say who begins", f"Say which: {_TOO_SHORT[scheme]}.")
        near = difflib.get_close_matches(scheme, _SCHEMES, n=1)
        remedy = f"Did you mean {near[0]}?" if near else "Use one of these schemes."
        raise self.refused(f"unknown scheme {scheme}", remedy)

    def udp_out(self, rest: str) -> UdpOut:
        """``host:port`` with an optional ``?local_port=``."""
        place, _, options = rest.partition("?")
        host, port = self.host_and_port(place)
        name, _, given = options.partition("=")
        if options and name != _LOCAL_PORT:
            raise self.refused(f"unknown option {name}", f"The only option is {_LOCAL_PORT}.")
        return UdpOut(host, port, self.port(given) if options else port)

    def host_and_port(self, place: str, *, any_host: bool = False) -> tuple[str, int]:
        """The two parts; a listener may leave the host out and hears every interface."""
        host, colon, port = place.removesuffix("/").rpartition(":")
        if not colon or (host.startswith("[") and not host.endswith("]")):
            raise self.refused("no port", "Add the port, as in :14550.")
        if host.startswith("["):
            host = host[1:-1]
        elif ":" in host:
            raise self.refused("an IPv6 address without brackets", "Write it like [::1]:14550.")
        if not host and not any_host:
            raise self.refused("no host", "Name the other machine.")
        if re.search(r"[/?#@\s]", host):
            raise self.refused("a host and a port only are needed", "Leave out paths, options and names of users.")
        return host or "0.0.0.0", self.port(port)

    def port(self, text: str) -> int:
        """1 to 65535."""
        if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65_535:
            raise self.refused(f"{text or 'nothing'} is not a port", "Give a number from 1 to 65535.")
        return int(text)

    def serial_line(self, rest: str) -> SerialLine:
        """``device:baud``."""
        device, colon, baud = rest.replace(",", ":").rpartition(":")
        if not colon:
            raise self.refused("no speed", f"Add it: serial:{rest or '/dev/ttyUSB0'}:57600.")
        if not device:
            raise self.refused("no device", "Name it, as in serial:/dev/ttyUSB0:57600.")
        low, high = BAUD_LIMITS
        if not re.fullmatch(r"[0-9]{1,8}", baud) or not low <= int(baud) <= high:
            raise self.refused(f"{baud or 'nothing'} is not a speed", f"Give the radio's, {low} to {high} bit/s.")
        return SerialLine(device, int(baud))

    def refused(self, what: str, remedy: str) -> ConfigError:
        """What is wrong, with what would be right."""
        return ConfigError((Problem(self.where, what, self.text or "nothing", _EXAMPLES, remedy),))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
