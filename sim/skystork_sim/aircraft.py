"""One simulated aircraft as a thing: airframe, battery, gripper or winch, range finder, wind and faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from skystork.frames import Geodetic, LocalFrame
from skystork_sim.battery import Battery, PowerFigures
from skystork_sim.dynamics import Borne, FlightLimits, PointMass
from skystork_sim.gripper import Gripper, Parcel, Release
from skystork_sim.incidents import VehicleFaults
from skystork_sim.winch import LineEnd, Winch
from skystork_sim.wind import Wind

RANGE_FINDER_LIMIT_M = 100.0  # DISTANCE_SENSOR.max_distance of PX4 SITL, 10000 cm
CRUISE_STEP_S = 0.25
STEP_S = 0.1


@dataclass(frozen=True, slots=True)
class AircraftType:
    """What the physics need of a profile."""

    name: str
    limits: FlightLimits
    empty_mass_kg: float
    battery_j: float
    power: PowerFigures
    wind_limit_m_s: float = 10.0
    """PX4 COM_WIND_MAX."""
    max_jerk_m_s3: float = 4.0
    """PX4 MPC_JERK_AUTO."""
    has_winch: bool = False
    """A winch holds the parcel, and no gripper."""
    returns_straight_at_m: float | None = None
    """Height above home of a straight return [m]; None where it returns along its mission."""


class Aircraft:
    """The physical side of one drone; mutable because it is physics in progress.

    Parameters
    ----------
    frame
        The site's frame.
    pad_enu_m
        Where it stands at the start, east and north [m].
    ground_amsl_m
        Altitude of the flat ground [m].
    on_release
        Told of each parcel that leaves the aircraft.
    """

    def __init__(
        self,
        kind: AircraftType,
        *,
        system_id: int,
        frame: LocalFrame,
        pad_enu_m: tuple[float, float],
        ground_amsl_m: float,
        wind: Wind,
        faults: VehicleFaults,
        ageing_factor: float = 1.0,
        on_release: Callable[[Release], None] | None = None,
    ) -> None:
        self.kind, self.system_id, self.frame = kind, system_id, frame
        self.wind, self.faults = wind, faults
        self.pad_enu_m = pad_enu_m
        self.mass = PointMass(kind.limits, east_m=pad_enu_m[0], north_m=pad_enu_m[1], ground_m=ground_amsl_m)
        self.battery = Battery(kind.battery_j, kind.power, ageing_factor, kind.empty_mass_kg)
        self.gripper = Gripper(faults.gripper_fault)
        self.winch = Winch(self._line_end(), faults.winch_fault) if kind.has_winch else None
        """Holds the parcel's line; None where a gripper holds the parcel."""
        self._on_release = on_release

    def position(self) -> Geodetic:
        """Where it really is."""
        return self.frame.to_geodetic(self.mass.east_m, self.mass.north_m)

    def load(self, parcel: Parcel) -> bool:
        """The crew puts a parcel in; only on the ground and into an empty gripper."""
        if not self.mass.on_ground or not self.gripper.load(parcel):
            return False
        self.battery.set_mass(self.kind.empty_mass_kg + parcel.weight_kg)
        return True

    def unload(self) -> Parcel | None:
        """The crew takes the parcel out."""
        parcel = self.gripper.take_out()
        self.battery.set_mass(self.kind.empty_mass_kg)
        return parcel

    def release(self, now_s: float) -> bool | None:
        """Open the gripper: True opened, False jammed, None no answer, or none on board."""
        if self.winch is not None:
            return None
        fault, parcel = self.gripper.open()
        self._leaves(parcel, now_s, self.mass.height_m)
        return {"none": True, "jam": False, "silent": None}[fault]

    def advance(self, from_s: float, duration_s: float) -> None:
        """Fly on by one step."""
        wind = self.wind.mean_enu_m_s
        mass = self.mass
        mass.step(duration_s, wind[0], wind[1], self.wind.gust_at(from_s))
        if mass.on_ground:
            self.battery.drain_idle(duration_s)
        else:
            self.battery.drain(
                duration_s,
                wing_borne=mass.borne == Borne.WING,
                air_speed_m_s=mass.air_speed_m_s,
                climb_m_s=mass.up_m_s,
            )

    def _line_end(self) -> LineEnd:
        """The parcel on the hook is the one that the crew put into the box."""
        return LineEnd(
            reel_height_m=lambda: self.mass.height_m,
            load_kg=lambda: self.gripper.parcel.weight_kg if self.gripper.parcel else 0.0,
            let_go_at_m=lambda height_m: self._leaves(self.gripper.take_out(), self.faults.now_s, height_m),
        )

    def _leaves(self, parcel: Parcel | None, now_s: float, height_m: float) -> None:
        if parcel is None:
            return
        self.battery.set_mass(self.kind.empty_mass_kg)
        if self._on_release is not None:
            place = self.position()
            self._on_release(
                Release(now_s, self.system_id, parcel.order_id, place.latitude_deg, place.longitude_deg, height_m)
            )

    def step_s(self) -> float:
        """How long the next step may be [s]."""
        return CRUISE_STEP_S if self.mass.steady() else STEP_S

    def suffer(self, now_s: float) -> None:
        """Let the faults that are due by time happen."""
        sag = self.faults.battery_sag(now_s)
        if sag is not None:
            self.battery.sag_to(sag)

    def clearance_m(self, now_s: float) -> float:
        """What the downward range finder sees [m]; 0 beyond its range, as PX4's simulated one."""
        mass = self.mass
        away_m = abs(mass.east_m - self.pad_enu_m[0]) + abs(mass.north_m - self.pad_enu_m[1])
        seen_m = mass.height_m - self.faults.obstacle_height_m(now_s, away_m=away_m)
        return seen_m if 0.0 <= seen_m < RANGE_FINDER_LIMIT_M else 0.0
