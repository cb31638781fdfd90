"""What a flight in the air does when zones change under it: decided from where it is and what its ways now touch.

The severest thing is to be inside: it leaves by a checked way that leads out and not in again, or comes down. Before a
zone it turns home while home is clear, and holds where neither way is: then a person decides, with time to do so. A way
that is clear is flown on. Nobody turns in a zone that is only behind it. What a pilot may have in his hands, or
what has a line out, is ordered nothing: a person is told what it needs.
"""

from __future__ import annotations

from dataclasses import dataclass

from skystork.fleet.vehicle import STICK_MODES
from skystork.flight.phase import FlightPhase
from skystork.flight.steering import ALLOWED, SteerAction


@dataclass(frozen=True, slots=True)
class WaysNow:
    """What new or changed zones do to the ways of one flight."""

    phase: FlightPhase
    inside: bool
    """It is in a closed zone now."""
    ahead: str
    """The first zone on the way it flies, in words; empty where that is clear."""
    ahead_leads_out: bool
    """What lies ahead leaves the zone it is in, and enters none."""
    home: str
    """The same for the way that an order to return flies: back by the path it came, or on from the doorstep."""
    home_leads_out: bool
    mode: str = "AUTO.MISSION"
    """As PX4 names it."""
    line_out: bool = False
    """A winch's line hangs out, or is at work."""


@dataclass(frozen=True, slots=True)
class Reaction:
    """What is done, and why."""

    action: SteerAction | None
    """None: nothing is ordered, because it need not be or cannot be."""
    why: str


_SEVERITY = (None, SteerAction.HOLD, SteerAction.RETURN, SteerAction.LAND)


@dataclass(frozen=True, slots=True)
class Alarm:
    """How bad it is, for a person who was told before."""

    inside: bool
    blocked: bool
    """Its way ahead is closed, not only the way back."""
    needs: int
    """Severity of what is ordered, or of what a person must order."""

    def exceeds(self, told: Alarm) -> bool:
        """Whether it is worse in anything than what was told."""
        return self.inside > told.inside or self.blocked > told.blocked or self.needs > told.needs


def alarm(ways: WaysNow) -> Alarm:
    """What is to be told of ways that a zone touches."""
    return Alarm(ways.inside, bool(ways.ahead), _SEVERITY.index(_decided(ways).action))


def react(ways: WaysNow) -> Reaction | None:
    """What the flight does; None where no zone touches it."""
    if not (ways.inside or ways.ahead or ways.home):
        return None
    decided = _decided(ways)
    if decided.action is not None and (hands_off := _hands_off(ways)):
        return Reaction(None, f"{hands_off}: a person must {decided.action} it; {decided.why}")
    return decided


def _hands_off(ways: WaysNow) -> str:
    """Why nothing is ordered, whatever closes its ways; the rules of contingencies leave it alone for the same."""
    if ways.line_out:
        return "a winch's line is out, and it must not be moved by itself"
    if ways.mode in STICK_MODES or (ways.phase is FlightPhase.HOLDING and ways.mode != "AUTO.LOITER"):
        return f"it is in {ways.mode} and a pilot may have it"
    return ""


def _decided(ways: WaysNow) -> Reaction:
    if ways.inside:
        return _leave(ways)
    if not ways.ahead:
        return Reaction(None, f"its way is clear and it flies on; the way back is closed by {ways.home}")
    if SteerAction.RETURN in ALLOWED[ways.phase] and not ways.home:
        return Reaction(SteerAction.RETURN, f"{ways.ahead} closes the way ahead, and the way back is clear")
    if ways.phase is FlightPhase.HOLDING:
        return Reaction(None, f"{ways.ahead} closes the way ahead; it holds already, and a person decides")
    if SteerAction.HOLD in ALLOWED[ways.phase]:
        behind = f"{ways.home} closes the way back" if ways.home else "it is on its way home"
        return Reaction(SteerAction.HOLD, f"{ways.ahead} closes the way ahead and {behind}: a person decides")
    return Reaction(None, f"{ways.ahead} closes its return, which cannot be stopped safely: land it, or let it come")


def _leave(ways: WaysNow) -> Reaction:
    may_return = SteerAction.RETURN in ALLOWED[ways.phase]
    if may_return and ways.home_leads_out:
        return Reaction(SteerAction.RETURN, "it is inside a closed zone, and the way it came leads out")
    if not may_return and ways.ahead_leads_out:
        return Reaction(None, "it is inside a closed zone, and its way home leads out")
    return Reaction(SteerAction.LAND, "it is inside a closed zone, and no way of its plan leads out")
