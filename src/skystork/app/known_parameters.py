"""The parameters of one vehicle as last read, and whether they still are what they were.

PX4 keeps a hash over all its parameters and tells it as a parameter of its own, ``_HASH_CHECK``: one question tells
whether any value changed since it was last read (PX4 v1.17.0, src/modules/mavlink/mavlink_parameters.cpp). Where a
vehicle has no such hash everything is read each time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from skystork.shell.vehicle_port import VehiclePort

HASH = "_HASH_CHECK"


class KnownParameters:
    """Values read from one vehicle, asked for again only when they may have changed."""

    def __init__(self, port: VehiclePort) -> None:
        self._port = port
        self._hash: float | None = None
        self._values: dict[str, float] = {}

    async def values(self, names: Sequence[str]) -> Mapping[str, float]:
        """Return what the vehicle holds now; a name that could not be read is not in it.

        The hash is asked for before the values: one that changes while they are read is seen the next time.
        """
        told = await self._read([HASH])
        if HASH not in told or told[HASH] != self._hash:
            self._values.clear()
        self._hash = told.get(HASH)
        unread = [name for name in names if name not in self._values]
        if unread:
            self._values |= await self._read(unread)
        return {name: self._values[name] for name in names if name in self._values}

    async def changed(self) -> bool:
        """Whether any parameter may have another value than when values were read; one without a hash never tells."""
        told = await self._read([HASH])
        return HASH in told and told[HASH] != self._hash

    async def _read(self, names: Sequence[str]) -> dict[str, float]:
        settled = await self._port.read_parameters(names)
        return {name: value.value for name, value in settled.values.items()}
