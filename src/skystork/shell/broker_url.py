"""Where the broker is, read from a URL such as ``mqtts://user:password@host:8883?protocol=5&ca=/etc/ca.pem``."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from skystork.errors import ConfigError, Problem

_EXAMPLE = (
    "mqtt://[user:password@]host[:port][?protocol=3.1.1] or mqtts://…[?ca=file&cert=file&key=file]; [inflight=500]"
)
IN_FLIGHT = 500
"""Enough for 250 vehicles that change ten times a second (benchmarks/bus.py). A broker of MQTT 5 says how many it takes
(Receive Maximum), and is sent no more."""
IN_FLIGHT_3_1_1 = 16
"""A broker of 3.1.1 does not say; Mosquitto's own limit is 20 (max_inflight_messages)."""
MOST_IN_FLIGHT = 65_535
"""MQTT 5.0, 3.2.2.3.3: Receive Maximum."""
_PORTS = {"mqtt": 1883, "mqtts": 8883}  # IANA: mqtt and secure-mqtt


class MqttProtocol(StrEnum):
    """The version spoken. 5 unless the URL says otherwise; there is no silent step back."""

    V5 = "5"
    V3_1_1 = "3.1.1"


@dataclass(frozen=True, slots=True)
class BrokerUrl:
    """A broker's address; prints without the password."""

    host: str
    port: int
    tls: bool
    protocol: MqttProtocol
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    """Certificates to trust instead of the system's."""
    cert_file: str | None = None
    """Our own certificate, for a broker that asks for one; with the key in it, or in ``key_file``."""
    key_file: str | None = None
    in_flight: int = IN_FLIGHT
    """Messages sent and not acknowledged, at most; fewer where the broker allows fewer."""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def parse_broker_url(url: str) -> BrokerUrl:
    """Read a broker's URL.

    Raises
    ------
    ConfigError
        When it is none; the password is not repeated in the message.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refused(str(error), "a malformed URL") from error
    if parts.scheme not in _PORTS:
        raise _refused("unknown scheme", parts.scheme or "none")
    if not parts.hostname or parts.path not in ("", "/"):
        raise _refused("a host is needed, and no path", f"host {parts.hostname}, path {parts.path!r}")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    protocol = _take_protocol(options)
    files = {name: options.pop(name, None) for name in ("ca", "cert", "key")}
    given = [name for name, path in files.items() if path]
    in_flight = _take_in_flight(options, IN_FLIGHT if protocol is MqttProtocol.V5 else IN_FLIGHT_3_1_1)
    if options or (given and parts.scheme == "mqtt"):
        raise _refused("unknown option", ", ".join(options) or f"{', '.join(given)} without mqtts")
    if files["key"] and not files["cert"]:
        raise _refused("a key needs its certificate", "key without cert")
    tls = parts.scheme == "mqtts"
    port = port or _PORTS[parts.scheme]
    return BrokerUrl(
        parts.hostname, port, tls, protocol, *_credentials(parts), files["ca"], files["cert"], files["key"], in_flight
    )


def _credentials(parts: SplitResult) -> tuple[str | None, str | None]:
    username, password = (None if text is None else unquote(text) for text in (parts.username, parts.password))
    return username, password


def _take_protocol(options: dict[str, str]) -> MqttProtocol:
    asked = options.pop("protocol", MqttProtocol.V5)
    try:
        return MqttProtocol(asked)
    except ValueError as error:
        raise _refused("unknown protocol version", asked) from error


def _take_in_flight(options: dict[str, str], otherwise: int) -> int:
    asked = options.pop("inflight", str(otherwise))
    if not asked.isascii() or not asked.isdigit() or not 1 <= int(asked) <= MOST_IN_FLIGHT:
        raise _refused(f"inflight is a number from 1 to {MOST_IN_FLIGHT}", asked)
    return int(asked)


def _refused(what: str, seen: str) -> ConfigError:
    return ConfigError((Problem("MQTT URL", what, seen, _EXAMPLE, "Correct the URL."),))
