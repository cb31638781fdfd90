"""Valhalla on this machine, without a server: the one door of the ``pyvalhalla`` extra. It needs tiles, which a person
builds.

Valhalla is C++ that reads the tiles as mapped memory, and its binding keeps the interpreter's lock while it computes
(47 ms for 50 by 50 places of a small town). A tile file cut short or replaced under it ends the process, and a great
table would stop the event loop. So it works in a process of its own, which may die or be ended at any time.
"""

from __future__ import annotations

import asyncio
import functools
import importlib.util
import tarfile
from pathlib import Path
from typing import Any

from skystork.errors import ConfigError, Late, Problem, Unavailable
from skystork.shell.solver_pool import SolverOverrunError, SolverPool

OPENING_S = 60.0
"""For the first question of a process: it starts, and looks through a country's tiles."""


class EmbeddedValhalla:
    """Answers matrices from a tile extract (``.tar``) or a folder of tiles; one question at a time.

    Raises
    ------
    ConfigError
        When there are no whole tiles at the path, or the extra is not installed.
    """

    def __init__(self, tiles: Path) -> None:
        _check(tiles)
        if importlib.util.find_spec("valhalla") is None:
            remedy = "Install the extra: pip install 'skystork[valhalla]'."
            raise ConfigError(
                (Problem("road.router", "pyvalhalla is not installed", "pyvalhalla", "osrm or valhalla", remedy),)
            )
        self._tiles = str(tiles.absolute())
        self._pool = SolverPool(1)
        self._one_at_a_time = asyncio.Lock()
        self._open = False

    async def matrix(self, question: dict[str, Any], *, deadline_s: float) -> dict[str, Any]:
        """Ask for a table of times and distances; what Valhalla refuses is answered with ``error``.

        Parameters
        ----------
        deadline_s
            For the answer, once the tiles are open [s of real time].

        Raises
        ------
        Late
            When it was too long about it: its process was ended.
        Unavailable
            When its process died. The next question starts another.
        """
        async with self._one_at_a_time:
            try:
                if not self._open:
                    await self._pool.run(open_tiles, self._tiles, deadline_s=OPENING_S)
                    self._open = True
                return await self._pool.run(ask_matrix, self._tiles, question, deadline_s=deadline_s)
            except SolverOverrunError as error:
                self._open = False
                raise Late(
                    f"Valhalla on {self._tiles} did not answer in time and was ended. Give it longer (timeout_s)."
                ) from error
            except Unavailable as error:
                self._open = False
                raise Unavailable(
                    f"Valhalla's process ended on {self._tiles}. Build the tiles anew, and put them there whole."
                ) from error


@functools.cache
def _actor(tiles: str) -> Any:
    import valhalla  # noqa: PLC0415  # an extra, and only in the process that works with it

    config = valhalla.get_config(tile_extract="", tile_dir="")
    # An empty name is made the working directory, which Valhalla maps into memory and ends the process by; one of a
    # file that is not there is passed over (pyvalhalla 3.2.0).
    absent = str(Path(tiles) / "none.tar")
    extract, folder = (absent, tiles) if Path(tiles).is_dir() else (tiles, absent)
    config["mjolnir"] |= {"tile_extract": extract, "tile_dir": folder}
    # Else places in tiles that do not touch refuse the whole table, where each pair can be answered by itself.
    config["loki"]["use_connectivity"] = False
    return valhalla.Actor(config)


def open_tiles(tiles: str) -> None:
    """In the other process: be ready for questions."""
    _actor(tiles)


def ask_matrix(tiles: str, question: dict[str, Any]) -> dict[str, Any]:
    """In the other process: the answer, or Valhalla's ``error``."""
    try:
        answer: dict[str, Any] = _actor(tiles).matrix(question)
    except RuntimeError as error:
        return {"error": str(error), "error_code": getattr(error, "code", "refused")}
    return answer


def _check(tiles: Path) -> None:
    """Refuse what holds no tile or was cut short: Valhalla would know no road, and say so at each question only."""
    what = _what_is_wrong(tiles)
    if what:
        remedy = "Build them with launch/road_tiles (valhalla_build_tiles), and give their path."
        limit = "a .tar or a folder with .gph files"
        raise ConfigError((Problem("road.tiles", what, str(tiles), limit, remedy),))


def _what_is_wrong(tiles: Path) -> str:
    if tiles.is_dir():
        return "" if any(tiles.rglob("*.gph")) else "no tiles there"
    found = False
    try:
        with tarfile.open(tiles, "r:") as extract:  # a packed one cannot be mapped into memory
            for member in extract:
                found |= member.name.endswith(".gph")
            ended = tiles.stat().st_size >= extract.offset + tarfile.BLOCKSIZE  # an empty block closes it
    except (OSError, tarfile.TarError):
        ended = False
    if not found:
        return "no tiles there"
    return "" if ended else "the extract is cut short"
