"""The items of a mission by hand, made out of a ``.plan`` of QGroundControl to be flown as they are judged.

Commands that move the vehicle in another way than straight from place to place, or that jump, are refused by name;
those of cameras and gimbals are passed on. What QGroundControl leaves to the autopilot is said: heights above home, a
place over the landing, the speed of each way in the wind of now, and for a return the place of the pad, because PX4
would come home by its own way.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from skystork.app.site import Site
from skystork.errors import InvalidInput, Problem
from skystork.fleet.profile import Airframe
from skystork.fleet.vehicle import Drone
from skystork.flight.mission import TRANSITION_ALLOWANCE_M, WAYPOINTING
from skystork.frames import Geodetic, distance_m
from skystork.link.contract import MissionItem
from skystork.planning.flight_plan import HandItem
from skystork.planning.hand_plan import STANDS_M, ground_speed_m_s

WAYPOINT, LOITER_TIME, RETURN, LAND, TAKEOFF, VTOL_TAKEOFF, VTOL_LAND = 16, 19, 20, 21, 22, 84, 85
CHANGE_SPEED, TRANSITION = 178, 3000
ROTORS, WING = 3.0, 4.0
"""MAV_VTOL_STATE_MC and _FW."""
PLACED = {WAYPOINT: "way-point", LOITER_TIME: "loiter", LAND: "landing", TAKEOFF: "take-off", VTOL_TAKEOFF: "take-off"}
PLACED[VTOL_LAND] = "landing"
"""Commands of MAV_CMD that bring the vehicle to a place."""
PASSED_ON = frozenset({205, 206, 530, 1000, 2000, 2001})
"""Gimbal, camera trigger and mode, images: they move nothing off the way."""
LANDINGS = frozenset({LAND, VTOL_LAND, RETURN})
TAKEOFFS = frozenset({TAKEOFF, VTOL_TAKEOFF})
FRAME_AMSL, FRAME_HOME = frozenset({0, 5}), frozenset({3, 6})
"""MAV_FRAME_GLOBAL(_INT) and MAV_FRAME_GLOBAL_RELATIVE_ALT(_INT)."""
LONGEST_STAY_S = 3600.0
SPEED_STEP_M_S = 0.1
"""A smaller change of speed is not said."""


class HandItems:
    """Items as they go on board, made one after the other; not frozen, because each depends on those before."""

    def __init__(self, site: Site, drone: Drone, wind_enu_m_s: tuple[float, float], where: str) -> None:
        self._site, self._drone, self._wind, self._where = site, drone, wind_enu_m_s, where
        self._here, self._height_m, self._number = drone.pad, 0.0, 0
        self._air_m_s = drone.profile.cruise_air_speed_m_s
        self._said_m_s: float | None = None
        self._winged = drone.profile.airframe is Airframe.LIFT_AND_CRUISE
        self._down = False

    def all_of(self, items: Sequence[MissionItem]) -> Iterator[HandItem]:
        """The items of a file, each as one or a few."""
        for index, item in enumerate(items):
            at = f"{self._where} mission.items[{index}]"
            if item.command == CHANGE_SPEED:
                self._take_speed(item, at)
            elif item.command in PASSED_ON and self._down:
                continue  # it has landed: there is nothing more to see
            elif item.command in PASSED_ON:
                yield HandItem(item.command, _params(item))
            else:
                yield from self._placed(item, at)

    def _take_speed(self, item: MissionItem, where: str) -> None:
        limit_m_s, wanted_m_s = self._drone.profile.cruise_air_speed_m_s, item.params[1]
        if wanted_m_s > limit_m_s:
            raise _refused(where, "too fast for its profile", f"{wanted_m_s:g} m/s", f"at most {limit_m_s:g} m/s")
        if wanted_m_s > 0:
            self._air_m_s = wanted_m_s

    def _placed(self, item: MissionItem, where: str) -> Iterator[HandItem]:
        place, height_m = self._target(item, where)
        self._number += 1
        first = self._number == 1
        if self._down or first != (item.command in TAKEOFFS):
            seen = f"MAV_CMD {item.command} as number {self._number} of the places"
            raise _refused(where, "not in the order of a flight", seen, "a take-off first, and nothing after a landing")
        word = PLACED.get(item.command, "return")
        if item.command in LANDINGS:
            yield from self._land(place, word)
        elif first:
            command = VTOL_TAKEOFF if self._winged else TAKEOFF
            yield self._go(command, (0.0, 0.0, 0.0, None), f"{self._number} {word}", (place, height_m))
        else:
            yield from self._way(item, where, word, (place, height_m))

    def _way(self, item: MissionItem, where: str, word: str, target: tuple[Geodetic, float]) -> Iterator[HandItem]:
        yield from self._speed(target[0], where)
        stays_s = 0.0 if math.isnan(item.params[0]) else item.params[0]
        if not 0 <= stays_s <= LONGEST_STAY_S:
            raise _refused(where, "how long it waits", f"{stays_s:g} s", f"0 to {LONGEST_STAY_S:g} s")
        loiters = item.command == LOITER_TIME
        reached_m = 0.0 if loiters else WAYPOINTING[self._drone.profile.airframe].acceptance_m
        yield self._go(item.command, (stays_s, reached_m, 0.0, None), f"{self._number} {word}", target)

    def _land(self, place: Geodetic, word: str) -> Iterator[HandItem]:
        """To over the place at the height it has, and straight down; on the wing with the transition before."""
        profile, height_m = self._drone.profile, self._height_m
        name, reached_m = f"{self._number} to the {word}", WAYPOINTING[profile.airframe].acceptance_m
        over = (0.0, reached_m, 0.0, None)
        away_m = distance_m(self._here, place)
        if away_m > STANDS_M:
            yield from self._speed(place, self._where)
        if self._winged:
            braking_m = profile.cruise_air_speed_m_s**2 / (2 * profile.max_acceleration_m_s2) + TRANSITION_ALLOWANCE_M
            if away_m > braking_m:
                yield self._go(WAYPOINT, over, name, (self._short_of(place, braking_m / away_m), height_m))
            yield HandItem(TRANSITION, (ROTORS, 0.0, 0.0, 0.0))
        if away_m > STANDS_M:
            yield self._go(WAYPOINT, over, name, (place, height_m))
        yield self._go(LAND, (0.0, 0.0, 0.0, None), f"{self._number} {word}", (place, 0.0))
        self._down = True

    def _short_of(self, place: Geodetic, share: float) -> Geodetic:
        frame = self._site.frame
        (a, b), (c, d) = frame.to_enu_m(self._here), frame.to_enu_m(place)
        return frame.to_geodetic(c - share * (c - a), d - share * (d - b))

    def _speed(self, place: Geodetic, where: str) -> Iterator[HandItem]:
        """The ground speed of the way there at the air speed of the profile; a wing keeps its air speed itself."""
        frame = self._site.frame
        (a, b), (c, d) = frame.to_enu_m(self._here), frame.to_enu_m(place)
        if math.hypot(c - a, d - b) < STANDS_M:
            return
        over_m_s = ground_speed_m_s((c - a, d - b), self._air_m_s, self._wind)
        if over_m_s <= 0:
            wind_m_s = math.hypot(*self._wind)
            raise _refused(where, "no way against the wind", f"{wind_m_s:.1f} m/s of wind", f"{self._air_m_s:g} m/s")
        wanted_m_s = self._air_m_s if self._winged else math.floor(over_m_s / SPEED_STEP_M_S) * SPEED_STEP_M_S
        if self._said_m_s is None or abs(wanted_m_s - self._said_m_s) >= SPEED_STEP_M_S:
            self._said_m_s = wanted_m_s
            yield HandItem(CHANGE_SPEED, (1.0, round(wanted_m_s, 1), -1.0, 0.0))

    def _go(
        self,
        command: int,
        params: tuple[float, float, float, float | None],
        name: str,
        target: tuple[Geodetic, float],
    ) -> HandItem:
        self._here, self._height_m = target
        return HandItem(command, params, name, *target)

    def _target(self, item: MissionItem, where: str) -> tuple[Geodetic, float]:
        if item.command == RETURN:
            return self._drone.pad, 0.0
        if item.command not in PLACED:
            allowed = ", ".join(f"{number} ({word})" for number, word in PLACED.items())
            raise _refused(where, "this command cannot be judged leg by leg", f"MAV_CMD {item.command}", allowed)
        if item.frame not in FRAME_AMSL | FRAME_HOME:
            limit = "above home (3), above the sea (0)"
            raise _refused(where, "heights in this frame", f"MAV_FRAME {item.frame}", limit)
        given = (item.latitude_deg, item.longitude_deg)
        place = self._here if given == (0.0, 0.0) else Geodetic(*given)
        ground_m = self._site.table.ground_amsl_m if item.frame in FRAME_AMSL else 0.0
        return place, 0.0 if item.command in LANDINGS else item.altitude_m - ground_m


def _params(item: MissionItem) -> tuple[float | None, ...]:
    given = (*item.params, item.latitude_deg, item.longitude_deg, item.altitude_m)
    return tuple(None if math.isnan(value) else value for value in given)


def _refused(where: str, what: str, seen: str, limit: str) -> InvalidInput:
    return InvalidInput((Problem(where, what, seen, limit, "Draw this part in QGroundControl with way-points."),))
