"""The live picture: whole once, then what changed; who is slow gets the whole anew, and nobody waits for it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from skystork.app.http.picture import WAITING_DELTAS, LivePicture, merge_patch
from skystork.shell.loops import run_virtual

DOCUMENTS = st.recursive(
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 3), max_size=4),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), st.integers(0, 3) | inner, max_size=4),
)


def patched(target: Any, patch: Any) -> Any:
    """The algorithm of RFC 7396, 2, as it stands there."""
    if not isinstance(patch, dict):
        return patch
    made = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            made.pop(name, None)
        else:
            made[name] = patched(made.get(name), value)
    return made


@given(DOCUMENTS, DOCUMENTS)
def test_a_patch_turns_one_picture_into_the_next(before: dict[str, Any], after: dict[str, Any]) -> None:
    patch = merge_patch(before, after)
    assert patched(before, patch) == after
    assert bool(patch) is (before != after)


class World:
    """A number that counts up with each look at it."""

    def __init__(self) -> None:
        self.looked = 0

    def document(self) -> dict[str, Any]:
        self.looked += 1
        return {"number": self.looked, "drones": {"LC-1": {"heading": self.looked}}}


def event(message: bytes) -> tuple[str, dict[str, Any]]:
    lines = message.decode().split("\n")
    return lines[1].removeprefix("event: "), json.loads(lines[2].removeprefix("data: "))


def played(script: Callable[[LivePicture, World], Awaitable[None]]) -> None:
    async def run() -> None:
        world = World()
        picture = LivePicture(world.document)
        running = asyncio.create_task(picture.run())
        await script(picture, world)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    run_virtual(run(), 0.0)


async def followed(messages: AsyncIterator[bytes], ticks: int) -> dict[str, Any]:
    """The picture as a client has it after so many messages."""
    picture: dict[str, Any] = {}
    for _ in range(ticks):
        kind, value = event(await anext(messages))
        picture = value if kind == "snapshot" else patched(picture, value)
    return picture


def test_snapshot_and_deltas_together_are_the_picture() -> None:
    async def script(picture: LivePicture, world: World) -> None:
        messages = picture.listen()
        assert event(await anext(messages))[0] == "snapshot"
        for _ in range(5):
            kind, value = event(await anext(messages))
            assert (kind, value) == ("delta", {"number": world.looked, "drones": {"LC-1": {"heading": world.looked}}})
        await messages.aclose()

    played(script)


def test_one_that_falls_behind_gets_the_whole_picture_and_then_deltas_again() -> None:
    async def script(picture: LivePicture, world: World) -> None:
        slow, quick = picture.listen(), picture.listen()
        await anext(slow)
        await followed(quick, 2 + WAITING_DELTAS + 3)  # one snapshot, and more deltas than wait for anybody
        kind, value = event(await anext(slow))
        assert (kind, value["number"]) == ("snapshot", world.looked)
        kind, value = event(await anext(slow))
        assert (kind, value["number"]) == ("delta", world.looked)
        await slow.aclose()
        await quick.aclose()

    played(script)


def test_nothing_is_made_while_nobody_looks() -> None:
    async def script(picture: LivePicture, world: World) -> None:
        await asyncio.sleep(60.0)
        assert world.looked == 0
        messages = picture.listen()
        await anext(messages)
        await messages.aclose()
        seen = world.looked
        await asyncio.sleep(60.0)
        assert world.looked == seen

    played(script)


def test_many_listeners_cost_one_look_a_tick() -> None:
    async def script(picture: LivePicture, world: World) -> None:
        listeners = [picture.listen() for _ in range(100)]
        for each in listeners:
            await anext(each)
        before = world.looked
        pictures = [event(await anext(each)) for each in listeners]
        assert world.looked == before + 1
        assert len({json.dumps(each) for each in pictures}) == 1
        for each in listeners:
            await each.aclose()

    played(script)
