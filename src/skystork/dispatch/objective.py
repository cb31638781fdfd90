"""What a wave of vans and drones is planned for."""

from __future__ import annotations

from enum import StrEnum


class WaveObjective(StrEnum):
    """The two questions that the literature asks about the same wave."""

    LEAST_COST = "least_cost"
    """Kilometres and departures cost, the shift is a limit: the min-cost PDSVRP (Nguyen et al., EJOR 299, 2022)."""
    EARLIEST_FINISH = "earliest_finish"
    """The vehicle that is back last is back soonest, whatever that costs: the PDSTSP (Murray and Chu, Transp. Res. C
    54:86, 2015), with as many vans as there are, and within what they hold and the shift."""
