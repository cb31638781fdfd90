"""The order book is the fold of its events, and refuses what the table does not have."""

from dataclasses import replace

import pytest

from skystork.errors import IllegalTransition, LedgerError
from skystork.frames import Geodetic
from skystork.orders import events as e
from skystork.orders.book import OrderBook, OrderRecord
from skystork.orders.client_changes import why_not_rescheduled
from skystork.orders.order import FlightId, Mode, Order, OrderId, Parcel, VehicleId
from skystork.orders.order_state import TERMINAL, OrderState
from skystork.orders.reasons import Reason, ReasonCode

ORDER_ID, F, V = OrderId("O-1"), FlightId("F-1"), VehicleId("LC-1")
ORDER = Order(ORDER_ID, 0.0, Geodetic(54.5, -1.5), Parcel(1.0, 0.3, 0.2, 0.1))
REASON = Reason(ReasonCode.ATTEMPTED, "came home", "F-1", "")
ACCEPTED = e.OrderAccepted(ORDER_ID, ORDER)
ASSIGNED = e.OrderAssigned(ORDER_ID, F, V, 900.0, 0.0, 1e6)
LAUNCHED = e.FlightLaunched(F, V, ORDER_ID)
ASKED = e.ReleaseRequested(ORDER_ID, F, V, 1)
CONFIRMED = e.ReleaseConfirmed(ORDER_ID, F, V, "DO_GRIPPER accepted")
DELIVERED = e.OrderDelivered(ORDER_ID, Mode.DRONE, V, "DO_GRIPPER accepted", F)


def fold(*events: e.Event) -> OrderBook:
    book = OrderBook()
    for at_s, event in enumerate(events):
        book.apply(float(at_s), event)
    return book


def test_a_flight_that_releases_delivers_once() -> None:
    book = fold(ACCEPTED, ASSIGNED, LAUNCHED, ASKED, CONFIRMED, DELIVERED)
    record = book.order(ORDER_ID)
    assert (record.state, record.delivered_at_s, record.mode) == (OrderState.DELIVERED, 5.0, Mode.DRONE)
    with pytest.raises(IllegalTransition):
        book.apply(6.0, DELIVERED)


def test_a_parcel_that_comes_home_goes_on_by_van_under_the_same_order() -> None:
    book = fold(
        ACCEPTED,
        ASSIGNED,
        LAUNCHED,
        e.ParcelReturning(ORDER_ID, F, V, (REASON,)),
        e.ParcelReturned(ORDER_ID, F, V),
        e.OrderRouted(ORDER_ID, VehicleId("VAN-1"), 4000.0, 0.0, (REASON,)),
        e.ParcelLoaded(ORDER_ID, VehicleId("VAN-1")),
        e.OrderDelivered(ORDER_ID, Mode.VAN, VehicleId("VAN-1"), "handed over"),
    )
    record = book.order(ORDER_ID)
    assert (record.state, record.mode, record.attempts) == (OrderState.DELIVERED, Mode.VAN, 1)


def test_of_events_in_one_commit_none_is_taken_where_one_is_refused() -> None:
    book = fold(ACCEPTED, ASSIGNED, LAUNCHED, ASKED)
    with pytest.raises(IllegalTransition):
        book.apply_all(9.0, (CONFIRMED, DELIVERED, DELIVERED))
    assert book.order(ORDER_ID).state is OrderState.RELEASING
    other = replace(ORDER, order_id=OrderId("O-2"))
    with pytest.raises(IllegalTransition):
        book.apply_all(9.0, (e.OrderAccepted(OrderId("O-2"), other), ASSIGNED))
    assert OrderId("O-2") not in book


def test_a_request_that_was_not_sent_leaves_the_parcel_on_board() -> None:
    withheld = e.ReleaseWithheld(ORDER_ID, F, V, 1, "not at rest")
    assert fold(ACCEPTED, ASSIGNED, LAUNCHED, ASKED, withheld).order(ORDER_ID).state is OrderState.FLYING


def test_an_unreported_release_is_never_taken_for_a_delivery() -> None:
    book = fold(ACCEPTED, ASSIGNED, LAUNCHED, ASKED, e.ReleaseUnresolved(ORDER_ID, F, V, "no answer"))
    with pytest.raises(IllegalTransition):
        book.apply(9.0, DELIVERED)
    with pytest.raises(IllegalTransition):
        book.apply(9.0, ASKED)


def test_that_a_person_closed_an_order_is_kept_with_it_and_a_word_that_was_refused_is_not() -> None:
    unresolved = e.ReleaseUnresolved(ORDER_ID, F, V, "no answer")
    word = e.SettledByHand("H-1", "closeOrder", "Ann", "seen", "finished", "", ORDER_ID, None, "delivered")
    flown = (ACCEPTED, ASSIGNED, LAUNCHED, ASKED, unresolved)
    assert fold(*flown, CONFIRMED, DELIVERED, word).order(ORDER_ID).closed_by_hand
    assert not fold(*flown, CONFIRMED, DELIVERED).order(ORDER_ID).closed_by_hand
    assert not fold(*flown, replace(word, outcome="refused")).order(ORDER_ID).closed_by_hand
    assert not fold(*flown, replace(word, action="cancelOrder", found=None)).order(ORDER_ID).closed_by_hand


def test_the_fence_that_is_on_board_is_known_of_every_plan_that_is_followed() -> None:
    uploaded = e.MissionUploaded(F, V, 7, 8, 9, 20)
    book = fold(ACCEPTED, ASSIGNED, uploaded, LAUNCHED)
    assert (book.flights[F].mission_id, book.flights[F].fence_id) == (7, 8)
    rerouted = e.FlightRerouted(F, V, ORDER_ID, "hash", 17, ORDER.drop_off, 1.0, lands_there=False, fence_id=18)
    book.apply(9.0, rerouted)
    assert (book.flights[F].mission_id, book.flights[F].fence_id) == (17, 18)


def test_a_refused_event_changes_nothing() -> None:
    book = fold(ACCEPTED)
    before = book.order(ORDER_ID)
    with pytest.raises(IllegalTransition):
        book.apply(9.0, CONFIRMED)
    assert book.order(ORDER_ID) == before


def test_accepting_twice_is_accepting_once() -> None:
    book = fold(ACCEPTED, ASSIGNED, ACCEPTED)
    assert book.order(ORDER_ID).state is OrderState.ASSIGNED


def test_nothing_moves_an_ended_order() -> None:
    for last in ((e.OrderCancelled(ORDER_ID, "changed mind"),), (e.OrderUndeliverable(ORDER_ID, (REASON,)),)):
        book = fold(ACCEPTED, *last)
        assert book.order(ORDER_ID).state in TERMINAL
        with pytest.raises(IllegalTransition):
            book.apply(9.0, ASSIGNED)


@pytest.mark.parametrize(
    "event", [ACCEPTED, ASSIGNED, LAUNCHED, ASKED, CONFIRMED, DELIVERED, e.ParcelReturned(ORDER_ID, F, V)]
)
def test_an_event_survives_the_ledger(event: e.Event) -> None:
    assert e.event_from_payload(type(event).__name__, e.event_payload(event)) == event


def test_an_order_with_its_times_survives_the_ledger_and_a_row_from_before_them_is_read() -> None:
    wanted = replace(ORDER, deliver_by_s=9_000.0, deliver_from_s=7_000.0, ready_at_s=5_000.0)
    accepted = e.OrderAccepted(ORDER.order_id, wanted)
    payload = e.event_payload(accepted)
    assert e.event_from_payload("OrderAccepted", payload) == accepted
    before = {name: value for name, value in payload["order"].items() if name not in {"deliver_from_s", "ready_at_s"}}
    old = e.event_from_payload("OrderAccepted", {**payload, "order": before})
    assert old == e.OrderAccepted(ORDER.order_id, replace(ORDER, deliver_by_s=9_000.0))


def test_a_new_deadline_before_the_window_or_the_parcel_is_refused() -> None:
    for times in ({"deliver_from_s": 7_000.0}, {"ready_at_s": 7_000.0}):
        record = OrderRecord(replace(ORDER, **times), 0.0)
        assert "before it may be handed over" in why_not_rescheduled(record, 7_000.0, 100.0)
        assert not why_not_rescheduled(record, 7_001.0, 100.0)
    assert not why_not_rescheduled(OrderRecord(ORDER, 0.0), 101.0, 100.0)


def test_an_event_of_a_newer_version_is_named() -> None:
    with pytest.raises(LedgerError, match="OrderTeleported"):
        e.event_from_payload("OrderTeleported", {})


def test_a_partner_that_declines_gives_the_order_back_and_is_remembered() -> None:
    book, partner = OrderBook(), VehicleId("bike")
    book.apply(0.0, e.OrderAccepted(ORDER.order_id, ORDER))
    book.apply(0.0, e.PartnerAsked(ORDER.order_id, partner, 6.5, 900.0))
    asked = book.order(ORDER.order_id)
    assert (asked.state, asked.mode, asked.vehicle_id) == (OrderState.OFFERED, Mode.PARTNER, partner)
    book.apply(0.0, e.PartnerDeclined(ORDER.order_id, partner, ()))
    back = book.order(ORDER.order_id)
    assert (back.state, back.mode, back.declined_by) == (OrderState.WAITING, None, (partner,))


def test_an_order_out_of_a_vans_plan_waits_again_and_may_fly() -> None:
    book = OrderBook()
    book.apply(0.0, e.OrderAccepted(ORDER.order_id, ORDER))
    book.apply(0.0, e.OrderRouted(ORDER.order_id, VehicleId("VAN-1"), 900.0, 0.0))
    book.apply(0.0, e.RouteDropped(ORDER.order_id, VehicleId("VAN-1"), "BREAKS_PROMISE", "the van is late"))
    record = book.order(ORDER.order_id)
    assert (record.state, record.mode, record.vehicle_id, record.eta_s) == (OrderState.WAITING, None, None, None)
