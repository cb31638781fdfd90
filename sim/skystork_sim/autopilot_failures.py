"""Failures that a tester injects by MAV_CMD_INJECT_FAILURE, as PX4's simulation takes them.

Battery and motor have a handler, whose acknowledgement names no addressee; every other unit, and what the battery's
does not know, gets no answer at all. PX4 1.18 adds GPS, barometer and magnetometer. A motor stops only where
CA_FAILURE_MODE says so.
Source: PX4 v1.17 battery_simulator, failure_detector/FailureInjector.cpp; measured on v1.17.0 and v1.18.0-beta1 SITL.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from enum import IntEnum

from skystork_sim.autopilot_gnss import Gnss
from skystork_sim.autopilot_parameters import Parameters

ACCEPTED, UNSUPPORTED = 0, 3  # MAV_RESULT
EMPTYING = ((0.0, 1.0), (2.0, 0.15), (3.0, 0.07), (5.0, 0.05), (8.0, 0.0))
"""Seconds after a forced empty battery, and what is read then as a share of the level before: measured."""
REFILLED_S = 8.0  # after the end of the failure; recorded: it arms again within 12 s
MOTORS = 8  # esc_status_s::CONNECTED_ESC_MAX


class Unit(IntEnum):
    """FAILURE_UNIT."""

    GYRO = 0
    ACCEL = 1
    MAG = 2
    BARO = 3
    GPS = 4
    BATTERY = 100
    MOTOR = 101


class FailureType(IntEnum):
    """FAILURE_TYPE."""

    OK = 0
    OFF = 1
    STUCK = 2
    GARBAGE = 3
    WRONG = 4
    SLOW = 5
    DELAYED = 6
    INTERMITTENT = 7


MOTOR_TYPES = frozenset({FailureType.OK, FailureType.OFF, FailureType.STUCK, FailureType.WRONG})
SINCE_1_18 = frozenset({Unit.GPS, Unit.BARO, Unit.MAG})


class Failures:
    """What is broken; mutable because things break."""

    def __init__(self, parameters: Parameters, gnss: Gnss) -> None:
        self._parameters, self._gnss = parameters, gnss
        self.units_of_1_18 = False
        """Whether the sensors that only PX4 1.18 can fail are there."""
        self._battery_at_s: float | None = None
        self._battery_empty = False
        self.stopped_motors: set[int] = set()

    def inject(self, unit: float, kind: float, instance: float, now_s: float) -> int | None:
        """MAV_RESULT of an injection; None where PX4 has no handler and does not answer."""
        if not self._parameters["SYS_FAILURE_EN"]:
            return None
        unit_number, kind_number, which = round(unit), round(kind), round(instance)
        if unit_number == Unit.BATTERY:
            return self._inject_battery(kind_number, which, now_s)
        if unit_number == Unit.MOTOR:
            return self._inject_motor(kind_number, which)
        if self.units_of_1_18 and unit_number in SINCE_1_18:
            if unit_number == Unit.GPS:
                self._gnss.jammed = kind_number != FailureType.OK
            return ACCEPTED
        return None

    def battery_level(self, true_level: float, now_s: float) -> float:
        """What the autopilot reads of the battery, 0..1: a forced empty one falls within seconds."""
        if self._battery_at_s is None:
            return true_level
        since_s = now_s - self._battery_at_s
        if self._battery_empty:
            return true_level * _interpolated(EMPTYING, since_s)
        if since_s >= REFILLED_S:
            self._battery_at_s = None
        return true_level * min(1.0, since_s / REFILLED_S)

    @property
    def falls(self) -> bool:
        """Whether a motor stands still, so that the vehicle cannot fly."""
        return bool(self.stopped_motors) and bool(self._parameters["CA_FAILURE_MODE"])

    def _inject_battery(self, kind: int, instance: int, now_s: float) -> int | None:
        if kind not in (FailureType.OK, FailureType.OFF):
            return None
        if instance != 0:
            return UNSUPPORTED
        if self._battery_empty is not (kind == FailureType.OFF):
            self._battery_empty, self._battery_at_s = kind == FailureType.OFF, now_s
        return ACCEPTED

    def _inject_motor(self, kind: int, instance: int) -> int:
        if kind not in MOTOR_TYPES:
            return UNSUPPORTED
        motors = range(1, MOTORS + 1) if instance == 0 else (instance,)
        if kind == FailureType.OK:
            self.stopped_motors.difference_update(motors)
        elif kind == FailureType.OFF:
            self.stopped_motors.update(motors)
        return ACCEPTED


def _interpolated(points: Sequence[tuple[float, float]], at: float) -> float:
    """On straight lines between points; the last value after them."""
    for (from_, first), (until, last) in itertools.pairwise(points):
        if at < until:
            return first + (last - first) * (at - from_) / (until - from_)
    return points[-1][1]
