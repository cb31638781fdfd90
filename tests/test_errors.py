"""Errors that a person can act on: where, what, what was seen, what would do, what to do now."""

from skystork.errors import ConfigError, IllegalTransition, InvalidInput, Problem, SkystorkError

WEIGHT = Problem("orders.jsonl:7 weight_kg", "not above 0", "-1", "above 0, at most 25", "Correct the line.")
HAZARD = Problem("orders.jsonl:9 hazard", "not a word we know", "'bomb'", "none, flammable", "Name one of these.")


def test_a_problem_reads_as_one_sentence_and_a_remedy() -> None:
    assert str(WEIGHT) == (
        "orders.jsonl:7 weight_kg: not above 0 (seen: -1; accepted: above 0, at most 25). Correct the line."
    )


def test_all_problems_are_told_at_once_in_their_order() -> None:
    error = InvalidInput((WEIGHT, HAZARD))
    assert error.problems == (WEIGHT, HAZARD)
    assert str(error).splitlines() == [str(WEIGHT), str(HAZARD)]


def test_a_site_file_that_cannot_be_used_is_an_input_that_cannot_be_used() -> None:
    assert issubclass(ConfigError, InvalidInput) and issubclass(InvalidInput, SkystorkError)


def test_an_illegal_transition_names_machine_state_and_event() -> None:
    error = IllegalTransition("order", "delivered", "ParcelLoaded")
    assert str(error) == "order: no transition from delivered on ParcelLoaded"
