"""Orders that are wanted later, or whose parcel comes later: no vehicle loads too soon or is at the door too soon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests_support.play import NEAR, Outcome, order_at, play, write_site
from tests_support.robots import ROBOT

from skystork.app.site import Site
from skystork.orders.order import Mode, Order
from skystork.orders.order_state import OrderState

LATER_S = 3_000.0
"""After it was placed: later than the promise by air would be."""


def first_s(outcome: Outcome, kind: str, order_id: str) -> float:
    return min(row.at_s for row in outcome.rows(kind) if row.order_id == order_id)


@pytest.mark.parametrize(
    ("mode", "vehicle", "extra"),
    [(Mode.DRONE, "LC-1", ""), (Mode.VAN, "VAN-1", ""), (Mode.ROBOT, "VAN-1", ROBOT)],
)
def test_what_is_wanted_later_is_handed_over_in_its_window_and_what_comes_later_is_loaded_when_it_is_there(
    tmp_path: Path, mode: Mode, vehicle: str, extra: str
) -> None:
    place = (600.0, 300.0) if mode is Mode.ROBOT else NEAR
    loads = "FlightLaunched" if mode is Mode.DRONE else "ParcelLoaded"
    folder = write_site(tmp_path / "site", vehicle)
    (folder / "site.toml").write_text((folder / "site.toml").read_text() + extra)
    (tmp_path / "state").mkdir()

    def orders(site: Site) -> Sequence[Order]:
        window, parcel, plain = (order_at(site, name, *place) for name in ("WINDOW", "PARCEL", "PLAIN"))
        from_s = window.placed_at_s + LATER_S
        return [
            replace(window, deliver_from_s=from_s, deliver_by_s=from_s + 1_800.0),
            replace(parcel, ready_at_s=parcel.placed_at_s + LATER_S),
            plain,
        ]

    outcome = play(folder, tmp_path / "state", orders)

    records = {record.order.order_id: record for record in outcome.ledger.book.orders()}
    assert {record.state for record in records.values()} == {OrderState.DELIVERED}
    assert {record.mode for record in records.values()} == {mode}
    assert len(outcome.rows("OrderDelivered")) == len(records)
    window, parcel, plain = (outcome.record(name) for name in ("WINDOW", "PARCEL", "PLAIN"))
    from_s, by_s, ready_s = window.order.deliver_from_s, window.order.deliver_by_s, parcel.order.ready_at_s
    assert from_s is not None and by_s is not None and ready_s is not None
    assert from_s <= (window.delivered_at_s or 0.0) <= by_s
    assert first_s(outcome, loads, "PARCEL") >= ready_s
    if mode is not Mode.VAN:  # which waits for company
        assert (plain.delivered_at_s or from_s) < from_s, "an order without such times waits for nobody"
    for record in (window, parcel):
        begins_s = record.order.begins_s(record.accepted_at_s)
        assert record.first_promise_s is not None and record.first_promise_s > begins_s
        assert record.first_promise_s == record.promised_by_s, "no customer was told of another time"
        assert (record.delivered_at_s or 0.0) <= record.first_promise_s
