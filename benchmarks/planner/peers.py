"""The peers, each in a module of its own that imports its library when asked; one that is not installed is named."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ours import LIMITS
from scenes import Place, Scene

Array = NDArray[np.float64]

NAMES = ("peer_extremity", "peer_ompl", "peer_waypoints", "peer_fast_path", "peer_drake")


@dataclass(frozen=True)
class Answer:
    """What a peer gave for one query."""

    path: Array
    """(n, 2) dense points of the way flown [m]."""
    duration_s: float | None
    """With |v|, |a|, |j| brought within the bounds by a uniform stretch; None where it gives no times [s]."""
    ms: float
    fastest_s: float | None = None
    """With |v| alone within its bound: what is in favour of a peer that knows no other bound [s]."""


Plan = Callable[[Place, Place], Answer | None]


def load(name: str, scene: Scene) -> Plan | str:
    """The peer made ready for a scene, or why it is not measured."""
    module = importlib.import_module(name)
    began = time.process_time()
    try:
        made: Plan | str = module.prepare(scene)
    except ImportError as error:
        return f"not measured: {error}"
    if not isinstance(made, str):
        print(f"  {name[5:]}: prepared in {time.process_time() - began:.2f} s")
    return made


def stretched_s(curve: Array, duration_s: float) -> float:
    """The duration with speed, acceleration and jerk of equally timed samples (n, 2) brought within the bounds."""
    return duration_s * _factor(curve, duration_s, LIMITS)


def speed_alone_s(curve: Array, duration_s: float) -> float:
    """The duration with the speed of the samples brought to its bound, whatever acceleration that takes."""
    return duration_s * _factor(curve, duration_s, LIMITS[:1])


def _factor(curve: Array, duration_s: float, limits: tuple[float, ...]) -> float:
    step_s = duration_s / (len(curve) - 1)
    factor = 0.0
    for order, limit in enumerate(limits, start=1):
        derivative = np.diff(curve, n=order, axis=0) / step_s**order
        factor = max(factor, (float(np.hypot(*derivative.T).max()) / limit) ** (1 / order))
    return factor
