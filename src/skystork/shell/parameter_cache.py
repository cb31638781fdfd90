"""Parameter sets read earlier, on disk: one file for each vehicle, proven by the autopilot's own hash.

A file is trusted only when the hash of its values is the one it names; anything else counts as not there, and the
vehicle is read anew. Whether it still is the vehicle's is asked of the vehicle.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Mapping
from pathlib import Path

from skystork.errors import Unavailable
from skystork.link.contract import ParameterValue
from skystork.link.parameter_values import px4_hash
from skystork.link.parameters import NOTHING_KNOWN

_FORMAT = 1
_INTEGER, _FLOAT = "<i", "<f"


class ParameterCache:
    """The folder of those files.

    Parameters
    ----------
    folder
        Made when the first set is written.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, key: str) -> Mapping[str, ParameterValue]:
        """Return a vehicle's set in its own order; empty where there is none that holds."""
        try:
            document = json.loads(self._path(key).read_text(encoding="utf-8"))
            values = {name: _value(name, form, raw) for name, form, raw in document["values"]}
            proven = document["format"] == _FORMAT and document["hash"] == px4_hash(values.values())
        except (OSError, ValueError, KeyError, TypeError, struct.error):
            return NOTHING_KNOWN
        return values if proven else NOTHING_KNOWN

    def write(self, key: str, values: Mapping[str, ParameterValue], proven_hash: int) -> None:
        """Keep a set; the file is whole or not there.

        Raises
        ------
        Unavailable
            The folder cannot be written to.
        """
        rows = [[each.name, _form(each), struct.pack(_form(each), each.value).hex()] for each in values.values()]
        path = self._path(key)
        unfinished = path.with_suffix(f".{os.getpid()}.tmp")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(json.dumps({"format": _FORMAT, "hash": proven_hash, "values": rows}), "utf-8")
            unfinished.replace(path)
        except OSError as error:
            raise Unavailable(
                f"cannot keep parameters in {path}: {error.strerror}; make room or give --state"
            ) from error

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"


def _form(value: ParameterValue) -> str:
    return _INTEGER if value.is_integer else _FLOAT


def _value(name: str, form: str, raw: str) -> ParameterValue:
    if form not in {_INTEGER, _FLOAT}:
        raise ValueError(form)
    (value,) = struct.unpack(form, bytes.fromhex(raw))
    return ParameterValue(str(name), value, is_integer=form == _INTEGER)
