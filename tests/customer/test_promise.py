"""Promises: the fastest open mode, and a new time before the old one passes."""

from __future__ import annotations

from datetime import timedelta, timezone

from skystork.customer.promise import (
    PromiseTerms,
    make_promise,
    promise_sentence,
    review_promise,
    revision_sentence,
)
from skystork.frames import Geodetic
from skystork.orders.order import Mode, Order, OrderId, Parcel

NOW_S = 1_763_715_600.0  # 2025-11-21 09:00 UTC
TERMS = PromiseTerms(drone_s=1_800.0, van_s=10_800.0)


def order(deliver_by_s: float | None = None) -> Order:
    return Order(OrderId("o1"), NOW_S, Geodetic(54.5, -1.5), Parcel(1.0, 0.3, 0.2, 0.1), deliver_by_s=deliver_by_s)


def test_thirty_minutes_are_promised_by_air_and_a_slot_by_road() -> None:
    by_air = make_promise(order(), modes=(Mode.VAN, Mode.DRONE), terms=TERMS, now_s=NOW_S)
    by_road = make_promise(order(), modes=(Mode.VAN,), terms=TERMS, now_s=NOW_S)
    assert by_air is not None
    assert by_road is not None
    assert (by_air.mode, by_air.promised_by_s) == (Mode.DRONE, NOW_S + 1_800)
    assert (by_road.mode, by_road.promised_by_s) == (Mode.VAN, NOW_S + 10_800)


def test_a_sooner_deadline_of_the_customer_is_what_is_promised() -> None:
    promise = make_promise(order(NOW_S + 900), modes=(Mode.DRONE,), terms=TERMS, now_s=NOW_S)
    assert promise is not None
    assert promise.promised_by_s == NOW_S + 900


def test_nothing_is_promised_where_no_mode_is_open() -> None:
    assert make_promise(order(), modes=(), terms=TERMS, now_s=NOW_S) is None


def test_a_promise_that_holds_is_left_alone() -> None:
    promise = make_promise(order(), modes=(Mode.DRONE,), terms=TERMS, now_s=NOW_S)
    assert promise is not None
    assert review_promise(promise, NOW_S + 1_800, NOW_S + 60) is None


def test_a_later_arrival_is_told_in_time_and_rounded_up_to_five_minutes() -> None:
    promise = make_promise(order(), modes=(Mode.DRONE,), terms=TERMS, now_s=NOW_S)
    assert promise is not None
    revision = review_promise(promise, NOW_S + 2_150, NOW_S + 600, reason="strong wind")
    assert revision is not None
    assert (revision.promised_by_s, revision.previous_s, revision.in_time) == (NOW_S + 2_400, NOW_S + 1_800, True)
    assert review_promise(promise, NOW_S + 2_390, NOW_S + 700, told_s=revision.promised_by_s) is None


def test_with_a_margin_the_customer_hears_of_a_near_miss() -> None:
    promise = make_promise(order(), modes=(Mode.DRONE,), terms=TERMS, now_s=NOW_S)
    assert promise is not None
    assert review_promise(promise, NOW_S + 1_750, NOW_S, margin_s=120.0) is not None


def test_told_after_the_time_has_passed_is_not_in_time() -> None:
    promise = make_promise(order(), modes=(Mode.DRONE,), terms=TERMS, now_s=NOW_S)
    assert promise is not None
    revision = review_promise(promise, NOW_S + 1_700, NOW_S + 1_801)  # the arrival foreseen is stale
    assert revision is not None
    assert not revision.in_time
    assert revision.promised_by_s == NOW_S + 2_100


def test_the_customer_reads_plain_sentences_in_local_time() -> None:
    promise = make_promise(order(), modes=(Mode.DRONE,), terms=TERMS, now_s=NOW_S)
    assert promise is not None
    revision = review_promise(promise, NOW_S + 2_150, NOW_S, reason="strong wind")
    assert revision is not None
    summer = timezone(timedelta(hours=1))
    assert promise_sentence(promise) == "Your order o1 comes by drone by 09:30."
    assert revision_sentence(revision, summer) == (
        "Your order o1 will be later than promised (strong wind): by 10:40 instead of 10:30. We are sorry."
    )
