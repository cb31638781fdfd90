"""PX4's flight modes: the number in HEARTBEAT.custom_mode and the name used everywhere above the link.

Source: PX4 1.17, ``src/modules/commander/px4_custom_mode.h``: main mode in bits 16-23, sub-mode in bits 24-31.
"""

from __future__ import annotations

from types import MappingProxyType

_MAIN_MODES = {
    1: "MANUAL",
    2: "ALTCTL",
    3: "POSCTL",
    4: "AUTO",
    5: "ACRO",
    6: "OFFBOARD",
    7: "STABILIZED",
    10: "TERMINATION",
    11: "ALTITUDE_CRUISE",
}

_SUB_MODES = {
    (3, 1): "ORBIT",
    (3, 2): "POSCTL.SLOW",
    (4, 1): "AUTO.READY",
    (4, 2): "AUTO.TAKEOFF",
    (4, 3): "AUTO.LOITER",
    (4, 4): "AUTO.MISSION",
    (4, 5): "AUTO.RTL",
    (4, 6): "AUTO.LAND",
    (4, 8): "AUTO.FOLLOW_TARGET",
    (4, 9): "AUTO.PRECLAND",
    (4, 10): "AUTO.VTOL_TAKEOFF",
}

MODES = MappingProxyType(
    {name: (main, 0) for main, name in _MAIN_MODES.items() if name != "AUTO"}
    | {name: pair for pair, name in _SUB_MODES.items()}
)
"""(main mode, sub-mode) of each name."""


def mode_name(custom_mode: int) -> str:
    """Return the name of a custom mode; one we do not know is ``PX4:<main>.<sub>``."""
    main, sub = custom_mode >> 16 & 0xFF, custom_mode >> 24 & 0xFF
    known = _SUB_MODES.get((main, sub)) if sub or main == 4 else _MAIN_MODES.get(main)
    return known or f"PX4:{main}.{sub}"
