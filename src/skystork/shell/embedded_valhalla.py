"""Valhalla inside this process: the one door of the ``pyvalhalla`` extra. It needs tiles, which a person builds."""

from __future__ import annotations

import asyncio
import tarfile
from pathlib import Path
from typing import Any

from skystork.errors import ConfigError, Problem, Unavailable


class EmbeddedValhalla:
    """Answers matrices from a tile extract (``.tar``) or a folder of tiles; one question at a time.

    Raises
    ------
    ConfigError
        When there are no tiles at the path, or the extra is not installed.
    """

    def __init__(self, tiles: Path) -> None:
        if not _holds_tiles(tiles):
            remedy = "Build them with valhalla_build_tiles and valhalla_build_extract, and give their path."
            limit = "a .tar or a folder with .gph files"
            raise ConfigError((Problem("road.tiles", "no tiles there", str(tiles), limit, remedy),))
        try:
            import valhalla  # noqa: PLC0415  # an extra
        except ImportError as error:
            remedy = "Install the extra: pip install 'skystork[valhalla]'."
            raise ConfigError(
                (Problem("road.router", "pyvalhalla is not installed", "pyvalhalla", "osrm or valhalla", remedy),)
            ) from error
        folder = tiles.is_dir()
        # an empty name is made the working directory, which Valhalla maps into memory and ends the process by; one of
        # a file that is not there is passed over (seen with pyvalhalla 3.2.0)
        extract = tiles / "no-extract.tar" if folder else tiles
        config = valhalla.get_config(tile_extract=str(extract), tile_dir=str(tiles if folder else tiles.parent))
        self._actor = valhalla.Actor(config)
        self._one_at_a_time = asyncio.Lock()

    async def matrix(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask for a table of times and distances; raises Unavailable where Valhalla refuses."""
        async with self._one_at_a_time:
            try:
                answer: dict[str, Any] = await asyncio.to_thread(self._actor.matrix, request)
            except RuntimeError as error:
                raise Unavailable(f"Valhalla refuses: {error}. See whether its tiles cover the site.") from error
        return answer


def _holds_tiles(tiles: Path) -> bool:
    """Whether there is any tile in it: without one Valhalla knows no road, and says so at each question only."""
    if tiles.is_dir():
        return any(tiles.rglob("*.gph"))
    try:
        with tarfile.open(tiles) as extract:
            return any(member.name.endswith(".gph") for member in extract)
    except (OSError, tarfile.TarError):
        return False
