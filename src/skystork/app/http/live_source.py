"""The service as one JSON document for the live picture; nothing in it is null (:mod:`skystork.app.http.picture`)."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import msgspec

from skystork.airspace.weather import Weather
from skystork.app.bus_header import rfc3339
from skystork.app.http.fleet_views import drone_view, on_the_ground
from skystork.app.http.order_views import brief_view
from skystork.app.service import Service

ENDED_SHOWN_S = 900.0
"""An order that ended stays in the picture this long."""


class LiveSource:
    """Reads the service's desks."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def document(self) -> dict[str, Any]:
        """The whole picture."""
        service, now_s = self._service, asyncio.get_running_loop().time()
        book = service.journal.book
        records = list(book.orders())
        shown = [each for each in records if not each.ended or now_s - each.changed_at_s < ENDED_SHOWN_S]
        drones = {desk.drone.vehicle_id: msgspec.to_builtins(drone_view(desk)) for desk in service.desks}
        ground = on_the_ground(service.vans.views.values(), service.robots.views.values())
        vans = {each.vehicle_id: msgspec.to_builtins(each) for each in ground}
        weather = service.weather.reading
        return {
            "at": rfc3339(now_s),
            "site": service.site.table.name,
            "zoneSet": service.site.zones.hash,
            "drones": drones,
            "vans": vans,
            "orders": {each.order.order_id: msgspec.to_builtins(brief_view(each)) for each in shown},
            "counts": dict(Counter(record.state.value for record in records)),
            "queues": {"ledgerRows": service.ledger_queue, "forVan": len(service.dispatch.road)},
            **({"weather": weather_document(weather)} if weather else {}),
        }


def weather_document(weather: Weather) -> dict[str, Any]:
    """The newest reading."""
    east_m_s, north_m_s = weather.wind_enu_m_s
    return {
        "at": rfc3339(weather.at_s),
        "windEastMS": round(east_m_s, 2),
        "windNorthMS": round(north_m_s, 2),
        "gustMS": round(weather.gust_m_s, 2),
        "rainMmH": round(weather.rain_mm_h, 2),
        "visibilityM": round(weather.visibility_m),
    }
