"""Every topic: its messages, who sends them, with which quality of service, kept or not, and who may read and write it.

One table. The AsyncAPI document, the schemas, the access lists and the checker are made from it, so that they cannot
say different things. Addresses are below the root ``skystork/v1/<site>``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from skystork.contract import site_messages as s
from skystork.contract import vehicle_messages as v
from skystork.contract.header import Message


class Principal(StrEnum):
    """Who a user of the broker is: a role of people, or a kind of machine."""

    CONTROLLER = "controller"
    """Skystork itself."""
    VIEWER = "viewer"
    DISPATCHER = "dispatcher"
    SUPERVISOR = "supervisor"
    SAFETY_OFFICER = "safety_officer"
    PARTNER = "partner"
    """A client who places orders, or a courier who carries them; a courier's user name is its name in the site file."""
    ADMIN = "admin"
    VEHICLE = "vehicle"
    """A van or a robot; its user name is its serial number."""
    CREW = "crew"
    """The terminal of the depot crew."""
    STATION = "station"
    """The weather station."""


P = Principal
STAFF = frozenset({P.VIEWER, P.DISPATCHER, P.SUPERVISOR, P.SAFETY_OFFICER, P.ADMIN})
"""They see everything of the site."""
ISSUERS = frozenset({P.DISPATCHER, P.SUPERVISOR, P.SAFETY_OFFICER, P.PARTNER, P.ADMIN})
"""They give commands; which, says the rule table of commands."""
CONTROLLER = frozenset({P.CONTROLLER})


@dataclass(frozen=True, slots=True)
class Channel:
    """One topic."""

    name: str
    """In the AsyncAPI document."""
    address: str
    """Below the root; parameters in braces."""
    messages: tuple[type[Message], ...]
    retained: bool
    writers: frozenset[Principal]
    readers: frozenset[Principal]
    qos: int = 1
    own: frozenset[Principal] = frozenset()
    """Principals that may only use the topics with their own name."""

    @property
    def sent(self) -> bool:
        """Skystork sends here; else it receives."""
        return P.CONTROLLER in self.writers

    @property
    def counted(self) -> bool:
        """Its headerIds follow each other: one sender, and nothing lost on the way; many clients give commands."""
        return self.qos > 0 and self.name != "command"

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names in the address."""
        return tuple(part[1:-1] for part in self.address.split("/") if part.startswith("{"))


_MAKER = "{manufacturer}/{serialNumber}"
_VEHICLE, _PARTNER = frozenset({P.VEHICLE}), frozenset({P.PARTNER})
CHANNELS: tuple[Channel, ...] = (
    Channel("connection", f"{_MAKER}/connection", (v.Connection, v.VanConnection), True, CONTROLLER | _VEHICLE, STAFF,
            own=_VEHICLE),
    Channel("state", f"{_MAKER}/state", (v.DroneState, v.VanState), True, CONTROLLER | _VEHICLE, STAFF | CONTROLLER,
            own=_VEHICLE),
    Channel("visualization", f"{_MAKER}/visualization", (v.Visualization,), False, CONTROLLER, STAFF, qos=0),
    Channel("order", f"{_MAKER}/order", (v.VehicleOrder,), False, CONTROLLER, STAFF | _VEHICLE, own=_VEHICLE),
    Channel("instantActions", f"{_MAKER}/instantActions", (v.InstantActions,), False, CONTROLLER, STAFF | _VEHICLE,
            own=_VEHICLE),
    Channel("factsheet", f"{_MAKER}/factsheet", (v.Factsheet,), True, CONTROLLER, STAFF),
    Channel("deliveryStatus", "deliveries/{orderId}/status", (s.DeliveryStatus,), True, CONTROLLER, STAFF),
    Channel("deliveryEta", "deliveries/{orderId}/eta", (s.DeliveryEta,), True, CONTROLLER, STAFF),
    Channel("deliveryProof", "deliveries/{orderId}/proof", (s.DeliveryProof,), True, CONTROLLER, STAFF),
    Channel("alert", "alerts/{alertId}", (s.Alert,), True, CONTROLLER, STAFF),
    Channel("airspaceZones", "airspace/zones", (s.AirspaceZones,), True, CONTROLLER, STAFF),
    Channel("airspaceTraffic", "airspace/traffic", (s.Traffic,), True, CONTROLLER, STAFF),
    Channel("dispatchStatus", "dispatch/status", (s.DispatchStatus,), True, CONTROLLER, STAFF),
    Channel("kpi", "kpi", (s.Kpi,), True, CONTROLLER, STAFF),
    Channel("networkState", "networks/{network}/state", (s.NetworkState,), True, CONTROLLER, STAFF),
    Channel("command", "control/{issuer}/command", (s.CommandMessage,), False, ISSUERS, CONTROLLER, own=ISSUERS),
    Channel("reply", "control/{issuer}/reply", (s.Reply,), False, CONTROLLER, ISSUERS, own=ISSUERS),
    Channel("crewOrder", "depot/crew/order", (s.CrewOrder,), False, CONTROLLER, STAFF | {P.CREW}),
    Channel("crewState", "depot/crew/state", (s.CrewState,), False, frozenset({P.CREW}), STAFF | CONTROLLER),
    Channel("partnerOrder", "partners/{partner}/order", (s.PartnerOrder,), False, CONTROLLER, STAFF | _PARTNER,
            own=_PARTNER),
    Channel("partnerState", "partners/{partner}/state", (s.PartnerState,), False, _PARTNER, STAFF | CONTROLLER,
            own=_PARTNER),
    Channel("weather", "weather/state", (s.WeatherState,), True, frozenset({P.STATION}), STAFF | CONTROLLER),
)  # fmt: skip
ROOT = "skystork/v1/{site}"
OWN_NAMES = ("{serialNumber}", "{issuer}", "{partner}")
"""Parameters of an address that are a user's own name where it may only use its own topics."""


def channel_of(topic: str) -> Channel | None:
    """The channel of a topic below the root; None where there is none.

    A reply may go deeper below its issuer's own ``reply``: where the issuer's response topic says.
    """
    parts = topic.split("/")
    if len(parts) > 3 and (parts[0], parts[2]) == ("control", "reply"):
        parts = parts[:3]
    return next((channel for channel in _LITERAL_FIRST if _matches(channel, parts)), None)


_LITERAL_FIRST = sorted(CHANNELS, key=lambda channel: len(channel.parameters))
"""``depot/crew/order`` is not the order of a vehicle called crew."""


def _matches(channel: Channel, parts: list[str]) -> bool:
    pattern = channel.address.split("/")
    pairs = zip(pattern, parts, strict=False)
    return len(pattern) == len(parts) and all(want.startswith("{") or want == seen for want, seen in pairs)
