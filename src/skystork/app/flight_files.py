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
        """Write and sync; a flight that is planned anew in the air keeps its first plan beside the new one.

        Raises
        ------
        LedgerError
            If the plan would not be read back as it is; nothing is written then.
        """
        text = plan_text(plan)
        path = self._path(plan.request.flight_id, plan_hash)
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            file.write(text)
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


def plan_text(plan: FlightPlan) -> bytes:
    """A plan as it is written, proven to be read back equal.

    JSON has neither infinity nor NaN: they are written as null, and the plan could not be read after a restart.

    Raises
    ------
    LedgerError
        If it would be read as another plan, or not at all.
    """
    text = msgspec.json.encode(plan)
    try:
        is_same = msgspec.json.decode(text, type=FlightPlan) == plan
    except msgspec.DecodeError as error:
        raise LedgerError(f"the plan of flight {plan.request.flight_id} cannot be written: {error}") from error
    if not is_same:
        raise LedgerError(f"the plan of flight {plan.request.flight_id} cannot be written: it is read back as another")
    return text


def _sync_folder(folder: Path) -> None:
    """The name of a file is in its folder: without this a power cut may leave the file without its name (fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
