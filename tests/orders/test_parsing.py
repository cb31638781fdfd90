"""Order files: what is refused, and what the person is told."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skystork.errors import InvalidInput
from skystork.frames import Geodetic
from skystork.orders.order import Hazard
from skystork.orders.parsing import FIELDS, read_orders

DEPOT = Geodetic(54.5166, -1.5075)
AT_ELEVEN, AT_NOON = "2026-11-21T11:00:00+00:00", "2026-11-21T12:00:00Z"
GOOD = {
    "order_id": "O-1",
    "placed_at": "2026-11-21T10:00:00+00:00",
    "latitude_deg": 54.524,
    "longitude_deg": -1.553,
    "weight_kg": 1.2,
    "length_m": 0.3,
    "width_m": 0.2,
    "height_m": 0.1,
}


def read(*rows: dict[str, object] | str) -> tuple:
    text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    return read_orders(text, name="orders.jsonl", depot=DEPOT)


def complaint(row: dict[str, object] | str) -> str:
    with pytest.raises(InvalidInput) as caught:
        read(row)
    return str(caught.value)


def test_a_good_line_is_read_field_by_field() -> None:
    (order,) = read(GOOD)
    assert order.order_id == "O-1"
    assert order.placed_at_s == 1795255200.0
    assert order.drop_off == Geodetic(54.524, -1.553)
    assert (order.parcel.weight_kg, order.parcel.hazard) == (1.2, Hazard.NONE)


def test_a_window_and_the_time_its_parcel_is_there_are_read_from_both_kinds_of_file() -> None:
    times = {"deliver_from": AT_ELEVEN, "deliver_by": AT_NOON, "ready_at": "2026-11-21T10:30:00Z"}
    (order,) = read({**GOOD, **times})
    assert (order.deliver_from_s, order.deliver_by_s, order.ready_at_s) == (1795258800.0, 1795262400.0, 1795257000.0)
    row = {**GOOD, **times}
    header, values = ",".join(row), ",".join(str(value) for value in row.values())
    assert read_orders(f"{header}\n{values}\n", name="orders.csv", depot=DEPOT) == (order,)


def test_an_order_without_times_begins_when_it_is_accepted_and_with_them_at_the_latest() -> None:
    (plain,) = read(GOOD)
    (later,) = read({**GOOD, "deliver_from": AT_NOON, "ready_at": AT_ELEVEN})
    accepted_s, eleven_s, noon_s = plain.placed_at_s, 1795258800.0, 1795262400.0
    assert plain.begins_s(accepted_s) == plain.leaves_from_s(accepted_s, 600.0) == accepted_s
    assert (later.begins_s(accepted_s), later.begins_s(noon_s + 1.0)) == (noon_s, noon_s + 1.0)
    assert later.leaves_from_s(accepted_s, 600.0) == noon_s - 600.0
    assert later.leaves_from_s(accepted_s, 7200.0) == eleven_s


def test_csv_and_json_lines_give_the_same_orders() -> None:
    header, values = ",".join(GOOD), ",".join(str(value) for value in GOOD.values())
    assert read_orders(f"{header}\n{values}\n", name="orders.csv", depot=DEPOT) == read(GOOD)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weight_kg": 0}, ["orders.jsonl:1 weight_kg", "0", "above 0"]),
        ({"weight_kg": -1.5}, ["-1.5", "above 0"]),
        ({"weight_kg": 2500}, ["2500", "at most 70 kg", "did you mean 2.5?"]),
        ({"weight_kg": "2,3"}, ["'2,3'", "decimal number of kg"]),
        ({"weight_kg": "2.3 lb"}, ["'2.3 lb'", "in kg"]),
        ({"weight_kg": True}, ["True", "not a number but bool"]),
        ({"weight_kg": "٣"}, ["not a plain decimal number"]),
        ({"weight_kg": None}, ["not a number but NoneType"]),
        ({"latitude_deg": 95}, ["latitude out of range", "95", "-90 to 90"]),
        ({"longitude_deg": 200}, ["longitude out of range", "200"]),
        ({"latitude_deg": -1.553, "longitude_deg": 54.524}, ["km from the depot", "swap latitude and longitude"]),
        ({"latitude_deg": 0, "longitude_deg": 0}, ["km from the depot", "Check the coordinates"]),
        ({"latitude_deg": 90, "longitude_deg": 180}, ["km from the depot"]),
        ({"placed_at": "2026-11-21T10:00:00"}, ["time zone missing", "Add the offset"]),
        ({"placed_at": "tomorrow"}, ["not a date and time"]),
        ({"deliver_by": "2026-11-21T09:00:00+00:00"}, ["deliver_by", "not after placed_at"]),
        ({"deliver_from": "2026-11-21T10:00:00"}, ["deliver_from", "time zone missing"]),
        ({"deliver_from": -1}, ["deliver_from", "not a date and time"]),
        ({"ready_at": float("inf")}, ["ready_at", "not a date and time"]),
        ({"ready_at": "1969-12-31T23:00:00+00:00"}, ["ready_at", "no time that an order can begin at", "after 1970"]),
        ({"deliver_from": "2027-11-21T10:00:00+00:00"}, ["deliver_from", "365 days after", "at most 31 days"]),
        ({"ready_at": AT_NOON, "deliver_by": AT_ELEVEN}, ["ready_at", "not before deliver_by", "3600 s after it"]),
        ({"deliver_from": AT_NOON, "deliver_by": AT_NOON}, ["deliver_from", "not before deliver_by", "0 s after it"]),
        ({"hazard": "radioactive"}, ["unknown hazard class", "radioactive", "lithium_battery"]),
        ({"recipient": "a\u202eb"}, ["control or invisible characters"]),
        ({"recipient": "x" * 300}, ["300 characters", "at most 200"]),
        ({"order_id": "../etc"}, ["not an identifier"]),
        ({"length_m": 30}, ["longer than any carrier takes", "did you mean 0.3?"]),
        ({"wieght": 2}, ["unknown field", "Did you mean weight_kg?"]),
    ],
)
def test_a_bad_field_is_told_with_place_value_limit_and_remedy(change: dict[str, object], words: list[str]) -> None:
    text = complaint({**GOOD, **change})
    assert text.startswith("orders.jsonl:1")
    for word in words:
        assert word in text


def test_a_missing_field_is_named() -> None:
    row = {key: value for key, value in GOOD.items() if key != "weight_kg"}
    assert "weight_kg: field missing" in complaint(row)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000])
def test_numbers_that_python_would_take_are_refused(number: str) -> None:
    line = json.dumps(GOOD).replace("1.2", number)
    assert "weight_kg" in complaint(line)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"order_id": "O-1"', "not a JSON object"),
        ("[1, 2]", "it is a list"),
        ("[" * 100_000, "nested deeper than 32"),
        ('{"order_id": "O-1", "order_id": "O-2"}', "'order_id' stands twice"),
    ],
)
def test_a_malformed_line_is_told(line: str, words: str) -> None:
    assert words in complaint(line)


def test_one_bad_line_and_no_order_is_taken_but_all_complaints_are_told() -> None:
    with pytest.raises(InvalidInput) as caught:
        read(GOOD, {**GOOD, "weight_kg": 0}, {**GOOD, "order_id": "O-3", "latitude_deg": 95})
    assert [problem.where for problem in caught.value.problems] == [
        "orders.jsonl:2 weight_kg",
        "orders.jsonl:3 latitude_deg",
    ]


def test_the_same_order_twice_in_a_file_is_refused() -> None:
    with pytest.raises(InvalidInput, match="the same order twice"):
        read(GOOD, GOOD)


def test_a_csv_line_with_too_few_columns_is_told() -> None:
    text = ",".join(GOOD) + "\nO-1,2026-11-21T10:00:00+00:00\n"
    with pytest.raises(InvalidInput, match="wrong number of columns"):
        read_orders(text, name="orders.csv", depot=DEPOT)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no order in the file"):
        read_orders("", name="orders.jsonl", depot=DEPOT)


@given(st.dictionaries(st.sampled_from(FIELDS), st.one_of(st.none(), st.floats(), st.text(max_size=20), st.booleans())))
def test_whatever_stands_in_a_line_it_is_an_order_or_a_complaint(row: dict[str, object]) -> None:
    try:
        orders = read({**GOOD, **row})
    except InvalidInput as error:
        assert all(problem.where and problem.limit and problem.remedy for problem in error.problems)
    else:
        assert 0 < orders[0].parcel.weight_kg <= 70
