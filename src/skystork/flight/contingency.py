"""What to do when something is wrong: a table of rules, decided anew on each state of the vehicle.

Every rule says when it holds, what it does, and for how long it must hold first. Of all rules that hold, the action
of greatest severity wins and the decision names its rule; adding a fault is adding a row. The autopilot's own
failsafes stay the second barrier: what is decided here asks for the same or a milder thing earlier.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from skystork.fleet.vehicle import LinkState, VehicleState
from skystork.flight.conformance import EXCURSION_S, Deviation
from skystork.flight.phase import FlightPhase

CRITICAL_RULES = frozenset({"BATTERY_LAST", "AUTOPILOT_FAILSAFE", "LINK_LOST"})
"""Rules that a person should look at before all others, whatever the stack did about them."""


class Action(IntEnum):
    """In order of severity; the higher wins (PX4's order: warn, hold, return, land)."""

    NONE = 0
    WARN = 1
    """Tell a person."""
    SKIP_DROP = 2
    """Go on with the mission's way home, the parcel on board."""
    HOLD = 3
    """Stay where it is until the line is in."""
    RETURN = 4
    """Home along the mission path, at once: RTL with RTL_TYPE 4; over the doorstep by the mission's own way home."""
    TAKE_BACK = 5
    """Hold, put the mission that was cleared back, then home along it: RTL_TYPE 4 follows whatever is on board."""
    LAND = 6
    """Down, here and now."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything a rule may look at."""

    vehicle: VehicleState
    phase: FlightPhase
    parcel_on_board: bool
    home_need_fraction: float
    """Share of the battery that the way home from here takes by the plan's energy model."""
    drop_given_up: str = ""
    """Why: the doorstep stayed blocked, or was not reached, or its hold ends; empty where it was not."""
    release_failed: bool = False
    """The gripper or winch reported stuck, or did not report."""
    line_out: bool = False
    """A winch's line hangs out, and its order is over."""
    deviation: Deviation | None = None
    cleared_mission_id: int | None = None
    """Id of the mission that was cleared and uploaded; None where the vehicle tells none."""
    cleared_fence_id: int | None = None
    """Of its fence; None also while another plan goes on board."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row."""

    name: str
    when: Callable[[Situation], bool]
    action: Action
    text: Callable[[Situation], str]
    """A sentence for a person, with the numbers."""
    delay_s: float = 0.0
    """How long the condition must hold before the action is taken."""


BATTERY_MARGIN = 0.10
"""Kept beyond the way home: above PX4's critical threshold BAT_CRIT_THR 0.07 by an error of the gauge."""
BATTERY_LAST = 0.06
"""Between PX4's critical 0.07 and emergency 0.05: what is left lands it where it is."""
STOPPED_S = 15.0
"""A return from a hold goes through the mission, and a mission that is put back takes some seconds to upload."""

_OUT = frozenset({FlightPhase.OUTBOUND, FlightPhase.DROPPING})


def _out_or_held(situation: Situation) -> bool:
    """On the way out, over the doorstep, or held there by the autopilot; a pilot's hands are not taken off."""
    held = situation.phase is FlightPhase.HOLDING and situation.vehicle.mode == "AUTO.LOITER"
    return situation.phase in _OUT or held


def _flies_another_mission(situation: Situation) -> bool:
    cleared, on_board = situation.cleared_mission_id, situation.vehicle.mission_id
    return cleared is not None and on_board is not None and on_board != cleared


def _has_another_fence(situation: Situation) -> bool:
    cleared, on_board = situation.cleared_fence_id, situation.vehicle.fence_id
    return cleared is not None and on_board is not None and on_board != cleared


def _silence(vehicle: VehicleState) -> str:
    if vehicle.last_heard_s is None:
        return "not heard since the controller started"
    return f"not heard for {vehicle.at_s - vehicle.last_heard_s:.0f} s"


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{share:.0%}"


RULES: tuple[Rule, ...] = (
    Rule(
        "LINK_LOST",
        lambda s: s.vehicle.link is not LinkState.UP,  # NEVER as well: launched before the controller started
        Action.WARN,
        lambda s: (
            f"{_silence(s.vehicle)}; the mission on board goes on by itself, out and home, and releases nothing "
            "without us"
        ),
    ),
    Rule(
        "BATTERY_LOW",
        lambda s: (
            s.vehicle.battery_fraction is not None
            and _out_or_held(s)
            and s.vehicle.battery_fraction < s.home_need_fraction + BATTERY_MARGIN
        ),
        Action.RETURN,
        lambda s: (
            f"battery {_percent(s.vehicle.battery_fraction)}; the way home takes "
            f"{s.home_need_fraction:.0%} and {BATTERY_MARGIN:.0%} stay in reserve"
        ),
        delay_s=2.0,
    ),
    Rule(
        "BATTERY_LAST",
        lambda s: s.vehicle.battery_fraction is not None and s.vehicle.battery_fraction < BATTERY_LAST,
        Action.LAND,
        lambda s: f"battery {_percent(s.vehicle.battery_fraction)}, below {BATTERY_LAST:.0%}",
        delay_s=2.0,
    ),
    Rule(
        "DROP_BLOCKED",
        lambda s: bool(s.drop_given_up) and s.phase is FlightPhase.DROPPING,
        Action.SKIP_DROP,
        lambda s: s.drop_given_up,
    ),
    Rule(
        "RELEASE_FAILED",
        lambda s: s.release_failed and not s.line_out and s.phase is FlightPhase.DROPPING,
        Action.SKIP_DROP,
        lambda _: "the gripper or winch did not report that it let go",
    ),
    Rule(
        "LINE_OUT",
        lambda s: s.line_out and s.phase in {FlightPhase.DROPPING, FlightPhase.INBOUND, FlightPhase.HOLDING},
        Action.HOLD,
        lambda _: "the winch's order is over and its line is not in: it must not fly on like this",
    ),
    Rule(
        "MISSION_CHANGED",
        _flies_another_mission,
        Action.TAKE_BACK,
        lambda s: (
            f"mission {s.vehicle.mission_id} is on board, cleared was {s.cleared_mission_id}: another station "
            "wrote it, and nothing of it was checked"
        ),
    ),
    Rule(
        "FENCE_CHANGED",
        _has_another_fence,
        Action.WARN,
        lambda s: (
            f"fence {s.vehicle.fence_id} is on board, cleared was {s.cleared_fence_id}: another station wrote it, "
            "and the autopilot acts by it; the path flown is still the one checked"
        ),
    ),
    Rule(
        "HELD",
        lambda s: s.phase is FlightPhase.RETURNING and (s.vehicle.by_hand or s.vehicle.mode == "AUTO.LOITER"),
        Action.WARN,
        lambda s: f"it was to return and is in {s.vehicle.mode}: tell it to return anew, or to land",
        delay_s=STOPPED_S,
    ),
    Rule(
        "OFF_PATH",
        lambda s: s.deviation is not None and s.deviation.cross_track_m > s.deviation.allowed_m and _out_or_held(s),
        Action.RETURN,
        lambda s: (
            f"{s.deviation.cross_track_m if s.deviation else 0:.0f} m off the planned path, "
            f"allowed {s.deviation.allowed_m if s.deviation else 0:.0f} m"
        ),
        delay_s=EXCURSION_S,
    ),
)


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules say now."""

    action: Action
    rule: str
    text: str


class Contingency:
    """Remembers since when each rule holds; everything else comes with the situation."""

    def __init__(self, rules: tuple[Rule, ...] = RULES) -> None:
        self._rules = rules
        self._since_s: dict[str, float] = {}
        self._raised: set[str] = set()
        self._raised_before: frozenset[str] = frozenset()

    def recall(self, rules: frozenset[str]) -> None:
        """These were raised by a process before this one, and nobody has told yet that they are over.

        One that holds is raised anew, because nobody knows whether its action was carried out.
        """
        self._raised_before = rules & {rule.name for rule in self._rules}

    def decide(self, situation: Situation) -> tuple[tuple[Decision, ...], tuple[str, ...]]:
        """Rules newly raised, most severe first, and the names of rules whose condition is gone."""
        now_s = situation.vehicle.at_s
        holding = {rule.name: rule for rule in self._rules if rule.when(situation)}
        self._since_s = {name: self._since_s.get(name, now_s) for name in holding}
        due = [rule for name, rule in holding.items() if now_s - self._since_s[name] >= rule.delay_s]
        raised = [rule for rule in due if rule.name not in self._raised]
        known = self._raised_before if situation.vehicle.link is LinkState.UP else frozenset[str]()
        cleared = tuple(sorted((self._raised | known) - holding.keys()))
        self._raised_before -= {*cleared, *(rule.name for rule in raised)}
        self._raised = (self._raised | {rule.name for rule in raised}) & holding.keys()
        raised.sort(key=lambda rule: -rule.action)
        return tuple(Decision(rule.action, rule.name, rule.text(situation)) for rule in raised), cleared
