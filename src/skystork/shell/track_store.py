"""Flown tracks in SQLite, in a file of their own: only shown, and no flight waits for them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Self

from skystork.errors import Unavailable
from skystork.shell.store import connect

TRACK_BUFFER_POINTS = 500
"""Half a minute of sixteen vehicles at 1 Hz."""
_TRACK_SCHEMA = """
CREATE TABLE IF NOT EXISTS track (
    flight_id TEXT NOT NULL,
    vehicle_id TEXT NOT NULL,
    at_s REAL NOT NULL,
    latitude_deg REAL NOT NULL,
    longitude_deg REAL NOT NULL,
    altitude_amsl_m REAL NOT NULL,
    height_home_m REAL NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS track_by_flight ON track (flight_id, at_s);
CREATE INDEX IF NOT EXISTS track_by_time ON track (at_s);
"""
_POINT_COLUMNS = "flight_id, vehicle_id, at_s, latitude_deg, longitude_deg, altitude_amsl_m, height_home_m"
_INSERT_POINT = f"INSERT INTO track ({_POINT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
_SELECT_TIMES = f"SELECT {_POINT_COLUMNS} FROM track WHERE at_s >= ? AND at_s < ? AND CAST(at_s AS INTEGER) % ? = 0"
_SELECT_POINTS = f"SELECT {_POINT_COLUMNS} FROM track"


@dataclass(frozen=True, slots=True)
class FlownPoint:
    """Where a vehicle was seen, in flight or on the road."""

    flight_id: str
    """Of the flight, or of the van's route."""
    vehicle_id: str
    at_s: float
    """[s since the Unix epoch]."""
    latitude_deg: float
    longitude_deg: float
    altitude_amsl_m: float
    height_home_m: float


class TrackStore:
    """Flown tracks, in a file of their own: written in batches, and no flight waits for them.

    A disk that refuses costs points of the picture, not the flight: they are counted in :attr:`lost_points`, the
    reason stands in :attr:`problem`. See :meth:`open`.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._buffer: list[FlownPoint] = []
        self.lost_points = 0
        self.problem: str | None = None

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the file of tracks.

        Raises
        ------
        Unavailable
            When it cannot be had.
        """
        try:
            # Without fsync: a power cut may cost the last points, never a flight.
            connection = connect(
                path.absolute().as_uri(), "PRAGMA journal_mode=WAL", "PRAGMA synchronous=OFF", _TRACK_SCHEMA
            )
        except sqlite3.Error as error:
            raise Unavailable(f"cannot keep tracks in {path} ({error}). Check the folder of the run.") from error
        return cls(connection)

    def add(self, point: FlownPoint) -> None:
        """Take a point; a full buffer goes to the disk as one transaction."""
        self._buffer.append(point)
        if len(self._buffer) >= TRACK_BUFFER_POINTS:
            self.flush()

    def flush(self) -> None:
        """Write what was taken."""
        points, self._buffer = self._buffer, []
        try:
            with self._connection:
                self._connection.execute("BEGIN")
                self._connection.executemany(_INSERT_POINT, [astuple(point) for point in points])
        except sqlite3.Error as error:
            self.lost_points += len(points)
            self.problem = str(error)

    def points(self, flight_id: str | None = None) -> tuple[FlownPoint, ...]:
        """The points of a flight, or of all, in order of flight and time."""
        self.flush()
        condition, values = ("", ()) if flight_id is None else (" WHERE flight_id = ?", (flight_id,))
        try:
            rows = self._connection.execute(f"{_SELECT_POINTS}{condition} ORDER BY flight_id, at_s, rowid", values)
            return tuple(FlownPoint(*row) for row in rows)
        except sqlite3.Error as error:
            raise Unavailable(f"the tracks cannot be read ({error}). The ledger is not touched by this.") from error

    def between(self, from_s: float, to_s: float) -> tuple[FlownPoint, ...]:
        """Points of all flights in a span, in order of flight and time."""
        self.flush()
        try:
            condition = " WHERE at_s BETWEEN ? AND ? ORDER BY flight_id, at_s, rowid"
            return tuple(
                FlownPoint(*row) for row in self._connection.execute(_SELECT_POINTS + condition, (from_s, to_s))
            )
        except sqlite3.Error as error:
            raise Unavailable(f"the tracks cannot be read ({error}). The ledger is not touched by this.") from error

    def close(self) -> None:
        """Write what was taken and let go of the file."""
        self.flush()
        self._connection.close()


def read_tracks(path: Path, from_s: float, until_s: float, every_s: int) -> tuple[FlownPoint, ...]:
    """Points of a span of time, one of so many seconds, by a connection of its own; raises Unavailable."""
    try:
        with closing(connect(f"{path.absolute().as_uri()}?mode=ro")) as connection:
            rows = connection.execute(f"{_SELECT_TIMES} ORDER BY at_s", (from_s, until_s, every_s)).fetchall()
    except sqlite3.Error as error:
        raise Unavailable(f"no tracks to read at {path} ({error}). Check the folder of the run.") from error
    return tuple(FlownPoint(*row) for row in rows)
