"""The service's own copy of a site, which it flies by, and falls back on while aircraft are in the air.

Theory of operation. ``site.toml`` and the files that ``[airspace]`` names are copied into a folder of the state, named
by the hash of their content; every other name in it is a link into the site's folder. A copy that was read whole is the
last good one from then on. The solvers plan by copies only, so that none of them reads a file that is being changed.

A site that cannot be read ends the start: nothing is flown by zones that nobody knows. Except where the ledger has
flights that are not over: they are in the air with or without us, by zones of before, and without a controller nobody
steers or releases. Such a start takes the last good copy, and launches nothing until the site's own files can be read.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from skystork.app.ledger_view import LedgerView
from skystork.app.site import SITE_FILE, Site, load_site, read_site_file
from skystork.app.site_airspace import SiteAirspace, airspace_files, read_airspace
from skystork.app.site_tables import SiteTable
from skystork.app.state_folder import StateFolder
from skystork.errors import ConfigError, Problem, Unavailable
from skystork.frames import LocalFrame
from skystork.orders.control_book import ControlBook
from skystork.orders.events import ZoneClosed, ZoneOpened, ZonesRemoved, ZonesUploaded, event_from_payload
from skystork.shell.store import LedgerReader
from skystork.shell.zone_files import mark_of

log = logging.getLogger("skystork")

LAST_GOOD = "last_good"
"""The file that names the newest copy that was read whole."""
HASH_LETTERS = 16
_COMMANDS = tuple(kind.__name__ for kind in (ZoneClosed, ZoneOpened, ZonesUploaded, ZonesRemoved))

Contents = Mapping[PurePath, bytes]
"""By name within the site's folder."""


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """A site whose files were read again while the service runs."""

    airspace: SiteAirspace
    folder: Path | None = None
    """Where planners read it from here on; None: where they read before."""
    unread: tuple[str, ...] = ()
    """What is wrong with the rest of the site's files: this airspace is in force, and nothing is planned by it."""


class SiteCopies:
    """The copies of one site; see the module."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def take(self, source: Path, *, with_keys: bool = False, commanded: str = "") -> Site:
        """Copy a site and read the copy whole; it is the last good one then.

        Raises
        ------
        ConfigError
            With everything that is wrong with it; the last good copy stays what it was.
        """
        names = [PurePath(SITE_FILE), *map(PurePath, airspace_files(read_site_file(source).get("airspace")))]
        if stray := [str(name) for name in names if name.is_absolute() or ".." in name.parts]:
            log.warning("%s: outside the site's folder, no copy is kept for a start that cannot read it", stray)
            return load_site(source, with_keys=with_keys, commanded=commanded)
        marks = tuple((source / name, mark_of(source / name)) for name in names)
        contents = _read(source, names)
        copy = self._root / _hash(contents)
        if not copy.exists():
            self._make(copy, source, contents)
        try:
            site = load_site(copy, with_keys=with_keys, commanded=commanded)
            if _names(site, copy) != names:
                raise _refuse("changed while it was read", "other files", "those named before", "It is read again.")
        except ConfigError:
            if copy.name != self._last_good():
                shutil.rmtree(copy)
            raise
        _write(self._root / LAST_GOOD, copy.name.encode())
        return replace(site, source=source, airspace=replace(site.airspace, marks=marks))

    def last_good(self, source: Path, why: Sequence[str], *, commanded: str = "") -> Site:
        """The newest copy that was read whole; raises Unavailable where there is none, or it was changed since."""
        copy = self._root / (self._last_good() or "none")
        try:
            site = load_site(copy, with_keys=True, commanded=commanded)
            is_same = _hash(_read(copy, _names(site, copy))) == copy.name
        except ConfigError as error:
            raise _no_copy(why, str(error)) from error
        if not is_same:
            raise _no_copy(why, f"{copy} is not as it was written")
        marks = tuple((source / path.relative_to(copy), None) for path, _ in site.airspace.marks)
        return replace(site, source=source, unread=tuple(why), airspace=replace(site.airspace, marks=marks))

    def tidy(self, site: Site) -> None:
        """Remove the copies that nobody reads any more; only while no solver runs."""
        if not self._root.is_dir():
            return
        for copy in self._root.iterdir():
            if copy.is_dir() and copy.name != self._last_good() and copy != site.folder:
                shutil.rmtree(copy)

    def _last_good(self) -> str:
        try:
            return (self._root / LAST_GOOD).read_text(encoding="ascii")
        except OSError:
            return ""

    def _make(self, copy: Path, source: Path, contents: Contents) -> None:
        """Beside first: a copy that has its name is whole."""
        partial = copy.with_suffix(".partial")
        if partial.exists():
            shutil.rmtree(partial)
        self._root.mkdir(parents=True, exist_ok=True)
        _mirror(source.resolve(), partial, contents)
        partial.rename(copy)
        _sync(self._root)


def site_to_serve(folder: Path, state: StateFolder) -> Site:
    """The site that a start flies by: as its files are; or, with flights under way, as the last good copy has it.

    Raises
    ------
    ConfigError
        Where it cannot be read and nothing is under way.
    Unavailable
        Where it cannot be read, something is under way and there is no copy: to be tried again.
    """
    copies, commanded = SiteCopies(state.site_copies), _commanded(state.ledger)
    try:
        site = copies.take(folder, with_keys=True, commanded=commanded)
    except ConfigError as error:
        if not state.ledger.exists() or not LedgerView.read(state.root).book.open_flights():
            raise
        why = [str(problem) for problem in error.problems]
        log.error("the site cannot be read, and flights are under way: the last good copy is taken: %s", "; ".join(why))
        site = copies.last_good(folder, why, commanded=commanded)
    copies.tidy(site)
    return site


def read_again(source: Path, table: SiteTable, commanded: str, copies: Path | None) -> ReadAgain | tuple[Problem, ...]:
    """The airspace of a running service's site as it is on disk now, or all that is wrong with it.

    Parameters
    ----------
    table
        The site's own, as it was read at the start: where the depot is counts from there.
    copies
        Folder of copies; None where planners read the site's folder itself.
    """
    try:
        if copies is None:
            return ReadAgain(_airspace(source, table, commanded))
        try:
            site = SiteCopies(copies).take(source, commanded=commanded)
        except ConfigError as error:
            return ReadAgain(_airspace(source, table, commanded), unread=tuple(map(str, error.problems)))
        airspace = replace(_airspace(site.folder, table, commanded), marks=site.airspace.marks)
        return ReadAgain(airspace, site.folder)
    except ConfigError as error:
        return error.problems


def _airspace(folder: Path, table: SiteTable, commanded: str) -> SiteAirspace:
    return read_airspace(folder, read_site_file(folder).get("airspace"), table, LocalFrame(table.depot), commanded)


def _commanded(ledger: Path) -> str:
    """Zones closed by command that still hold, read from the ledger without folding all of it.

    None from a ledger that cannot be read: the service opens it next, and says what is wrong with it.
    """
    book = ControlBook()
    try:
        reader = LedgerReader.open(ledger)
    except Unavailable:
        return ""
    with reader:
        for record in reversed(reader.of_kinds(_COMMANDS, 2**62, -1)):
            event = event_from_payload(record.kind, record.payload)
            if isinstance(event, ZoneClosed | ZoneOpened | ZonesUploaded | ZonesRemoved):
                book.apply(record.at_s, event)
    return book.zones_text()


def _names(site: Site, copy: Path) -> list[PurePath]:
    return [PurePath(path.relative_to(copy)) for path, _ in site.airspace.marks]


def _read(folder: Path, names: Sequence[PurePath]) -> Contents:
    try:
        return {name: (folder / name).read_bytes() for name in names}
    except OSError as error:
        raise _refuse("cannot be read", str(error), "a readable file", "Check the path.") from error


def _hash(contents: Contents) -> str:
    """Of names and contents, each with its length before it."""
    found = hashlib.sha256()
    for name in sorted(contents):
        for part in (name.as_posix().encode(), contents[name]):
            found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()[:HASH_LETTERS]


def _mirror(source: Path, copy: Path, contents: Contents) -> None:
    """Write what is copied, and link every other name of the folder."""
    copy.mkdir()
    for entry in source.iterdir():
        inside = {PurePath(*name.parts[1:]): text for name, text in contents.items() if name.parts[0] == entry.name}
        if PurePath() in inside:
            _write(copy / entry.name, inside[PurePath()])
        elif inside:
            _mirror(entry, copy / entry.name, inside)
        else:
            (copy / entry.name).symlink_to(entry)
    _sync(copy)


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, also when the power fails."""
    partial = path.with_name(f"{path.name}.partial")
    with partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """The name of a file is in its folder (fsync(2))."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _no_copy(why: Sequence[str], found: str) -> Unavailable:
    text = "the site cannot be read, flights are under way, and there is no earlier copy of it to serve them by"
    return Unavailable(f"{text} ({found}). Mend it and start again: {'; '.join(why)}")


def _refuse(what: str, seen: str, limit: str, remedy: str) -> ConfigError:
    return ConfigError((Problem(SITE_FILE, what, seen, limit, remedy),))
