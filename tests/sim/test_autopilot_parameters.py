"""The simulated autopilot's parameters, over its wire: as PX4 1.17 has them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from pymavlink.dialects.v20 import common
from tests_support.parameter_counterpart import crc32_without_inversions

from skystork_sim.autopilot_parameters import DEFAULTS, INT32, REAL32, UINT32, Parameters
from skystork_sim.fleet import px4_parameters
from skystork_sim.px4.vehicle import read_parameters
from skystork_sim.site import read_site
from skystork_sim.wire import Wire, raw_param_value

PROJECT = Path(__file__).resolve().parents[2]


class Answers:
    """What a vehicle with these parameters answers."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._wire = Wire(1)
        self._station = Wire(255, 190)
        self._vehicle = Wire(1)

    def to(self, message: Any) -> list[Any]:
        (asked,) = self._vehicle.decode(self._station.encode(message))
        frames = self._parameters.answer(self._wire, asked)
        return [told for frame in frames for told in self._station.decode(frame)]


@pytest.fixture
def vehicle() -> Answers:
    return Answers(Parameters({}))


def read(name: str) -> Any:
    return common.MAVLink_param_request_read_message(1, 1, name.encode(), -1)


def write(name: str, raw: bytes, kind: int) -> Any:
    return common.MAVLink_param_set_message(1, 1, name.encode(), struct.unpack("<f", raw)[0], kind)


def test_a_whole_list_begins_with_its_hash_and_goes_by_name(vehicle: Answers) -> None:
    first, *told = vehicle.to(common.MAVLink_param_request_list_message(1, 1))
    assert (first.param_id, first.param_type, first.param_index) == ("_HASH_CHECK", UINT32, 65_535)
    assert [each.param_id for each in told] == sorted(DEFAULTS)
    assert [each.param_index for each in told] == list(range(len(DEFAULTS)))
    assert {each.param_count for each in told} == {len(DEFAULTS)}


def test_the_hash_is_px4s_over_names_and_bytes(vehicle: Answers) -> None:
    first, *told = vehicle.to(common.MAVLink_param_request_list_message(1, 1))
    register = 0
    for each in told:
        register = crc32_without_inversions(each.param_id.encode() + raw_param_value(each).ljust(4, b"\0"), register)
    (by_name,) = vehicle.to(read("_HASH_CHECK"))
    assert raw_param_value(first) == raw_param_value(by_name) == struct.pack("<I", register)


def test_a_written_value_is_told_twice_and_kept(vehicle: Answers) -> None:
    told = vehicle.to(write("NAV_DLL_ACT", struct.pack("<i", 2), INT32))
    assert [raw_param_value(each)[:1] for each in told] == [b"\2", b"\2"]
    (kept,) = vehicle.to(read("NAV_DLL_ACT"))
    assert raw_param_value(kept)[:1] == b"\2"


def test_a_value_of_the_wrong_type_is_neither_taken_nor_answered(vehicle: Answers) -> None:
    assert vehicle.to(write("NAV_DLL_ACT", struct.pack("<f", 3.0), REAL32)) == []
    (kept,) = vehicle.to(read("NAV_DLL_ACT"))
    assert raw_param_value(kept)[:1] == b"\0"


def test_a_name_it_does_not_have_is_not_answered(vehicle: Answers) -> None:
    assert vehicle.to(read("NAV_DLL_ACTION")) == []
    assert vehicle.to(write("NAV_DLL_ACTION", struct.pack("<i", 2), INT32)) == []


def test_a_simulated_drone_is_configured_by_the_fleets_own_file() -> None:
    for entry in read_site(PROJECT / "sim" / "scenarios" / "darlington").drones:
        name = "px4_lift_and_cruise.params" if entry.kind.limits.has_wing else "px4_delivery_quad.params"
        firmware = read_parameters(PROJECT / "firmware_configs" / name)
        on_board = Parameters(px4_parameters(entry))
        different = {key for key, value in firmware.items() if on_board[key] != pytest.approx(value)}
        hovering = {"MPC_XY_CRUISE", "MPC_XY_VEL_MAX", "MPC_ACC_HOR"}  # of the wing: the simulator flies it by these
        assert different - (hovering if entry.kind.limits.has_wing else set()) == {"SYS_FAILURE_EN", "COM_ARM_ODID"}
