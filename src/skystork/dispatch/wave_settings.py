"""How a wave is searched; what each number does stands in the modules of the search."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WaveSettings:
    """Frozen after trials on twelve public instances; see benchmarks/README.md."""

    seed: int = 1
    mean_removed: float = 10.0
    """Stops taken out in a step, on average; the paper's c."""
    longest_string: int = 10
    """The paper's L max."""
    tour_fraction: float = 0.01
    """Steps that take out a whole tour: with 200 orders, or a single truck; more of them where tours are short."""
    price_fraction: float = 0.6
    """Steps in which drone time has a price."""
    price_spread: float = 1.0
    """Half the range of the logarithm of that price."""
    hot: float = 3.0
    """First temperature, in costs of a short arc."""
    cold: float = 0.02
    """Last temperature, in costs of a short arc."""
    reach: int = 40
    """Nearest neighbours beside which a stop is inserted."""
    guides: tuple[tuple[float, float], ...] = ((0.3, 0.0), (0.3, 0.1), (1.0, 0.05))
    """Where only the longest duty counts: weights of the trucks' own time and of the drones' mean time, which lead the
    search across plateaus; each pair is tried from nothing for a part of the effort, and the best one goes on."""
    try_fraction: float = 0.15
    """That part."""
    reach_by_small: int = 20
    """Instead of ``reach``, where small changes follow: more but lesser steps."""
    removed_by_small: float = 5.0
    """Instead of ``mean_removed``, likewise."""
    tries: tuple[float, ...] = (1.0, 0.3, 3.0, 0.3, 1.0, 3.0)
    """First temperature of the small changes of each plan tried from nothing, in times of a short arc."""
    tries_fraction: float = 0.65
    """Of the effort, for all of them."""
    rough_fraction: float = 0.25
    """Of a try, before its small changes."""
    warm: float = 0.3
    """First temperature of the rounds of small changes from the best plan."""
    changes_per_order: int = 80_000
    """Tried in such a round, about."""
    kicks_of_a_round: int = 20_000
    """Before each: tries to shorten the best tour by itself; see :mod:`skystork.dispatch.wave_tour`."""
    kicks: int = 2_000
    """Where only the longest duty counts: tries to shorten the best tour after each slice; see
    :mod:`skystork.dispatch.wave_tour`."""
