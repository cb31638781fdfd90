from __future__ import annotations

import pytest

from skystork.errors import ConfigError
from skystork.link.contract import ParameterValue
from skystork.link.parameter_file import check_writable, differences, parameter_text, read_parameter_files

QGC = """# PX4

# --- the link
# Come home.
# It is safer.
1\t1\tNAV_DLL_ACT\t2\t6
1\t1\tMPC_XY_CRUISE\t10.1\t9
"""


def held(name: str, value: float) -> dict[str, ParameterValue]:
    return {name: ParameterValue(name, value, is_integer=isinstance(value, int))}


def problems_of(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read_parameter_files({"f": text})
    return [str(problem) for problem in caught.value.problems]


def test_a_ground_stations_file_is_read_with_its_reasons() -> None:
    first, second = read_parameter_files({"quad.params": QGC})
    assert (first.name, first.value, first.reason) == ("NAV_DLL_ACT", 2, "Come home. It is safer.")
    assert isinstance(first.value, int)
    assert (second.name, second.value, second.reason) == ("MPC_XY_CRUISE", 10.1, "")
    assert first.where == "quad.params:6"


@pytest.mark.parametrize("line", ["FS_GCS_ENABLE,3", "FS_GCS_ENABLE 3", "FS_GCS_ENABLE\t3 # why"])
def test_ardupilots_forms_are_read(line: str) -> None:
    (only,) = read_parameter_files({"f": f"\ufeff# Come home.\r\n{line}\r\n"})
    assert (only.name, only.value, only.reason) == ("FS_GCS_ENABLE", 3, "Come home.")


def test_several_files_make_one_requirement() -> None:
    both = read_parameter_files({"a": "GF_ACTION 3", "b": "COM_ARM_AUTH_REQ 1"})
    assert [each.name for each in both] == ["GF_ACTION", "COM_ARM_AUTH_REQ"]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("1 1 NAV_DLL_ACT 2", "not a parameter"),
        ("nav_dll_act 2", "not a name"),
        ("COM_ARM_AUTH_METHOD 2", "not a name"),
        ("NAV_DLL_ACT two", "no value"),
        ("NAV_DLL_ACT nan", "no value"),
        ("NAV_DLL_ACT inf", "no value"),
        ("1 1 NAV_DLL_ACT 2 7.5", "unknown type"),
        ("1 1 NAV_DLL_ACT 2.5 6", "is an integer"),
        ("GF_ACTION 3\nGF_ACTION 2", "given twice"),
        ("# nothing\n", "no parameter"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line(line: str, what: str) -> None:
    (problem,) = problems_of(line)
    assert what in problem


def test_everything_wrong_is_told_at_once() -> None:
    assert len(problems_of("x 1\nGF_ACTION\nGF_ACTION three")) == 3


def test_a_file_that_asks_for_what_may_not_be_written_is_refused_whole() -> None:
    required = read_parameter_files({"f": "GF_ACTION 3\nMC_ROLL_P 9\nNAV_DLL_ACT 0"})
    with pytest.raises(ConfigError) as caught:
        check_writable(required, "px4")
    assert [problem.seen for problem in caught.value.problems] == ["MC_ROLL_P 9", "NAV_DLL_ACT 0"]


def test_a_difference_says_what_is_on_board_and_what_is_required() -> None:
    required = read_parameter_files({"f": "GF_ACTION 3\nMPC_XY_CRUISE 10.1\nRTL_TYPE 4"})
    on_board = held("GF_ACTION", 2) | held("MPC_XY_CRUISE", 10.100000381469727)
    texts = [str(each) for each in differences(required, on_board)]
    assert texts == ["GF_ACTION: 2 on board, required 3", "RTL_TYPE: not on board, required 4"]


def test_what_is_written_is_read_back() -> None:
    values = held("GF_ACTION", 2) | held("MPC_XY_CRUISE", 10.100000381469727) | held("X_ID", -8_388_607)
    text = parameter_text(values.values(), 7, "what system 7 holds")
    assert text.splitlines()[1:] == ["7\t1\tGF_ACTION\t2\t6", "7\t1\tMPC_XY_CRUISE\t10.1\t9", "7\t1\tX_ID\t-8388607\t6"]
    assert differences(read_parameter_files({"f": text}), values) == ()
