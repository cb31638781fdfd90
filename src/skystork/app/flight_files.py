"""Plans of flights on disk, so that a restarted controller knows what an aircraft in the air is doing."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from skystork.errors import LedgerError
from skystork.orders.order import FlightId
from skystork.planning.document import plan_hash as hash_of
from skystork.planning.flight_plan import FlightPlan

HASH_LETTERS = 12
"""Of the plan's hash in the name of its file: enough to tell the plans of one flight apart."""


class FlightFiles:
    """One file a plan; written before anything is uploaded."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def save(self, plan: FlightPlan, plan_hash: str) -> None:
        """Write and sync; a flight that is planned anew in the air keeps its first plan beside the new one."""
        path = self._path(plan.request.flight_id, plan_hash)
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            file.write(msgspec.json.encode(plan))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        _sync_folder(self._folder)

    def load(self, flight_id: FlightId, plan_hash: str) -> FlightPlan:
        """Read the plan that the ledger names; raises LedgerError where there is none that can be read.

        The ledger names a plan that passed the independent check; a file that holds another plan is none.
        """
        path = self._path(flight_id, plan_hash)
        try:
            plan = msgspec.json.decode(path.read_bytes(), type=FlightPlan)
        except (OSError, msgspec.DecodeError) as error:
            raise LedgerError(f"the plan of flight {flight_id} cannot be read from {path.name}: {error}") from error
        if hash_of(plan) != plan_hash:
            text = f"the plan of flight {flight_id} in {path.name} is not the one that was checked: its hash is another"
            raise LedgerError(text)
        return plan

    def _path(self, flight_id: FlightId, plan_hash: str) -> Path:
        return self._folder / f"{flight_id}-{plan_hash[:HASH_LETTERS]}.json"


def _sync_folder(folder: Path) -> None:
    """The name of a file is in its folder: without this a power cut may leave the file without its name (fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
