"""Embedded Valhalla: what it is given is looked at first, and what it refuses is told.

The tiles below hold no road, at a place that nobody asks about; real ones are in tests/app/test_real_roads.py.
"""

from __future__ import annotations

import asyncio
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from skystork.errors import ConfigError, Unavailable
from skystork.shell.embedded_valhalla import EmbeddedValhalla

ELSEWHERE = "2/000/000/000.gph"
"""The tile at the South Pole."""
DARLINGTON: dict[str, Any] = {
    "sources": [{"lat": 54.5166, "lon": -1.5075}],
    "targets": [{"lat": 54.53, "lon": -1.55}],
    "costing": "auto",
}


def folder_of(path: Path, *names: str) -> Path:
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(bytes(512))
    return path


def extract_of(path: Path, *names: str) -> Path:
    with tarfile.open(path / "tiles.tar", "w") as extract:
        for name in names:
            extract.add(folder_of(path / "source", name) / name, name)
    return path / "tiles.tar"


@pytest.mark.parametrize("made", [folder_of, extract_of], ids=["folder", "extract"])
def test_a_place_outside_the_tiles_is_told_and_the_process_lives(made: Callable[..., Path], tmp_path: Path) -> None:
    router = EmbeddedValhalla(made(tmp_path, ELSEWHERE))
    for _ in range(2):
        answer = asyncio.run(router.matrix(DARLINGTON, deadline_s=30.0))
        assert answer["error"] == "No suitable edges near location"


@pytest.mark.parametrize("made", [folder_of, extract_of], ids=["folder", "extract"])
def test_what_holds_no_tile_is_refused_by_its_path(made: Callable[..., Path], tmp_path: Path) -> None:
    tiles = made(tmp_path, "readme.txt")
    with pytest.raises(ConfigError) as refusal:
        EmbeddedValhalla(tiles)
    assert str(tiles) in str(refusal.value) and "valhalla_build_tiles" in str(refusal.value)


def test_what_is_no_extract_at_all_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tiles.tar").write_text("roads")
    with pytest.raises(ConfigError, match="no tiles there"):
        EmbeddedValhalla(tmp_path / "tiles.tar")


async def test_a_question_that_takes_too_long_is_given_up_and_the_next_one_answered(tmp_path: Path) -> None:
    router = EmbeddedValhalla(folder_of(tmp_path, ELSEWHERE))
    with pytest.raises(Unavailable, match="timeout_s"):
        await router.matrix(DARLINGTON, deadline_s=1e-9)
    assert "error" in await router.matrix(DARLINGTON, deadline_s=30.0)
