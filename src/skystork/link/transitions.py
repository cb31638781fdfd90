"""One step of a state machine whose transitions stand in a table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from skystork.errors import IllegalTransition

StateT = TypeVar("StateT", bound=StrEnum)


def follow(table: Mapping[StateT, Mapping[type, StateT]], state: StateT, event: object) -> StateT:
    """Return the state after an event of our own making.

    Raises
    ------
    IllegalTransition
        The table has no such step. What a peer sends must be asked of :func:`expects` first.
    """
    following = table[state].get(type(event))
    if following is None:
        raise IllegalTransition(type(state).__name__, state, type(event).__name__)
    return following


def expects(table: Mapping[StateT, Mapping[type, StateT]], state: StateT, event: object) -> bool:
    """Whether the table has a step for the event; duplicates and stragglers from the peer have none."""
    return type(event) in table[state]
