from __future__ import annotations

import json
from pathlib import Path

import pytest

from skystork.errors import Unavailable
from skystork.link.contract import ParameterValue
from skystork.link.parameter_values import px4_hash
from skystork.shell.parameter_cache import ParameterCache

VALUES = {
    "COM_ID": ParameterValue("COM_ID", -8_388_607, is_integer=True),
    "MPC_XY_CRUISE": ParameterValue("MPC_XY_CRUISE", 10.100000381469727, is_integer=False),
}
HASH = px4_hash(VALUES.values())


def kept(folder: Path) -> ParameterCache:
    cache = ParameterCache(folder / "parameters")
    cache.write("system-1", VALUES, HASH)
    return cache


def test_what_was_kept_comes_back_in_its_order(tmp_path: Path) -> None:
    assert list(kept(tmp_path).read("system-1").items()) == list(VALUES.items())


def test_another_vehicle_has_nothing(tmp_path: Path) -> None:
    assert not kept(tmp_path).read("system-2")


@pytest.mark.parametrize(
    "spoilt",
    ["", "{", "[]", '{"format": 1}', '{"format": 1, "hash": 1, "values": [["A", "<q", "00"]]}', "\x00\xff"],
)
def test_a_file_that_is_none_counts_as_not_there(tmp_path: Path, spoilt: str) -> None:
    cache = kept(tmp_path)
    (tmp_path / "parameters" / "system-1.json").write_text(spoilt, encoding="latin-1")
    assert not cache.read("system-1")


def test_one_changed_value_makes_the_whole_set_worthless(tmp_path: Path) -> None:
    cache = kept(tmp_path)
    path = tmp_path / "parameters" / "system-1.json"
    document = json.loads(path.read_text())
    document["values"][0][2] = "01000000"
    path.write_text(json.dumps(document))
    assert not cache.read("system-1")


def test_a_folder_that_cannot_be_written_to_is_said(tmp_path: Path) -> None:
    (tmp_path / "parameters").write_text("a file where the folder should be")
    with pytest.raises(Unavailable, match="--state"):
        kept(tmp_path)
