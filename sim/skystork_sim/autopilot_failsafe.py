"""Which failsafe action a simulated PX4 takes: conditions ranked by what they ask for, the worst wins.

Theory of operation. Each update names the conditions that fail now, each with its :class:`Response`. A condition that
ends takes its action away, or leaves it until the operator changes the mode (``clear``). The worst action is
selected; one that may be delayed is a hold for COM_FAIL_ACT_T first. A mode that the operator chooses while an action
runs overrides it, where ``takeover`` allows. An action that cannot be flown falls back to the next worse one.
Source: PX4 v1.17 commander/failsafe/framework.cpp; behaviour recorded on SITL.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

DELAY_REGAINED = 0.25  # of the time without a delayed action: framework.cpp, updateStartDelay


class Action(IntEnum):
    """In order of severity."""

    NONE = 0
    WARN = 1
    HOLD = 2
    RTL = 3
    LAND = 4
    DESCEND = 5
    """Down where it is, without a position."""
    DISARM = 6
    TERMINATE = 7


class Clear(StrEnum):
    """What ends an action besides its condition."""

    WITH_CONDITION = "with condition"
    """Ends when the condition does."""
    ON_MODE_CHANGE = "on mode change"
    """Goes on after its condition, until the operator chooses a mode or it disarms."""
    NEVER = "never"
    """Until the power is off."""


class Takeover(IntEnum):
    """Whether the operator may override, from least to most restrictive."""

    ALWAYS = 0
    BY_MODE = 1
    NEVER = 2


@dataclass(frozen=True, slots=True)
class Response:
    """What a condition asks for."""

    action: Action
    clear: Clear = Clear.WITH_CONDITION
    takeover: Takeover | None = None
    """None: PX4's "auto", which also allows the delay."""


@dataclass(slots=True)
class _Active:
    response: Response
    takeover: Takeover
    failing: bool = True


@dataclass(frozen=True, slots=True)
class Selection:
    """What is done now."""

    action: Action = Action.NONE
    delayed: Action = Action.NONE
    """The action that follows a hold of some seconds."""
    taken_over: bool = False
    """The operator's mode is flown although a condition fails."""

    @property
    def in_failsafe(self) -> bool:
        """Whether it flies otherwise than intended."""
        return self.action > Action.WARN


class FailsafeSelector:
    """Ranks the actions; mutable because conditions come and go."""

    def __init__(self) -> None:
        self._active: dict[str, _Active] = {}
        self._delay_s = 0.0
        self._start_delay_s: float | None = None
        self._updated_s: float | None = None
        self._armed = False
        self.selection = Selection()
        self.news: Selection | None = None
        """Set by an update that made things worse: what the operator is told."""

    def update(
        self,
        now_s: float,
        *,
        armed: bool,
        conditions: Mapping[str, Response],
        mode_chosen: bool,
        delay_s: float,
        can_run: Callable[[Action], bool],
        going_down: Callable[[Action], bool],
    ) -> Selection:
        """Look at all conditions and select.

        Parameters
        ----------
        conditions
            Those that fail now, by name.
        mode_chosen
            The operator has chosen a mode since the last update.
        delay_s
            COM_FAIL_ACT_T.
        can_run
            Whether the mode of an action can be flown.
        going_down
            Whether the intended mode already does what an action asks for.
        """
        elapsed_s = 0.0 if self._updated_s is None else now_s - self._updated_s
        self._updated_s = now_s
        if armed != self._armed:
            self._armed = armed
            self._forget(Clear.ON_MODE_CHANGE)
        if mode_chosen or self.selection.taken_over:
            self._forget(Clear.ON_MODE_CHANGE)
        self._start_delay_s = delay_s if self._start_delay_s is None else min(self._start_delay_s, delay_s)
        self._delay_s = max(0.0, self._delay_s - elapsed_s)
        before, fresh = self.selection, self._take(conditions, delay_s)
        held = before.taken_over and not fresh
        if before.action > Action.HOLD or not can_run(Action.HOLD) or held:
            self._delay_s = 0.0
        chosen = self._select(armed, mode_chosen=mode_chosen, held=held, can_run=can_run, going_down=going_down)
        delayed = chosen.delayed is not Action.NONE
        regained_s = -elapsed_s if delayed else DELAY_REGAINED * elapsed_s
        self._start_delay_s = max(0.0, min(delay_s, self._start_delay_s + regained_s))
        self.news = chosen if chosen.action > before.action else None
        self.selection = chosen
        return chosen

    def _forget(self, clear: Clear) -> None:
        self._active = {
            name: each for name, each in self._active.items() if each.failing or each.response.clear is not clear
        }

    def _take(self, conditions: Mapping[str, Response], delay_s: float) -> bool:
        """Bring the conditions in; True when one that acts is new."""
        fresh = False
        for name in list(self._active):
            if name not in conditions:
                active = self._active[name]
                active.failing = False
                if active.response.clear is Clear.WITH_CONDITION:
                    del self._active[name]
        for name, response in conditions.items():
            known = self._active.get(name)
            if known is not None:
                known.response, known.failing = Response(response.action, known.response.clear), True
                continue
            takeover = response.takeover
            if takeover is None:
                takeover = Takeover.ALWAYS if delay_s > 0.1 else Takeover.BY_MODE
                if delay_s > 0.1 and response.action is not Action.WARN and self._delay_s == 0.0:
                    self._delay_s = self._start_delay_s or 0.0
            self._active[name] = _Active(response, takeover)
            fresh = fresh or response.action >= Action.HOLD
        return fresh

    def _select(
        self,
        armed: bool,
        *,
        mode_chosen: bool,
        held: bool,
        can_run: Callable[[Action], bool],
        going_down: Callable[[Action], bool],
    ) -> Selection:
        if self.selection.action is Action.TERMINATE:
            return self.selection
        if not armed or not self._active:
            return Selection()
        action = max(each.response.action for each in self._active.values())
        takeover = max(each.takeover for each in self._active.values())
        delayed = Action.NONE
        if self._delay_s > 0.0 and not held and takeover <= Takeover.BY_MODE and Action.HOLD < action < Action.DISARM:
            action, delayed, takeover = Action.HOLD, action, Takeover.BY_MODE
        wants = mode_chosen and self.selection.in_failsafe
        if Action.HOLD <= action <= Action.DESCEND and takeover <= Takeover.BY_MODE and (held or wants):
            return Selection(Action.WARN, taken_over=True)
        while Action.HOLD <= action < Action.DESCEND and not can_run(action):
            action, delayed = Action(action + 1), Action.NONE
        if going_down(action) or (delayed is not Action.NONE and going_down(delayed)):
            return Selection(Action.WARN)
        return Selection(action, delayed)
