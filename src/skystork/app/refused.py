"""How a step before take-off says no."""

from __future__ import annotations

from skystork.orders.reasons import Reason


class RefusedError(Exception):
    """A step before take-off was refused.

    Parameters
    ----------
    wrong
        What of the vehicle's own state refused it, by name; empty where it was the order, the weather, the zones.
    """

    def __init__(self, *reasons: Reason, wrong: tuple[str, ...] = ()) -> None:
        self.reasons, self.wrong = reasons, wrong
        super().__init__("; ".join(str(reason) for reason in reasons))
