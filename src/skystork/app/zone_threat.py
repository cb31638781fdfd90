"""What changed zones and obstacles do to the ways of one flight in the air: the way it flies, and the way home.

What these ways are is in :mod:`skystork.app.ways_now`. A zone counts that is active up to ``LATE_S`` later than it is
passed by plan: a flight that was held or goes against the wind is late.
"""

from __future__ import annotations

from dataclasses import dataclass

from skystork.airspace.obstacle_changes import Struck, struck
from skystork.airspace.obstacles import ObstacleSet
from skystork.airspace.volume import ZoneSet
from skystork.airspace.zone_changes import Touch, is_inside, leaves_for_good, touches
from skystork.app.ways_now import KEPT_SHARE, ways_now
from skystork.fleet.vehicle import VehicleState
from skystork.flight.flight import Flight
from skystork.flight.release import Parcel
from skystork.flight.zone_reaction import WaysNow
from skystork.frames import LocalFrame
from skystork.planning.hover_box import hover_half_width_m


@dataclass(frozen=True, slots=True)
class Closing:
    """What changed so that it may close what was open."""

    zones: frozenset[str]
    obstacles: frozenset[str] = frozenset()
    """Ids of both."""


@dataclass(frozen=True, slots=True)
class Threat:
    """What is known of one flight."""

    ways: WaysNow
    touched: tuple[Touch, ...]
    """By the way ahead, else by the way back."""
    struck: tuple[Struck, ...] = ()
    """The same of obstacles."""

    @property
    def first(self) -> tuple[str, float | None]:
        """The zone it meets first, else the obstacle: its id, and when."""
        if self.touched:
            return self.touched[0].zone.zone_id, self.touched[0].first_at_s
        if self.struck:
            return f"obstacle {self.struck[0].closed.obstacle.obstacle_id}", self.struck[0].first_at_s
        return "", None


def threat_to(
    flight: Flight,
    state: VehicleState,
    zones: ZoneSet,
    only: Closing | None,
    *,
    frame: LocalFrame,
    now_s: float,
    obstacles: ObstacleSet | None = None,
) -> Threat:
    """Look at both ways of a flight.

    Parameters
    ----------
    only
        What changed; None: all zones and obstacles are asked about.
    """
    ahead, back = ways_now(flight, state, frame, now_s)
    ids = only.zones if only is not None else None
    on_ahead, on_back = touches(zones, ahead, ids), touches(zones, back, ids)
    built = only.obstacles if only is not None else None
    steep_m = KEPT_SHARE * hover_half_width_m(flight.plan.request.profile)
    in_ahead, in_back = (
        struck(obstacles, way, built, steep_margin_m=steep_m) if obstacles else () for way in (ahead, back)
    )
    ways = WaysNow(
        phase=flight.phase,
        inside=is_inside(zones, ahead, ids),
        ahead=_words(on_ahead, in_ahead),
        ahead_leads_out=leaves_for_good(zones, ahead, ids) and not in_ahead,
        home=_words(on_back, in_back),
        home_leads_out=leaves_for_good(zones, back, ids) and not in_back,
        mode=state.mode,
        line_out=_is_line_out(flight, state),
    )
    return Threat(ways, on_ahead or on_back, in_ahead or in_back)


def _is_line_out(flight: Flight, state: VehicleState) -> bool:
    """Left out, or being lowered or brought in at this moment."""
    at_work = flight.release.by_winch and flight.parcel is Parcel.RELEASING
    return at_work or flight.is_line_out(state)


def _words(found: tuple[Touch, ...], built: tuple[Struck, ...]) -> str:
    count = len(found) + len(built)
    more = f" and {count - 1} more" if count > 1 else ""
    if not found:
        if not built:
            return ""
        each = built[0].closed
        return f"obstacle {each.obstacle.obstacle_id} (closed below {each.closed_below_home_m:.0f} m above home){more}"
    zone = found[0].zone
    return f"{zone.name} ({zone.kind}, {zone.lower.published} to {zone.upper.published}){more}"
