"""Figures of the whole ledger, folded in a thread and kept for a moment: many may ask at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from skystork.app.http.ledger_reads import LedgerReads
from skystork.app.road_model import road_model
from skystork.app.site import Site
from skystork.insight.kpi import Report, make_report
from skystork.shell.loops import real_span_s
from skystork.shell.store import LedgerReader

KEPT_S = 5.0
"""Figures are told again without being reckoned anew for so long [s of real time]."""


class KpiView(msgspec.Struct, rename="camel"):
    """How the day goes; see docs/operations.md for what each figure counts."""

    accepted: int
    delivered_by_drone: int
    delivered_by_van: int
    delivered_by_robot: int
    delivered_by_partner: int
    undeliverable: int
    cancelled: int
    open: int
    refusals: dict[str, dict[str, int]]
    later_promises: int
    promises_due: int
    promises_kept: int
    promises_kept_percent: float
    told_before_late: int
    median_minutes: dict[str, float]
    p95_minutes: dict[str, float]
    drone_energy_kwh: float
    van_energy_kwh: float
    robot_energy_kwh: float
    van_distance_km: float
    carbon_kg: float
    carbon_saved_fraction: float
    flights: int
    parcels_returned: int
    contingencies: dict[str, int]


class KpiDesk:
    """Reckons when asked."""

    def __init__(self, site: Site, reads: LedgerReads) -> None:
        self._road, self._reads = road_model(site), reads
        self._kept: tuple[float, KpiView] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def figures(self) -> KpiView:
        """Of now, or of a moment ago."""
        async with self._one_at_a_time:
            now_s = asyncio.get_running_loop().time()
            if self._kept is None or now_s - self._kept[0] > real_span_s(KEPT_S):
                report = await self._reads.ask(lambda reader: make_report(_rows(reader), self._road))
                self._kept = (now_s, kpi_view(report))
            return self._kept[1]


def _rows(reader: LedgerReader) -> Iterator[Mapping[str, Any]]:
    return ({"kind": each.kind, "at_s": each.at_s, **each.payload} for each in reader.read())


def kpi_view(report: Report) -> KpiView:
    """The report as it is told."""
    return KpiView(
        accepted=report.accepted,
        delivered_by_drone=report.delivered_by_drone,
        delivered_by_van=report.delivered_by_van,
        delivered_by_robot=report.delivered_by_robot,
        delivered_by_partner=report.delivered_by_partner,
        undeliverable=report.undeliverable,
        cancelled=report.cancelled,
        open=report.open,
        refusals={mode.value: dict(codes) for mode, codes in report.refusals.items()},
        later_promises=report.later_promises,
        promises_due=report.promises_due,
        promises_kept=report.promises_kept,
        promises_kept_percent=report.promises_kept_percent,
        told_before_late=report.told_before_late,
        median_minutes={mode.value: minutes for mode, minutes in report.median_minutes.items()},
        p95_minutes={mode.value: minutes for mode, minutes in report.p95_minutes.items()},
        drone_energy_kwh=report.drone_energy_kwh,
        van_energy_kwh=report.van_energy_kwh,
        robot_energy_kwh=report.robot_energy_kwh,
        van_distance_km=report.van_distance_km,
        carbon_kg=report.carbon.total_kg,
        carbon_saved_fraction=report.carbon.saved_fraction,
        flights=report.flights,
        parcels_returned=report.parcels_returned,
        contingencies=dict(report.contingencies),
    )
