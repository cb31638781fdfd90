"""Two people, two names, one minute."""

from __future__ import annotations

import pytest

from skystork.control.second_person import Proposal, ProposalState, SecondAgreed, TimeIsOver
from skystork.errors import IllegalTransition


def test_somebody_else_confirms_in_time() -> None:
    proposal = Proposal("ann", 100.0)
    assert proposal.why_not("ben", 100.0) == ""
    proposal.take(SecondAgreed("ben"))
    assert proposal.state is ProposalState.CONFIRMED


def test_whoever_proposed_cannot_confirm() -> None:
    assert "second person" in Proposal("ann", 100.0).why_not("ann", 50.0)


def test_time_ends_it() -> None:
    proposal = Proposal("ann", 100.0)
    assert "nobody agreed" in proposal.why_not("ben", 100.1)
    proposal.take(TimeIsOver())
    assert "lapsed" in proposal.why_not("ben", 50.0)
    with pytest.raises(IllegalTransition):
        proposal.take(SecondAgreed("ben"))
