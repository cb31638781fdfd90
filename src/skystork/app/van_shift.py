"""When a van works: hours of the local day from the site file, and what they are on the day in question."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from skystork.app.site_tables import VanRow
from skystork.errors import ConfigError, Problem
from skystork.fleet.vehicle import VanShift

DAY_S = 86_400.0
ANY_HOUR = VanShift(0.0, math.inf)
"""Of a van whose row names no shift."""
_CLOCK = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")


def read_shift(row: VanRow, where: str) -> VanShift | None:
    """The shift of a row; None where it names none and the van may drive at any hour.

    Raises
    ------
    ConfigError
        When a time is none, the shift ends before it starts, or a rest has no length.
    """
    problems = list(_problems(row, where))
    if problems:
        raise ConfigError(tuple(problems))
    if not row.shift_starts and not row.shift_ends and not row.rest_from:
        return None
    starts_s = _seconds(row.shift_starts) or 0.0
    ends_s = DAY_S if not row.shift_ends else _seconds(row.shift_ends) or 0.0
    return VanShift(starts_s, ends_s, _seconds(row.rest_from), row.rest_s)


def _problems(row: VanRow, where: str) -> Iterator[Problem]:
    names = {"shift_starts": row.shift_starts, "shift_ends": row.shift_ends, "rest_from": row.rest_from}
    wrong = [name for name, text in names.items() if text and _seconds(text) is None]
    for name in wrong:
        limit = "a time of the local day, from 00:00 to 24:00"
        yield Problem(f"{where}.{name}", "not a time of day", names[name], limit, "Write it as 07:30.")
    if wrong:
        return
    starts_s, ends_s = _seconds(row.shift_starts), _seconds(row.shift_ends)
    if ends_s is not None and not ends_s > (starts_s or 0.0):
        seen, limit = f"{row.shift_starts or '00:00'} to {row.shift_ends}", "an end after the start, on the same day"
        remedy = "Correct it; a night shift is two vans of the file, one to 24:00 and one from 00:00."
        yield Problem(f"{where}.shift_ends", "the shift ends before it starts", seen, limit, remedy)
    if row.rest_from and not 0 < row.rest_s < DAY_S:
        remedy = "Write how long the driver rests."
        yield Problem(f"{where}.rest_s", "a rest without a length", f"{row.rest_s:g} s", "above 0 s", remedy)


def _seconds(text: str) -> float | None:
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    seconds = 3_600.0 * int(found[1]) + 60.0 * int(found[2])
    return seconds if seconds <= DAY_S else None
