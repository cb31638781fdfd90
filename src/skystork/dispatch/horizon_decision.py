"""What the dispatcher decided: one choice for each order, with the price of every other way and the reasons.

Only what is to be begun now is a commitment: :attr:`Action.LAUNCH`, :attr:`Action.HOLD`, a van's tour whose time to
leave has come, :attr:`Action.PARTNER`. Everything else is foreseen, and decided anew the next time.

Choices and prices are made by the thousand each second, so they are msgspec's structs: a tenth of the time of a frozen
dataclass, and nothing that Python's collector of cycles has to walk through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from skystork.orders.order import OrderId, VehicleId
from skystork.orders.reasons import Reason


class Action(StrEnum):
    """What is done about an order now."""

    LAUNCH = "launch"
    """A drone is ready: load it and fly."""
    HOLD = "hold"
    """Assigned before, and it stays."""
    RESERVE = "reserve"
    """A drone is foreseen for it, later."""
    ROAD = "road"
    """It is in a van's plan."""
    PARTNER = "partner"
    """Handed to a carrier."""
    DEFER = "defer"
    """Nothing is foreseen yet; looked at again by :attr:`OrderChoice.until_s` at the latest."""


class Way(StrEnum):
    """How an order could travel."""

    DRONE = "drone"
    VAN = "van"
    PARTNER = "partner"


class Why(StrEnum):
    """Reason codes of a choice; ``skystork why`` prints them with the sentence that stands under each."""

    CHEAPEST = "CHEAPEST"
    """It keeps the promise and costs least, the price of the drone's minutes included."""
    ONLY_WAY = "ONLY_WAY"
    """No other way may carry it."""
    KEEPS_PROMISE = "KEEPS_PROMISE"
    """The cheaper ways would break the promise."""
    COMMITTED = "COMMITTED"
    """It was given to this vehicle before, and no rule lets go."""
    LET_GO = "LET_GO"
    """It was given to a vehicle before, and a stated rule let it go."""
    LAST_MOMENT = "LAST_MOMENT"
    """Waiting any longer would break the promise."""
    SLACK_KEPT = "SLACK_KEPT"
    """There is time left: waiting costs nothing and something better may come."""
    KEPT_FOR_URGENT = "KEPT_FOR_URGENT"
    """The drones that stand idle are kept for urgent orders that are expected."""
    DRONE_FREE = "DRONE_FREE"
    """A drone stands ready, and none is wanted more urgently."""
    NO_DRONE_FREE = "NO_DRONE_FREE"
    """Every drone that can fly it is busy until later."""
    WORTH_MORE_ELSEWHERE = "WORTH_MORE_ELSEWHERE"
    """The drone minutes it needs save more for other orders."""
    TOUR_TOO_DEAR = "TOUR_TOO_DEAR"
    """A van's tour for it alone costs more than its promise is worth: it waits for a drone, or for company."""
    BREAKS_PROMISE = "BREAKS_PROMISE"
    """Every way that is left is later than the promise: tell the customer."""
    NO_WAY = "NO_WAY"
    """No mode can carry it: a person has to decide."""
    CLOSED_NOW = "CLOSED_NOW"
    """Flying opens later: weather, night or a zone."""
    NOT_YET = "NOT_YET"
    """Its parcel is not there yet, or its customer wants it later: it is begun in time for that."""
    FULL = "FULL"
    """No van has room or time for it before its shift ends."""
    BAD_INPUT = "BAD_INPUT"
    """What was said about it cannot be used; see the problems of the decision."""
    DEADLINE = "DEADLINE"
    """The time to decide was over before a better way was looked for."""


WHY_WORDS: Mapping[Why, str] = MappingProxyType(
    {
        Why.CHEAPEST: "it keeps the promise and costs least",
        Why.ONLY_WAY: "no other way may carry it",
        Why.KEEPS_PROMISE: "cheaper ways would break the promise",
        Why.COMMITTED: "it was given to this vehicle before, and no rule lets go",
        Why.LET_GO: "a stated rule took it from the vehicle that had it",
        Why.LAST_MOMENT: "waiting any longer would break the promise",
        Why.SLACK_KEPT: "there is time left, and something better may come",
        Why.KEPT_FOR_URGENT: "the drones that stand idle are kept for urgent orders that are expected",
        Why.DRONE_FREE: "a drone or a robot stands ready, and none is wanted more urgently",
        Why.NO_DRONE_FREE: "every drone that can fly it is busy until later",
        Why.WORTH_MORE_ELSEWHERE: "the drone minutes it needs save more for other orders",
        Why.TOUR_TOO_DEAR: "a van's tour for it alone costs more than its promise is worth: it waits for better",
        Why.BREAKS_PROMISE: "every way that is left is later than the promise",
        Why.NO_WAY: "no mode can carry it: a person has to decide",
        Why.CLOSED_NOW: "flying opens later: weather, night or a zone",
        Why.NOT_YET: "its parcel is not there yet, or it is wanted later",
        Why.FULL: "no vehicle has room or time for it",
        Why.BAD_INPUT: "what was said about it cannot be used",
        Why.DEADLINE: "the time to decide was over before a better way was looked for",
    }
)
"""What a person reads."""


class WayPrice(Struct, frozen=True, gc=False):
    """What one way would cost an order, whether it was chosen or not."""

    way: Way
    vehicle_id: str | None
    """The vehicle or partner that would do it; None where none can."""
    eta_s: float
    """``inf`` where it is impossible."""
    cost: float
    """Of carrying it, without the price of minutes and of lateness; ``inf`` where it is impossible."""
    price: float
    """What was compared: the cost, the drone's minutes at their present price, and what breaking the promise costs."""
    late_s: float
    """After the promise [s]; 0 where it keeps it."""
    reasons: tuple[Reason, ...] = ()
    """Why it is impossible; empty where it is possible."""

    @property
    def possible(self) -> bool:
        """Whether it could be done at all."""
        return self.vehicle_id is not None


class OrderChoice(Struct, frozen=True, gc=False):
    """What happens to one order."""

    order_id: OrderId
    action: Action
    way: Way | None
    """None where nothing is foreseen."""
    vehicle_id: str | None
    leaves_s: float
    """Loading begins, or the van leaves; ``inf`` where nothing is foreseen."""
    leave_latest_s: float
    """The last moment at which the promise still holds; before ``now_s`` where it is broken."""
    eta_s: float
    """Handed over; ``inf`` where nothing is foreseen."""
    late_s: float
    """Predicted lateness [s]; above 0 the promise breaks and the customer hears it now."""
    until_s: float
    """Decided anew by then at the latest."""
    ways: tuple[WayPrice, ...]
    """Drone, van, and each partner that offered: the price of each."""
    why: tuple[Why, ...]
    """The first is the one that decided."""
    position: int = -1
    """Place in the van's next tour, 0 first; -1 where it is not in one."""
    kind: str = ""
    """Hub and type of the drone."""
    reasons: tuple[Reason, ...] = ()
    """What stood in the way of the other modes."""

    @property
    def breaks(self) -> bool:
        """Whether the promise will not be kept as things stand."""
        return self.late_s > 0


@dataclass(frozen=True, slots=True)
class VanDecision:
    """A van's next tour as it is foreseen."""

    vehicle_id: VehicleId
    tour: tuple[OrderId, ...]
    """In the order of the doorsteps; loaded together at the hub."""
    etas_s: tuple[float, ...]
    """Of the doorsteps, service included."""
    leaves_s: float
    """When it should leave; ``inf`` where the tour is empty."""
    leave_latest_s: float
    """Later than this a promise of the tour breaks."""
    returns_s: float
    leave_now: bool
    """The time has come: load and drive. From then on the tour is committed."""
    detour: tuple[OrderId, ...] = ()
    """Parcels left by drones that it fetches on the tour it is on."""
    stops: tuple[OrderId, ...] = ()
    """The tour it is on with the detours in it, each order at its pick-up and at its doorstep."""


@dataclass(frozen=True, slots=True)
class DroneDecision:
    """A drone's next flights as they are foreseen."""

    vehicle_id: VehicleId
    queue: tuple[OrderId, ...]
    etas_s: tuple[float, ...]
    """Parcels down."""


@dataclass(frozen=True, slots=True)
class LetGo:
    """A commitment that ended before the vehicle left."""

    order_id: OrderId
    vehicle_id: VehicleId
    rule: str
    """Its name in :mod:`skystork.dispatch.horizon`."""
    text: str


@dataclass(frozen=True, slots=True)
class HorizonDecision:
    """The answer for one situation."""

    choices: tuple[OrderChoice, ...]
    """One for each order, in the order given."""
    vans: tuple[VanDecision, ...] = ()
    """Those that have anything to do."""
    drones: tuple[DroneDecision, ...] = ()
    """The same."""
    let_go: tuple[LetGo, ...] = ()
    minute_prices: tuple[tuple[str, float], ...] = ()
    """What a minute of a drone of each kind is worth now."""
    problems: tuple[str, ...] = ()
    """What of the input could not be used, each a sentence with its remedy; the rest was decided."""
    complete: bool = True
    """False where the deadline ended the search for better; the answer is feasible all the same."""
    _by_id: dict[OrderId, OrderChoice] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        self._by_id.update({choice.order_id: choice for choice in self.choices})

    def of(self, order_id: OrderId) -> OrderChoice:
        """The choice for one order."""
        return self._by_id[order_id]

    def by_action(self, action: Action) -> Iterator[OrderChoice]:
        """All choices of a kind, in the order of the orders."""
        return (choice for choice in self.choices if choice.action is action)

    @property
    def breaking(self) -> tuple[OrderChoice, ...]:
        """Orders whose promise will break as things stand, the soonest first."""
        return tuple(sorted((choice for choice in self.choices if choice.breaks), key=lambda choice: choice.eta_s))


@dataclass(frozen=True, slots=True)
class PromiseOffer:
    """What can be promised for a new order."""

    order_id: OrderId
    within_s: float
    """The shortest promise of those asked for that holds; ``inf`` where none does."""
    eta_s: float
    """Foreseen."""
    way: Way | None
    refused_s: tuple[float, ...]
    """The shorter promises that would fail."""
    choice: OrderChoice
    """How it would be carried."""
