"""``[road]`` of a site: who says how long a van takes, and in which hours of which clock it is slower."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from skystork.dispatch.van_roads import SAME_ALL_DAY, SpeedByHour
from skystork.errors import ConfigError, Problem
from skystork.shell.http_request import check_url

ROUTERS = ("", "osrm", "valhalla", "pyvalhalla")


@dataclass(frozen=True, slots=True)
class RoadTable:
    """``[road]``: who says how long a van takes."""

    router: str = ""
    """osrm, valhalla, pyvalhalla, or empty: the straight line times the profile's circuity."""
    url: str = ""
    """Address of OSRM or Valhalla."""
    profile: str = ""
    """OSRM's profile or Valhalla's costing; empty: ``driving`` or ``auto``."""
    tiles: str = ""
    """Valhalla's tiles for pyvalhalla: a ``.tar`` or a folder, relative to the site's folder."""
    timeout_s: float = 5.0
    """For one question [s], of 50 times 50 places; a router that needs longer is asked for fewer at a time."""
    max_age_s: float = 86_400.0
    """Legs older than this are asked again [s]; shorter where the router knows the traffic."""
    speed_by_hour: tuple[float, ...] = ()
    """Speed over the day's mean, 24 of them; empty: the DfT's three periods without a router, even with one."""
    time_zone: str = "UTC"
    """In which the hours are counted (IANA)."""

    def __post_init__(self) -> None:
        problems = list(self._problems())
        if problems:
            raise ConfigError(tuple(problems))

    def _problems(self) -> Iterator[Problem]:
        if self.router not in ROUTERS:
            yield Problem("road.router", "no such router", self.router, ", ".join(ROUTERS[1:]), "Name one of these.")
        if self.router == "pyvalhalla" and not self.tiles:
            yield Problem("road.tiles", "missing", "nothing", "a .tar or a folder of tiles", "Give their path.")
        for name, value in (("timeout_s", self.timeout_s), ("max_age_s", self.max_age_s)):
            if not 0 < value < float("inf"):
                yield Problem(f"road.{name}", "not a usable time", f"{value}", "above 0 s", "Write the real one.")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            limit = "an IANA name, like Europe/London"
            yield Problem("road.time_zone", "no such time zone", self.time_zone, limit, "Correct it.")
        if self.router in {"osrm", "valhalla"}:
            try:
                check_url(self.url, "road.url")
            except ConfigError as error:
                yield from error.problems
        if self.speed_by_hour:
            try:
                SpeedByHour(self.speed_by_hour)
            except ConfigError as error:
                yield from error.problems

    def midnight_s(self, now_s: float) -> float:
        """When the local day began [s since the Unix epoch]."""
        moment = datetime.fromtimestamp(now_s, UTC).astimezone(ZoneInfo(self.time_zone))
        return moment.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()

    def hours_at(self, now_s: float) -> tuple[SpeedByHour, SpeedByHour]:
        """Of estimated legs, and of the router's; with the offset of the local time as it is then."""
        moment = datetime.fromtimestamp(now_s, UTC).astimezone(ZoneInfo(self.time_zone))
        offset = moment.utcoffset()
        offset_s = offset.total_seconds() if offset is not None else 0.0
        given = SpeedByHour(self.speed_by_hour, offset_s) if self.speed_by_hour else None
        return given or SpeedByHour(utc_offset_s=offset_s), given or SAME_ALL_DAY
