"""Every event that can be written is read back equal; one with a number that JSON has not is not written at all."""

import json
import math
from dataclasses import fields, is_dataclass
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from skystork.errors import LedgerError
from skystork.orders.events import Event, event_from_payload, event_payload
from skystork.shell.ledger_rows import LedgerEntry, encode

KINDS: tuple[type, ...] = Event.__args__


def floats_in(value: object) -> list[float]:
    if isinstance(value, float):
        return [value]
    if is_dataclass(value):
        return [each for field in fields(value) for each in floats_in(getattr(value, field.name))]
    if isinstance(value, tuple | list | frozenset):
        return [each for part in value for each in floats_in(part)]
    if isinstance(value, dict):
        return [each for pair in value.items() for part in pair for each in floats_in(part)]
    return []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_an_event_is_read_back_as_it_was_or_refused_when_it_is_written(kind, data):
    event = data.draw(st.from_type(kind))
    entry = LedgerEntry(kind.__name__, 1.0, event_payload(event))
    if not all(math.isfinite(each) for each in floats_in(event)):
        with pytest.raises(LedgerError, match="cannot be written"):
            encode(entry)
        return
    assert event_from_payload(kind.__name__, json.loads(encode(entry).payload_text)) == event


def test_some_event_of_the_property_above_carries_numbers():
    """Else it would prove nothing about infinity."""
    with_numbers = [kind for kind in KINDS if any("float" in str(field.type) for field in fields(kind))]
    assert len(with_numbers) >= 10
    assert all(one is not other for one, other in pairwise(with_numbers))
