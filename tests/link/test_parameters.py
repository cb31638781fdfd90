from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from functools import partial
from random import Random

import pytest
from tests_support.link_world import LinkWorld
from tests_support.parameter_counterpart import ParameterCounterpart, crc32_without_inversions

from skystork.errors import LinkUsageError
from skystork.link.ardupilot import ARDUCOPTER
from skystork.link.autopilot import PX4, Autopilot, ParameterEncoding
from skystork.link.contract import ParameterOutcome, ParametersSettled, ParameterValue
from skystork.link.messages import ParamValue
from skystork.link.parameter_values import decode_value, encode_value, is_volatile, px4_hash, value_text
from skystork.link.parameters import NOTHING_KNOWN

VALUES: dict[str, int | float] = {
    "CAL_MAG0_XOFF": 0.25,
    "COM_DL_LOSS_T": 10,
    "MPC_XY_CRUISE": 5.0,
    "NAV_DLL_ACT": 0,
    "SENS_BOARD_ROT": -8_388_607,
}
"""The last one's bytes, FF800001, are a signalling NaN: as a float they would not come through."""


def vehicle(values: Mapping[str, int | float] = VALUES) -> ParameterCounterpart:
    counterpart = ParameterCounterpart(dict(values))
    counterpart.volatile = {"CAL_MAG0_XOFF"}
    return counterpart


def connected(counterpart: ParameterCounterpart, *, autopilot: Autopilot = PX4, **network: float) -> LinkWorld:
    seed = int(network.pop("seed", 0))
    loss, duplication, jitter_s = (network.get(name, 0.0) for name in ("loss", "duplication", "jitter_s"))
    world = LinkWorld(
        [counterpart], seed=seed, loss=loss, duplication=duplication, jitter_s=jitter_s, autopilot=autopilot
    )
    world.connect()
    world.run(limit_s=2)
    return world


def settled(world: LinkWorld) -> list[ParametersSettled]:
    return [event for event in world.told(ParametersSettled) if isinstance(event, ParametersSettled)]


def finished(world: LinkWorld, *, limit_s: float = 60.0) -> ParametersSettled:
    before = len(settled(world))
    world.run(lambda: len(settled(world)) > before, limit_s=limit_s)
    return settled(world)[before]


def ask_to_read(
    world: LinkWorld, names: Sequence[str] | None, known: Mapping[str, ParameterValue] = NOTHING_KNOWN
) -> None:
    link = world.fleet.vehicle(1)
    link.ask(partial(link.parameters.read, names=names, known=known), world.now_s)


def ask_to_write(world: LinkWorld, name: str, value: float) -> None:
    link = world.fleet.vehicle(1)
    link.ask(partial(link.parameters.write, name=name, value=value), world.now_s)


def read(
    world: LinkWorld, names: Sequence[str] | None, known: Mapping[str, ParameterValue] = NOTHING_KNOWN
) -> ParametersSettled:
    ask_to_read(world, names, known)
    return finished(world)


def write(world: LinkWorld, name: str, value: float) -> ParametersSettled:
    ask_to_write(world, name, value)
    return finished(world)


def plain(values: Mapping[str, ParameterValue]) -> dict[str, int | float]:
    return {name: each.value for name, each in values.items()}


# ---------------------------------------------------------------------- reading


def test_one_parameter_is_read_with_its_type() -> None:
    world = connected(vehicle())
    told = read(world, ["NAV_DLL_ACT"])
    assert told.outcome is ParameterOutcome.COMPLETE
    assert told.values == {"NAV_DLL_ACT": ParameterValue("NAV_DLL_ACT", 0, is_integer=True)}


def test_every_integer_comes_through_bytewise_even_where_its_bytes_are_no_number() -> None:
    world = connected(vehicle())
    assert plain(read(world, ["SENS_BOARD_ROT"]).values) == {"SENS_BOARD_ROT": -8_388_607}


def test_a_name_nobody_has_settles_as_unknown_and_the_others_are_read() -> None:
    world = connected(vehicle())
    told = read(world, ["NAV_DLL_ACT", "NAV_DLL_ACTION", "COM_DL_LOSS_T"])
    assert told.outcome is ParameterOutcome.UNKNOWN
    assert told.missing == ("NAV_DLL_ACTION",)
    assert plain(told.values) == {"NAV_DLL_ACT": 0, "COM_DL_LOSS_T": 10}
    assert "NAV_DLL_ACTION" in told.detail


def test_a_vehicle_that_answers_nothing_is_silent_and_not_without_the_name() -> None:
    counterpart = vehicle()
    world = connected(counterpart)
    counterpart.mute_parameters = True
    assert read(world, ["NAV_DLL_ACT"]).outcome is ParameterOutcome.NO_ANSWER
    assert read(world, None).outcome is ParameterOutcome.NO_ANSWER


def test_a_name_longer_than_sixteen_characters_is_our_mistake() -> None:
    world = connected(vehicle())
    with pytest.raises(LinkUsageError, match="1 to 16"):
        ask_to_read(world, ["COM_ARM_AUTH_METHOD"])


def test_no_names_are_read_at_once() -> None:
    assert read(connected(vehicle()), []).outcome is ParameterOutcome.COMPLETE


@pytest.mark.parametrize("seed", range(20))
def test_forty_names_come_over_a_link_that_loses_a_fifth_each_way(seed: int) -> None:
    values: dict[str, int | float] = {f"P_{number:03d}": number for number in range(40)}
    world = connected(vehicle(values), seed=seed, loss=0.2, duplication=0.05, jitter_s=0.02)
    told = read(world, list(values))
    assert (told.outcome, plain(told.values)) == (ParameterOutcome.COMPLETE, values)


# ---------------------------------------------------------------------- reading all


def nine_hundred(seed: int) -> dict[str, int | float]:
    rng = Random(seed)
    floats = {f"F_{number:03d}": struct.unpack("<f", struct.pack("<f", rng.gauss(0, 50)))[0] for number in range(450)}
    return floats | {f"I_{number:03d}": rng.randint(-(2**31), 2**31 - 1) for number in range(450)}


@pytest.mark.parametrize("seed", range(10))
def test_nine_hundred_parameters_come_whole_over_a_link_that_loses_a_fifth_each_way(seed: int) -> None:
    counterpart = vehicle(nine_hundred(seed))
    world = connected(counterpart, seed=seed, loss=0.2, duplication=0.05, jitter_s=0.02)
    told = read(world, None)
    assert told.outcome is ParameterOutcome.COMPLETE
    assert plain(told.values) == counterpart.values
    assert told.hash is not None


def test_the_hash_of_what_was_read_is_the_vehicles() -> None:
    counterpart = vehicle()
    told = read(connected(counterpart), None)
    steady = [each for each in told.values.values() if each.name != "CAL_MAG0_XOFF"]
    assert told.hash == px4_hash(told.values.values()) == px4_hash(steady)


def test_an_equal_hash_spares_the_download_and_refreshes_what_it_leaves_out() -> None:
    counterpart = vehicle()
    world = connected(counterpart)
    first = read(world, None)
    counterpart.values["CAL_MAG0_XOFF"] = 0.75
    again = read(world, None, known=first.values)
    assert counterpart.asked_for_all == 1
    assert plain(again.values) == counterpart.values
    assert (again.outcome, again.hash) == (ParameterOutcome.COMPLETE, first.hash)


def test_another_hash_means_reading_all_anew() -> None:
    counterpart = vehicle()
    world = connected(counterpart)
    first = read(world, None)
    counterpart.values["NAV_DLL_ACT"] = 2
    again = read(world, None, known=first.values)
    assert counterpart.asked_for_all == 2
    assert plain(again.values)["NAV_DLL_ACT"] == 2
    assert again.hash not in {None, first.hash}


def test_a_spoilt_set_from_elsewhere_is_never_taken_for_the_vehicles() -> None:
    counterpart = vehicle()
    world = connected(counterpart)
    first = dict(read(world, None).values)
    first["NAV_DLL_ACT"] = ParameterValue("NAV_DLL_ACT", 2, is_integer=True)
    assert plain(read(world, None, known=first).values) == counterpart.values


def test_a_hash_that_never_fits_leaves_the_set_unproven() -> None:
    counterpart = vehicle()
    counterpart.hash_spoilt = True
    told = read(connected(counterpart), None)
    assert (told.outcome, told.hash) == (ParameterOutcome.COMPLETE, None)
    assert "does not prove" in told.detail
    assert counterpart.asked_for_all == 3


def test_a_value_that_changes_under_way_is_read_again() -> None:
    counterpart = vehicle(nine_hundred(0))
    world = connected(counterpart)
    ask_to_read(world, None)
    world.run(lambda: counterpart.asked_for_all == 1)
    counterpart.values["I_000"] = 7
    told = finished(world)
    assert plain(told.values)["I_000"] == 7
    assert told.hash is not None


def test_a_vehicle_that_repeats_what_is_known_and_withholds_the_rest_is_silent_in_the_end() -> None:
    counterpart = vehicle()
    counterpart.withheld = {4}
    world = connected(counterpart)
    ask_to_read(world, None)
    for _ in range(100):  # the first value every 0.4 s, before each retry time has passed
        world.run(limit_s=0.4)
        counterpart.tell("CAL_MAG0_XOFF")
    assert [each.outcome for each in settled(world)] == [ParameterOutcome.NO_ANSWER]


def test_parameters_that_come_into_use_under_way_shift_no_index() -> None:
    counterpart = vehicle(nine_hundred(0))
    world = connected(counterpart, loss=0.2)
    ask_to_read(world, None)
    world.run(lambda: counterpart.asked_for_all == 1)
    world.run(limit_s=0.6)
    counterpart.values = dict(sorted((counterpart.values | {"A_NEW": 1}).items()))
    assert plain(finished(world).values) == counterpart.values


def test_ardupilot_has_casts_and_no_hash() -> None:
    counterpart = ParameterCounterpart({"FS_GCS_ENABLE": 3, "SYSID": -4, "WP_SPD": 10.5}, casts=True)
    told = read(connected(counterpart, autopilot=ARDUCOPTER), None)
    assert (told.outcome, told.hash) == (ParameterOutcome.COMPLETE, None)
    assert plain(told.values) == counterpart.values
    assert told.values["SYSID"].is_integer


# ---------------------------------------------------------------------- writing


def test_a_write_is_done_when_the_vehicle_shows_the_value() -> None:
    counterpart = vehicle()
    world = connected(counterpart)
    told = write(world, "NAV_DLL_ACT", 2)
    assert (told.outcome, plain(told.values)) == (ParameterOutcome.COMPLETE, {"NAV_DLL_ACT": 2})
    assert counterpart.values["NAV_DLL_ACT"] == 2


def test_a_float_is_done_when_it_is_equal_in_32_bits() -> None:
    counterpart = vehicle()
    assert write(connected(counterpart), "MPC_XY_CRUISE", 10.1).outcome is ParameterOutcome.COMPLETE
    assert counterpart.values["MPC_XY_CRUISE"] == pytest.approx(10.1)
    assert counterpart.values["MPC_XY_CRUISE"] != 10.1


def test_a_value_that_is_on_board_is_not_written_again() -> None:
    counterpart = vehicle()
    assert write(connected(counterpart), "COM_DL_LOSS_T", 10).outcome is ParameterOutcome.COMPLETE
    assert not counterpart.told("PARAM_SET")


def test_a_vehicle_that_keeps_the_old_value_has_refused_and_both_are_told() -> None:
    counterpart = vehicle()
    counterpart.stubborn = {"COM_DL_LOSS_T": 10}
    told = write(connected(counterpart), "COM_DL_LOSS_T", 20)
    assert told.outcome is ParameterOutcome.REFUSED
    assert "20" in told.detail
    assert "10" in told.detail


def test_a_straggler_with_the_old_value_is_no_refusal() -> None:
    counterpart = vehicle()
    world = connected(counterpart)
    counterpart.mute_writes = True
    ask_to_write(world, "NAV_DLL_ACT", 2)
    world.run(lambda: bool(counterpart.told("PARAM_SET")))
    counterpart.tell("NAV_DLL_ACT")
    counterpart.mute_writes = False
    assert finished(world).outcome is ParameterOutcome.COMPLETE


def test_a_write_that_is_never_answered_is_settled_by_reading() -> None:
    counterpart = vehicle()
    counterpart.mute_writes = True
    told = write(connected(counterpart), "NAV_DLL_ACT", 2)
    assert told.outcome is ParameterOutcome.REFUSED
    assert plain(told.values) == {"NAV_DLL_ACT": 0}


def test_an_unknown_name_is_told_and_nothing_is_sent() -> None:
    counterpart = vehicle()
    told = write(connected(counterpart), "GF_ACTION", 3)
    assert (told.outcome, told.missing) == (ParameterOutcome.UNKNOWN, ("GF_ACTION",))
    assert not counterpart.told("PARAM_SET")


def test_a_fraction_is_not_written_to_an_integer() -> None:
    counterpart = vehicle()
    told = write(connected(counterpart), "NAV_DLL_ACT", 1.5)
    assert told.outcome is ParameterOutcome.REFUSED
    assert "fraction" in told.detail
    assert not counterpart.told("PARAM_SET")


@pytest.mark.parametrize(("name", "value"), [("SENS_BOARD_ROT", 0), ("NAV_DLL_ACT", 0), ("NAV_DLL_ACT", math.nan)])
def test_what_is_in_no_table_or_outside_its_limits_is_not_written(name: str, value: float) -> None:
    world = connected(vehicle())
    with pytest.raises(LinkUsageError, match=name):
        ask_to_write(world, name, value)


def test_an_armed_vehicle_is_not_written_to() -> None:
    counterpart = vehicle()
    counterpart.armed = True
    world = connected(counterpart)
    with pytest.raises(LinkUsageError, match="armed"):
        ask_to_write(world, "NAV_DLL_ACT", 2)


def test_a_vehicle_that_has_not_said_whether_it_is_armed_is_not_written_to() -> None:
    world = LinkWorld([vehicle()])
    with pytest.raises(LinkUsageError, match="has not said"):
        ask_to_write(world, "NAV_DLL_ACT", 2)


def test_arming_ends_the_writes_and_reading_goes_on() -> None:
    counterpart = vehicle()
    world = connected(counterpart)
    counterpart.mute_writes = True
    for name, value in (("NAV_DLL_ACT", 2), ("COM_DL_LOSS_T", 20)):
        ask_to_write(world, name, value)
    ask_to_read(world, ["MPC_XY_CRUISE"])
    counterpart.armed = True
    world.run(lambda: len(settled(world)) == 3, limit_s=5)
    outcomes = [each.outcome for each in settled(world)]
    assert outcomes == [ParameterOutcome.INTERRUPTED, ParameterOutcome.INTERRUPTED, ParameterOutcome.COMPLETE]
    assert "old value or the new" in settled(world)[0].detail
    assert "nothing was written" in settled(world)[1].detail


def test_a_reboot_in_the_middle_settles_everything_as_interrupted() -> None:
    counterpart = vehicle(nine_hundred(0) | {"NAV_DLL_ACT": 0})
    world = connected(counterpart, loss=0.3)
    world.run(limit_s=60)
    ask_to_read(world, None)
    ask_to_write(world, "NAV_DLL_ACT", 2)
    world.run(limit_s=1)
    counterpart.reboot(world.now_s)
    world.run(lambda: len(settled(world)) == 2, limit_s=5)
    assert [each.outcome for each in settled(world)] == [ParameterOutcome.INTERRUPTED] * 2
    assert counterpart.values["NAV_DLL_ACT"] == 0


@pytest.mark.parametrize("seed", range(30))
def test_a_write_comes_over_a_link_that_loses_a_fifth_each_way(seed: int) -> None:
    counterpart = vehicle()
    world = connected(counterpart, seed=seed, loss=0.2, duplication=0.1, jitter_s=0.05)
    assert write(world, "NAV_DLL_ACT", 2).outcome is ParameterOutcome.COMPLETE
    assert counterpart.values["NAV_DLL_ACT"] == 2


# ---------------------------------------------------------------------- values


@pytest.mark.parametrize("value", [0, 1, -1, 2**31 - 1, -(2**31), -8_388_607, 0x7F800001])
def test_an_integer_survives_the_bytewise_encoding(value: int) -> None:
    raw = encode_value(value, 6, ParameterEncoding.BYTEWISE)
    message = ParamValue(b"X\0", raw, 6, 1, 0)
    assert decode_value(message, ParameterEncoding.BYTEWISE) == ParameterValue("X", value, is_integer=True)


@pytest.mark.parametrize(("value", "kind"), [(300, 2), (-1, 1), (2**31, 6), (math.nan, 6), (math.inf, 6), (1e40, 9)])
def test_a_value_beyond_its_type_is_refused(value: float, kind: int) -> None:
    with pytest.raises(LinkUsageError):
        encode_value(value, kind, ParameterEncoding.BYTEWISE)


def test_a_cast_that_is_no_whole_number_is_no_value() -> None:
    for raw in (math.nan, math.inf, 1.5):
        assert decode_value(ParamValue(b"X", struct.pack("<f", raw), 6, 1, 0), ParameterEncoding.C_CAST) is None


def test_a_value_is_written_as_short_as_its_32_bits_allow() -> None:
    narrow = struct.unpack("<f", struct.pack("<f", 0.1))[0]
    assert [value_text(each) for each in (narrow, 15.0, 1_077_936_128, -1)] == ["0.1", "15", "1077936128", "-1"]


def test_what_px4_changes_by_itself_is_known_by_name() -> None:
    assert all(map(is_volatile, ("CAL_ACC0_XOFF", "CAL_MAG3_ZODIAG", "COM_FLIGHT_UUID", "LND_FLIGHT_T_LO")))
    assert not any(map(is_volatile, ("CAL_ACC0_ID", "CAL_MAG0_ROT", "COM_FLTMODE1", "BAT_LOW_THR")))


def test_the_hash_is_a_crc_without_inversions() -> None:
    value = ParameterValue("NAV_DLL_ACT", 2, is_integer=True)
    assert px4_hash([value]) == crc32_without_inversions(b"NAV_DLL_ACT" + struct.pack("<i", 2), 0)
