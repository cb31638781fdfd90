"""Whether the vehicle is heard.

Theory of operation
-------------------
The first heartbeat makes contact. Any frame keeps it; silence for the loss time ends it. After a loss again only a
heartbeat makes contact, because only it says who is speaking. There is no end: a vehicle may come back at any time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from skystork.fleet.vehicle import LinkState
from skystork.link.contract import Heard, Lost
from skystork.link.transitions import expects, follow


@dataclass(frozen=True, slots=True)
class HeartbeatReceived:
    """A heartbeat of the right vehicle came."""


@dataclass(frozen=True, slots=True)
class SilenceElapsed:
    """Nothing came for the loss time."""


TRANSITIONS: Mapping[LinkState, Mapping[type, LinkState]] = MappingProxyType(
    {
        LinkState.NEVER: {HeartbeatReceived: LinkState.UP},
        LinkState.UP: {SilenceElapsed: LinkState.LOST},
        LinkState.LOST: {HeartbeatReceived: LinkState.UP},
    }
)

TERMINAL: frozenset[LinkState] = frozenset()


class Contact:
    """The state of contact with one vehicle.

    Parameters
    ----------
    loss_s
        Silence after which contact is lost [s].
    """

    def __init__(self, loss_s: float) -> None:
        self.state = LinkState.NEVER
        self.last_heard_s: float | None = None
        self._loss_s = loss_s
        self._check_s: float | None = None

    def receive_frame(self, at_s: float) -> None:
        """The newest frame of the vehicle came then; may be told late, as long as it is before the timer is handled."""
        if self.state is LinkState.UP:
            self.last_heard_s = at_s

    def receive_heartbeat(self, now_s: float) -> Heard | None:
        """A heartbeat came; returns what is new about it."""
        if not expects(TRANSITIONS, self.state, HeartbeatReceived()):
            return None
        self.state = follow(TRANSITIONS, self.state, HeartbeatReceived())
        silent_s = None if self.last_heard_s is None else now_s - self.last_heard_s
        self.last_heard_s = now_s
        self._check_s = now_s + self._loss_s
        return Heard(now_s, silent_s)

    def next_timer_s(self) -> float | None:
        """When silence must be checked.

        It is not moved at each frame but found too early when it comes, and set anew: frames are many, timers dear.
        """
        return self._check_s

    def handle_timer(self, now_s: float) -> Lost | None:
        """Check for silence; returns the loss of contact."""
        if self._check_s is None or self.last_heard_s is None or now_s < self._check_s:
            return None
        if now_s < self.last_heard_s + self._loss_s:
            self._check_s = self.last_heard_s + self._loss_s
            return None
        self.state = follow(TRANSITIONS, self.state, SilenceElapsed())
        self._check_s = None
        return Lost(now_s, self.last_heard_s)
