"""How a step before take-off says no."""

from __future__ import annotations

from skystork.orders.reasons import Reason


class RefusedError(Exception):
    """A step before take-off was refused."""

    def __init__(self, *reasons: Reason) -> None:
        self.reasons = reasons
        super().__init__("; ".join(str(reason) for reason in reasons))
