"""Shifts as the site file writes them."""

from __future__ import annotations

import pytest

from skystork.app.road_table import RoadTable
from skystork.app.site_tables import VanRow
from skystork.app.van_shift import read_shift
from skystork.errors import ConfigError
from skystork.fleet.vehicle import VanShift


def test_a_shift_is_counted_from_local_midnight() -> None:
    row = VanRow("VAN-1", "EV-1", "e_van", "07:30", "16:00", "12:00", 1_800.0)
    assert read_shift(row, "vans[0]") == VanShift(27_000.0, 57_600.0, 43_200.0, 1_800.0)
    assert read_shift(VanRow("VAN-1", "EV-1", "e_van"), "vans[0]") is None


def test_local_midnight_follows_summer_time() -> None:
    summer_s = 1_752_580_800.0  # 2025-07-15 12:00 UTC
    assert RoadTable(time_zone="Europe/London").midnight_s(summer_s) == summer_s - 13 * 3_600.0
    assert RoadTable().midnight_s(summer_s) == summer_s - 12 * 3_600.0


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (VanRow("V", "E", "p", "16:00", "07:30"), "ends before it starts"),
        (VanRow("V", "E", "p", "16:00", "16:00"), "ends before it starts"),
        (VanRow("V", "E", "p", "", "00:00"), "ends before it starts"),
        (VanRow("V", "E", "p", "half past seven"), "not a time of day"),
        (VanRow("V", "E", "p", "07:30", "24:30"), "not a time of day"),
        (VanRow("V", "E", "p", rest_from="12:00"), "a rest without a length"),
        (VanRow("V", "E", "p", rest_from="12:00", rest_s=float("nan")), "a rest without a length"),
    ],
)
def test_a_shift_that_cannot_be_is_refused(row: VanRow, words: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        read_shift(row, "site.toml vans[0]")
    assert words in str(refusal.value)
    assert "site.toml vans[0]" in str(refusal.value)
