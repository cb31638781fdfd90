"""Two words let a launch go, each by a name; a person or time may say no at both."""

from __future__ import annotations

import pytest

from skystork.errors import IllegalTransition
from skystork.flight import authorisation as au

NOW_S = 5_000.0


def test_two_words_and_what_is_loaded_between_them() -> None:
    launch = au.Authorisation(NOW_S)
    launch.take(au.Authorised("ann", "clear"), NOW_S + 10)
    assert launch.state is au.LaunchState.LOADING
    assert launch.overdue_at_s is None
    launch.take(au.BroughtOnBoard(), NOW_S + 60)
    launch.take(au.LaunchOrdered("bob", ""), NOW_S + 70)
    assert (launch.state, launch.authorised_by) == (au.LaunchState.STARTED, "ann")


def test_a_launch_cannot_be_ordered_before_it_is_authorised() -> None:
    launch = au.Authorisation(NOW_S)
    assert "not authorised" in launch.why_not(au.LaunchOrdered("bob", ""))
    with pytest.raises(IllegalTransition):
        launch.take(au.LaunchOrdered("bob", ""), NOW_S)


def test_who_refused_is_told_to_whoever_comes_after() -> None:
    launch = au.Authorisation(NOW_S)
    launch.take(au.LaunchRefused("ann", "crane"), NOW_S)
    assert launch.why == "crane"
    assert "ann" in launch.why_not(au.Authorised("bob", ""))


def test_each_word_has_its_own_time() -> None:
    launch = au.Authorisation(NOW_S)
    assert launch.overdue_at_s == NOW_S + au.LAPSES_S
    launch.take(au.Authorised("ann", ""), NOW_S + 100)
    launch.take(au.BroughtOnBoard(), NOW_S + 200)
    assert launch.overdue_at_s == NOW_S + 200 + au.LAPSES_S
    launch.take(au.WordOverdue(), NOW_S + 2000)
    assert launch.state is au.LaunchState.LAPSED
