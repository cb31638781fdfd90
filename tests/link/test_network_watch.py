from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from skystork.link.network_watch import RULES, NetworkAlarm, NetworkFigures, NetworkWatch

QUIET = NetworkFigures("radio", "serial:/dev/ttyUSB0:57600", vehicles=2, heard=2)
PERIOD_S = 10


def play(*minutes: dict[str, Any]) -> list[NetworkAlarm]:
    """Let a network meet these things, a minute each, spread over it, beside 600 whole frames."""
    watch, figures, now_s = NetworkWatch(), QUIET, 0.0
    told = watch.observe(figures, now_s)
    for minute in minutes:
        grown = {"frames": 600, **minute}
        for _ in range(60 // PERIOD_S):
            now_s += PERIOD_S
            steps = {
                name: getattr(figures, name) + value * PERIOD_S / 60 if not isinstance(value, bool | str) else value
                for name, value in grown.items()
            }
            figures = replace(figures, **steps)
            told += watch.observe(figures, now_s)
    return told


def rules(alarms: list[NetworkAlarm]) -> list[tuple[str, bool]]:
    return [(alarm.rule, alarm.active) for alarm in alarms]


def test_a_quiet_network_is_no_news() -> None:
    assert play({}, {}, {}) == []


@pytest.mark.parametrize(
    ("met", "rule", "said"),
    [
        ({"bad_checksum": 30}, "FRAMES_HURT", "look at the radio"),
        ({"dropped_bytes": 3000}, "FRAMES_HURT", "bytes of no frame"),
        ({"lost": 120}, "FRAMES_LOST", "frames of a minute were lost"),
        ({"kernel_drops": 6}, "DATAGRAMS_DROPPED", "net.core.rmem_max"),
        ({"unsigned": 60}, "SIGNATURES_REFUSED", "a vehicle without its key"),
        ({"refused": 60}, "SIGNATURES_REFUSED", "signature that does not hold"),
        ({"replayed": 300}, "SIGNATURES_REFUSED", "of the past"),
    ],
)
def test_what_is_wrong_is_told_once_however_long_it_lasts_and_once_when_it_is_over(
    met: dict[str, float], rule: str, said: str
) -> None:
    alarms = play({}, met, met, met, {}, {}, {})
    assert rules(alarms) == [(rule, True), (rule, False)]
    assert said in alarms[0].detail
    assert alarms[1].detail == "a clean minute"


@pytest.mark.parametrize(
    "met",
    [{"bad_checksum": 5}, {"bad_checksum": 1, "dropped_bytes": 100}, {"lost": 30}, {"unsigned": 4}, {"replayed": 40}],
)
def test_a_little_is_no_reason_for_an_alarm(met: dict[str, float]) -> None:
    assert play({}, met, met) == []


def test_a_network_that_is_down_is_told_with_its_reason() -> None:
    alarms = play({}, {"up": False, "problem": "serial:/dev/ttyUSB0:57600 is gone", "frames": 0}, {"up": True})
    assert rules(alarms) == [("NETWORK_DOWN", True), ("NETWORK_DOWN", False)]
    assert alarms[0].detail == "serial:/dev/ttyUSB0:57600 is gone"


def test_every_rule_has_a_name_of_its_own() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
