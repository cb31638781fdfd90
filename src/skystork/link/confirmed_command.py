"""One order and its effect: an acknowledgement says that a vehicle means to, only its telemetry that it does.

Theory of operation
-------------------
PX4 acknowledges an order when it has taken it, not when it has done it: DO_SET_MODE is first accepted by its MAVLink
module whatever the commander then decides, DO_REPOSITION is accepted and not flown, and an accepted mission start right
after an upload flies nothing (measured on PX4 1.17.0 SITL). So an order ends CONFIRMED only when the vehicle is heard
to be armed, or in the mode, that the order asks for. What it was heard of before the order counts for nothing.

The acknowledgement still decides two things: a refusal ends the wait for the effect, and silence is told apart from an
acceptance that nothing followed. An effect that is heard ends it, acknowledged or not.

Why it was refused stands in a status text. PX4 sends its acknowledgements before its texts in each round of its link:
on a busy machine the reason comes after the refusal (measured on PX4 1.17.0 SITL), so it is listened for a moment more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from skystork.link.contract import CommandResult, CommandSettled, StatusText, TelemetrySample
from skystork.link.transitions import expects, follow

EFFECT_PATIENCE_S = 4.0
"""From the acknowledgement on. HEARTBEAT tells it, at 1 Hz and on PX4 never more often; three may be lost."""

REASON_PATIENCE_S = 0.3
"""From a refusal without words on; PX4 says them in the next round of its link, some 10 ms later."""
_WARNING = 4  # MAV_SEVERITY_WARNING; PX4 tells the reasons of a refusal at CRITICAL (2) to WARNING


class OrderState(StrEnum):
    """Where an order stands."""

    ASKED = "asked"
    """Sent; neither acknowledged nor seen."""
    ACCEPTED = "accepted"
    """Acknowledged; nothing seen yet."""
    SILENT = "silent"
    """Never acknowledged; it may have been carried out all the same."""
    CONFIRMED = "confirmed"
    """Seen in the telemetry."""
    REFUSED = "refused"
    """The vehicle said no."""
    WITHOUT_EFFECT = "without_effect"
    """The vehicle said yes, and did nothing of it in time."""
    UNKNOWN = "unknown"
    """Neither acknowledged nor seen in time."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Acknowledged with yes."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Acknowledged with no."""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The command settled without an acknowledgement."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The vehicle was heard to do it."""


@dataclass(frozen=True, slots=True)
class TimeOver:
    """Nobody waits any longer."""


OrderEvent = Accepted | Refused | Unanswered | Shown | TimeOver

TRANSITIONS: Mapping[OrderState, Mapping[type, OrderState]] = MappingProxyType(
    {
        OrderState.ASKED: {
            Accepted: OrderState.ACCEPTED,
            Refused: OrderState.REFUSED,
            Unanswered: OrderState.SILENT,
            Shown: OrderState.CONFIRMED,
        },
        OrderState.ACCEPTED: {Shown: OrderState.CONFIRMED, TimeOver: OrderState.WITHOUT_EFFECT},
        OrderState.SILENT: {Shown: OrderState.CONFIRMED, TimeOver: OrderState.UNKNOWN},
        OrderState.CONFIRMED: {},
        OrderState.REFUSED: {},
        OrderState.WITHOUT_EFFECT: {},
        OrderState.UNKNOWN: {},
    }
)
TERMINAL = frozenset({OrderState.CONFIRMED, OrderState.REFUSED, OrderState.WITHOUT_EFFECT, OrderState.UNKNOWN})
_UNANSWERED = frozenset({CommandResult.NO_ANSWER, CommandResult.SUPERSEDED, CommandResult.IN_PROGRESS})


@dataclass(frozen=True, slots=True)
class VisibleEffect:
    """What the telemetry shows once the order is carried out."""

    armed: bool | None = None
    """None: either."""
    modes: frozenset[str] = frozenset()
    """Any of these; empty: any mode at all."""

    def __str__(self) -> str:
        """As a person says it."""
        armed = {True: ["armed"], False: ["disarmed"], None: []}[self.armed]
        return " and ".join([*armed, *([" or ".join(sorted(self.modes))] if self.modes else [])])


ARMED, DISARMED = VisibleEffect(armed=True), VisibleEffect(armed=False)
FLIES_MISSION = VisibleEffect(armed=True, modes=frozenset({"AUTO.MISSION"}))
RETURNS = VisibleEffect(modes=frozenset({"AUTO.RTL", "AUTO.LAND", "AUTO.PRECLAND"}))
"""A vehicle already over its pad is heard to land at once."""
LANDS = VisibleEffect(modes=frozenset({"AUTO.LAND", "AUTO.PRECLAND"}))


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How an order ended."""

    outcome: OrderState
    """A terminal state."""
    result: CommandResult | None
    """The acknowledgement; None where the effect was seen before it came."""
    detail: str
    """What was wanted, what was heard, what the vehicle said; for a person."""

    @property
    def confirmed(self) -> bool:
        """Whether the vehicle was heard to do it."""
        return self.outcome is OrderState.CONFIRMED


class ConfirmedCommand:
    """One order from its sending to its end.

    Parameters
    ----------
    wanted
        What it is to bring about.
    """

    def __init__(self, wanted: VisibleEffect) -> None:
        self.state = OrderState.ASKED
        self._wanted = wanted
        self._settled: CommandSettled | None = None
        self._armed: bool | None = None
        self._mode: str | None = None
        self._said = ""

    def observe(self, sample: TelemetrySample) -> None:
        """Take what was heard since the order was sent."""
        self._armed = self._armed if sample.armed is None else sample.armed
        self._mode = sample.mode or self._mode
        armed = self._wanted.armed is None or self._armed is self._wanted.armed
        if armed and (not self._wanted.modes or self._mode in self._wanted.modes):
            self._follow(Shown())

    def settle(self, settled: CommandSettled) -> None:
        """Take the end of the command itself."""
        self._settled = settled
        if settled.result is CommandResult.ACCEPTED:
            self._follow(Accepted())
        else:
            self._follow(Unanswered() if settled.result in _UNANSWERED else Refused())
        self._said = settled.detail or (self._said if self.state is OrderState.REFUSED else "")

    def hear(self, text: StatusText) -> None:
        """Take what the vehicle says: beside a refusal it is the reason."""
        if text.severity <= _WARNING and (self.state is OrderState.ASKED or self.unexplained):
            self._said = text.text

    @property
    def unexplained(self) -> bool:
        """Refused, and nobody knows why yet."""
        return self.state is OrderState.REFUSED and not self._said

    def give_up(self) -> None:
        """The patience is over."""
        self._follow(TimeOver())

    def confirmation(self) -> Confirmation:
        """How it ended, so far."""
        result = self._settled.result if self._settled else None
        heard = f"heard {'nothing' if self._armed is None else 'armed' if self._armed else 'disarmed'}, {self._mode}"
        said = f"; it said: {self._said}" if self._said else ""
        return Confirmation(self.state, result, f"wanted {self._wanted}, {heard}, answered {result}{said}")

    def _follow(self, event: OrderEvent) -> None:
        if expects(TRANSITIONS, self.state, event):
            self.state = follow(TRANSITIONS, self.state, event)
