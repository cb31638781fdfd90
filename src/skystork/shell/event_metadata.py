"""The tables of events: from a file of the firmware's build, from earlier runs, or from the vehicle itself.

A table is kept in a folder under its checksum, so that of ten vehicles with one firmware only the first is asked for
it, once. A file in the folder is believed only if its checksum is still its name.

Files are read, unpacked and parsed in a thread: what a vehicle gives out may take a second, and the fleet does not wait
for one vehicle. How much it may be is limited before (``MOST_PACKED_BYTES``) and while it is unpacked
(``skystork.link.event_texts.MOST_BYTES``).
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

from skystork.errors import ConfigError, LinkPeerError, Problem
from skystork.link.contract import CommandResult, LinkEvent
from skystork.link.event_texts import EventTexts, parse_metadata, unpack
from skystork.link.file_frames import file_crc32, path_of
from skystork.link.service_contract import FileOutcome, MetadataTold
from skystork.shell.vehicle_port import VehiclePort

COMPONENT_METADATA = 397
EVENTS_TYPE = 4
"""COMP_METADATA_TYPE_EVENTS (mavlink.io, component information)."""
MOST_PACKED_BYTES = 500_000
"""PX4 1.17's table has 17 kB packed; fetching this much takes minutes over a slow radio."""

ASKED_TIMES = 4
"""Over a link that loses a fifth, four messages in succession are lost once in six hundred times."""
LATE_S = 1.0
"""The message may come this long after the acknowledgement."""


class EventMetadata:
    """Finds the table of a vehicle's events.

    Parameters
    ----------
    folder
        Where tables are kept; None keeps them in memory only.
    given
        A file to use for every vehicle, as PX4's build makes it (``events/all_events.json.xz``).

    Raises
    ------
    ConfigError
        The given file is no table of events.
    """

    def __init__(self, folder: Path | None, given: Path | None = None) -> None:
        self._folder = folder
        self._given = _read_given(given) if given else None
        self._known: dict[int, bytes] = {}
        self._texts: dict[int, EventTexts] = {}

    async def learn(self, port: VehiclePort, *, fetch: bool = True) -> EventTexts | None:
        """The table of one vehicle; None where it is not at hand and nothing shall be fetched now.

        Raises
        ------
        LinkPeerError
            The vehicle does not say where its table is, or what it gave out is none.
        """
        if self._given is not None:
            return self._given
        told = await self._ask(port)
        general = await self._file(port, told.uri, told.file_crc, fetch=fetch)
        if general is None:
            return None
        uri, crc = _events_entry(await asyncio.to_thread(parse_metadata, general))
        if crc not in self._texts:
            table = await self._file(port, uri, crc, fetch=fetch)
            if table is None:
                return None
            self._texts[crc] = await asyncio.to_thread(EventTexts, table)
        return self._texts[crc]

    async def _ask(self, port: VehiclePort) -> MetadataTold:
        """Where the vehicle's description lies; its answer and its acknowledgement may each be lost or late."""
        told: asyncio.Future[MetadataTold] = asyncio.get_running_loop().create_future()

        def note(event: LinkEvent) -> None:
            if isinstance(event, MetadataTold) and not told.done():
                told.set_result(event)

        port.events.append(note)
        try:
            for _ in range(ASKED_TIMES):
                settled = await port.request_message(COMPONENT_METADATA)
                if settled.result is not CommandResult.ACCEPTED and not told.done():
                    raise LinkPeerError(f"it does not describe itself (asked for COMPONENT_METADATA: {settled.result})")
                with suppress(TimeoutError):
                    async with asyncio.timeout(LATE_S):
                        return await asyncio.shield(told)
        finally:
            port.events.remove(note)
        raise LinkPeerError("it accepts to describe itself, and sends no COMPONENT_METADATA")

    async def _file(self, port: VehiclePort, uri: str, crc: int, *, fetch: bool) -> bytes | None:
        """A file of the vehicle, by its checksum where it is known already."""
        found = self._known.get(crc) or await asyncio.to_thread(self._read, crc)
        if found is None and fetch:
            path = path_of(uri)
            if path is None:
                raise LinkPeerError(f"its metadata lies at {uri}, which is not on board: give the file in [link]")
            settled = await port.fetch_file(path, most_bytes=MOST_PACKED_BYTES)
            if settled.outcome is not FileOutcome.FETCHED:
                raise LinkPeerError(f"{path} could not be fetched: {settled.outcome} {settled.detail}".rstrip())
            if not await asyncio.to_thread(_has_checksum, settled.data, crc):
                raise LinkPeerError(f"{path} is not the file that the vehicle told of: its checksum is not 0x{crc:08x}")
            found = settled.data
            await asyncio.to_thread(self._write, crc, found)
        if found is not None:
            self._known[crc] = found
        return found

    def _read(self, crc: int) -> bytes | None:
        if self._folder is None:
            return None
        kept = self._folder / f"{crc:08x}"
        try:
            data = kept.read_bytes() if kept.stat().st_size <= MOST_PACKED_BYTES else b""
            return data if _has_checksum(data, crc) else None
        except (OSError, LinkPeerError):
            return None

    def _write(self, crc: int, data: bytes) -> None:
        """Keep for the next run; a full disk costs the next run a download, nothing else."""
        if self._folder is None:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            partial = self._folder / f"{crc:08x}.partial"
            partial.write_bytes(data)
            partial.replace(self._folder / f"{crc:08x}")
        except OSError:
            return


def _has_checksum(data: bytes, crc: int) -> bool:
    """PX4 1.17 gives the checksum of the packed file for the table, of the unpacked one for the file that names it."""
    return crc in (file_crc32(data), file_crc32(unpack(data)))


def _events_entry(general: dict[str, Any]) -> tuple[str, int]:
    """Address and checksum of the table in the file that names all metadata."""
    entries = general.get("metadataTypes")
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("type") == EVENTS_TYPE:
            uri, crc = entry.get("uri"), entry.get("fileCrc")
            if isinstance(uri, str) and isinstance(crc, int) and 0 <= crc < 2**32:
                return uri, crc
    raise LinkPeerError("the vehicle's metadata names no table of events")


def _read_given(path: Path) -> EventTexts:
    limit, remedy = "all_events.json.xz of the firmware's build", "Correct [link] event_metadata, or take it out."
    try:
        return EventTexts(path.read_bytes())
    except OSError as error:
        seen = error.strerror or type(error).__name__
        raise ConfigError((Problem(str(path), "cannot be read", seen, limit, remedy),)) from error
    except LinkPeerError as error:
        raise ConfigError((Problem(str(path), "is no table of events", str(error), limit, remedy),)) from error
