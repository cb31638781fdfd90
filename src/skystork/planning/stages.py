"""Names for the stages of planning, so that somebody above can take their times; nothing here reads a clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar

Watch = Callable[[str], AbstractContextManager[None]]
"""Given the name of a stage, what is open while the stage runs."""

_WATCH: ContextVar[Watch | None] = ContextVar("watch", default=None)


def stage(name: str) -> AbstractContextManager[None]:
    """What is entered for a stage: nothing, where nobody watches."""
    watch = _WATCH.get()
    return nullcontext() if watch is None else watch(name)


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Have the stages that run within told to somebody."""
    token = _WATCH.set(watch)
    try:
        yield
    finally:
        _WATCH.reset(token)
