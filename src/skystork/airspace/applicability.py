"""Times of zones as ED-269 and ED-318 write them, read and written; what is not understood means always active."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from skystork.airspace.reading import Reader
from skystork.airspace.schedule import DAYS, DailyPeriod, Edge, Period, clock
from skystork.airspace.sun import SPELLINGS

_TIME = re.compile(r"(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})", re.ASCII)
_PERIOD_KEYS = {"permanent", "startDateTime", "endDateTime", "schedule"}
_DAILY_KEYS = {"day", "startTime", "startEvent", "endTime", "endEvent", "timeZone"}
ALWAYS = "it is taken as always active"


class _NotUnderstoodError(ValueError):
    """Why a time is not understood; the zone is then always active."""


def read_applicability(reader: Reader, raw: object, where: str) -> tuple[Period, ...] | None:
    """Periods of a zone; None: always, also where any part is not understood, which is then told."""
    if raw is None:
        return None
    try:
        return _periods(raw)
    except _NotUnderstoodError as error:
        reader.note(where, str(error), ALWAYS)
        return None


def write_applicability(active: Sequence[Period] | None) -> list[dict[str, object]]:
    """The same, for a file; empty where the zone is always active."""
    return [] if active is None else [_written_period(period) for period in active]


def moment_s(text: object) -> float | None:
    """A date and time with an offset [s since the Unix epoch]; None for anything else."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo is not None else None


def _periods(raw: object) -> tuple[Period, ...] | None:
    rows = [raw] if isinstance(raw, dict) else raw
    if not isinstance(rows, list) or not rows:
        raise _NotUnderstoodError(f"applicability is {raw!r}, not a list of periods")
    periods = [_period(row) for row in rows]
    if any(period is None for period in periods):
        return None
    return tuple(period for period in periods if period is not None)


def _period(row: object) -> Period | None:
    """None where it is permanent without a schedule."""
    if not isinstance(row, dict):
        raise _NotUnderstoodError(f"a period is {row!r}")
    unknown = sorted(row.keys() - _PERIOD_KEYS)
    if unknown:
        raise _NotUnderstoodError(f"a period has the unknown member {unknown[0]}")
    permanent = row.get("permanent", "NO")
    if permanent not in {"YES", "NO"}:
        raise _NotUnderstoodError(f"permanent is {permanent!r}, neither YES nor NO")
    starts_s = _bound(row, "startDateTime", -math.inf) if permanent == "NO" else -math.inf
    ends_s = _bound(row, "endDateTime", math.inf) if permanent == "NO" else math.inf
    if ends_s < starts_s:
        raise _NotUnderstoodError("a period ends before it begins")
    daily = _dailies(row.get("schedule"))
    if not daily and math.isinf(starts_s) and math.isinf(ends_s):
        return None
    return Period(starts_s, ends_s, daily)


def _bound(row: Mapping[str, object], key: str, unset: float) -> float:
    if row.get(key) is None:
        return unset
    at_s = moment_s(row[key])
    if at_s is None:
        raise _NotUnderstoodError(f"{key} {row[key]!r} is no date and time with an offset")
    return at_s


def _dailies(raw: object) -> tuple[DailyPeriod, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list) or not raw:
        raise _NotUnderstoodError(f"schedule is {raw!r}, not a list of daily periods")
    return tuple(_daily(row) for row in raw)


def _daily(row: object) -> DailyPeriod:
    if not isinstance(row, dict):
        raise _NotUnderstoodError(f"a daily period is {row!r}")
    unknown = sorted(row.keys() - _DAILY_KEYS)
    if unknown:
        raise _NotUnderstoodError(f"a daily period has the unknown member {unknown[0]}")
    zone = row.get("timeZone")
    return DailyPeriod(_days(row.get("day")), _edge(row, "start", zone), _edge(row, "end", zone))


def _days(raw: object) -> tuple[int, ...]:
    words = [raw] if isinstance(raw, str) else raw
    if not isinstance(words, list) or not words:
        raise _NotUnderstoodError("the list of days is empty")
    if "ANY" in words:
        return tuple(range(7))
    wrong = [word for word in words if word not in DAYS]
    if wrong:
        raise _NotUnderstoodError(f"{wrong[0]!r} is no day")
    return tuple(sorted({DAYS.index(word) for word in words}))


def _edge(row: Mapping[str, object], side: str, zone: object) -> Edge:
    time, event = row.get(f"{side}Time"), row.get(f"{side}Event")
    if (time is None) == (event is None):
        raise _NotUnderstoodError(f"the {side} of a daily period needs either a time or an event")
    if event is not None:
        if event not in SPELLINGS:
            raise _NotUnderstoodError(f"{event!r} is no event of the day; there are {', '.join(SPELLINGS)}")
        return Edge(event=SPELLINGS[str(event)])
    return _clock_edge(str(time), zone)


def _clock_edge(text: str, zone: object) -> Edge:
    """A time with Z or an offset; or without one, where the period names its time zone."""
    found = _TIME.fullmatch(text if zone is None else f"{text}Z")
    if found is None:
        raise _NotUnderstoodError(f"{text!r} is no time of day with Z or an offset, hh:mm:ssZ")
    hours, minutes, seconds = int(found[1]), int(found[2]), int(found[3] or 0)
    if hours > 23 or minutes > 59 or seconds > 59:
        raise _NotUnderstoodError(f"{text!r} is no time of day, 00:00 to 23:59:59")
    name = zone if isinstance(zone, str) else "UTC" if found[4] == "Z" else found[4]
    try:
        clock(name)
    except (ValueError, KeyError, OSError) as error:
        raise _NotUnderstoodError(f"{name!r} is no time zone") from error
    return Edge(hours * 3600.0 + minutes * 60.0 + seconds, zone=name)


def _written_period(period: Period) -> dict[str, object]:
    row: dict[str, object] = {"permanent": "NO"}
    if math.isinf(period.starts_s) and math.isinf(period.ends_s):
        row["permanent"] = "YES"
    for key, at_s in (("startDateTime", period.starts_s), ("endDateTime", period.ends_s)):
        if math.isfinite(at_s):
            row[key] = datetime.fromtimestamp(at_s, UTC).isoformat().replace("+00:00", "Z")
    if period.daily:
        row["schedule"] = [_written_daily(daily) for daily in period.daily]
    return row


def _written_daily(daily: DailyPeriod) -> dict[str, object]:
    days = ["ANY"] if len(daily.days) == 7 else [DAYS[day] for day in daily.days]
    row: dict[str, object] = {"day": days}
    named = [edge.zone for edge in (daily.start, daily.end) if edge.event is None and not _is_offset(edge.zone)]
    for side, edge in (("start", daily.start), ("end", daily.end)):
        if edge.event is not None:
            row[f"{side}Event"] = edge.event.value
            continue
        hours, rest = divmod(round(edge.time_s), 3600)
        time = f"{hours:02d}:{rest // 60:02d}:{rest % 60:02d}"
        row[f"{side}Time"] = time if named else time + ("Z" if edge.zone == "UTC" else edge.zone)
    if named:
        row["timeZone"] = named[0]
    return row


def _is_offset(zone: str) -> bool:
    return zone == "UTC" or zone[:1] in "+-"
