"""Where a run keeps everything that must survive it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from skystork.shell.account_store import ACCOUNTS_FILE


@dataclass(frozen=True, slots=True)
class StateFolder:
    """The files of a run, by the folder they lie in."""

    root: Path

    @property
    def ledger(self) -> Path:
        """The ledger."""
        return self.root / "ledger.db"

    @property
    def tracks(self) -> Path:
        """Flown tracks."""
        return self.root / "tracks.db"

    @property
    def plans(self) -> Path:
        """Plans of flights."""
        return self.root / "plans"

    @property
    def metadata(self) -> Path:
        """What vehicles told of themselves: tables of events."""
        return self.root / "metadata"

    @property
    def signing(self) -> Path:
        """What signing must remember."""
        return self.root / "signing.json"

    @property
    def accounts(self) -> Path:
        """People, sessions and API tokens of the HTTP API."""
        return self.root / ACCOUNTS_FILE

    @property
    def inbox(self) -> Path:
        """Submitted orders."""
        return self.root / "inbox"

    @property
    def site_copies(self) -> Path:
        """Copies of the site that were read whole."""
        return self.root / "site"
