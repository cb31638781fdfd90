"""Promises: a new time before the old one passes."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from skystork.customer.promise import Promise, review_promise, revision_sentence
from skystork.orders.order import OrderId

NOW_S = 1_763_715_600.0  # 2025-11-21 09:00 UTC
PROMISE = Promise(OrderId("o1"), NOW_S + 1_800.0)


def test_a_promise_that_holds_is_left_alone() -> None:
    assert review_promise(PROMISE, NOW_S + 1_800, NOW_S + 60) is None


def test_a_later_arrival_is_told_in_time_and_rounded_up_to_five_minutes() -> None:
    revision = review_promise(PROMISE, NOW_S + 2_150, NOW_S + 600, reason="strong wind")
    assert revision is not None
    assert (revision.promised_by_s, revision.previous_s, revision.in_time) == (NOW_S + 2_400, NOW_S + 1_800, True)
    assert review_promise(Promise(PROMISE.order_id, revision.promised_by_s), NOW_S + 2_390, NOW_S + 700) is None


def test_with_a_margin_the_customer_hears_of_a_near_miss() -> None:
    assert review_promise(PROMISE, NOW_S + 1_750, NOW_S, margin_s=120.0) is not None


@pytest.mark.parametrize("foreseen_s", [-600.0, 900.0, 1_679.0])
def test_an_arrival_that_lies_in_the_past_is_no_arrival_and_is_told_before_the_promise_passes(
    foreseen_s: float,
) -> None:
    revision = review_promise(PROMISE, NOW_S + foreseen_s, NOW_S + 1_681, margin_s=120.0)
    assert revision is not None
    assert revision.in_time
    assert review_promise(PROMISE, NOW_S + foreseen_s, NOW_S + 1_680, margin_s=120.0) is None


def test_told_after_the_time_has_passed_is_not_in_time_and_says_so() -> None:
    revision = review_promise(PROMISE, NOW_S + 1_700, NOW_S + 1_801)
    assert revision is not None
    assert not revision.in_time
    assert revision.promised_by_s == NOW_S + 2_100
    assert revision_sentence(revision) == "Your order o1 is late: by 09:35 instead of 09:30. We are sorry."


def test_the_customer_reads_plain_sentences_in_local_time() -> None:
    revision = review_promise(PROMISE, NOW_S + 2_150, NOW_S, reason="strong wind")
    assert revision is not None
    summer = timezone(timedelta(hours=1))
    assert revision_sentence(revision, summer) == (
        "Your order o1 will be later than promised (strong wind): by 10:40 instead of 10:30. We are sorry."
    )
