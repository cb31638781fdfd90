"""What every state machine of the package has in common, found by its table and not by a list."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from enum import StrEnum
from types import ModuleType
from typing import Any

import pytest

import skystork

Table = Mapping[StrEnum, Mapping[type, StrEnum]]


def modules_with_tables() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(skystork.__path__, "skystork."):
        specification = importlib.util.find_spec(found.name)
        assert specification is not None
        assert specification.origin is not None
        with open(specification.origin, encoding="utf-8") as source:  # noqa: PTH123
            has_table = any(line.startswith("TRANSITIONS") for line in source)
        if has_table:
            yield importlib.import_module(found.name)


SAYS_IT_ALL = {"UP", "OUTBOUND", "DELIVERED", "CANCELLED"}
"""States whose name leaves nothing to explain."""

MODULES = tuple(modules_with_tables())
IDS = [module.__name__.removeprefix("skystork.") for module in MODULES]


def table_of(module: ModuleType) -> Table:
    return module.TRANSITIONS  # type: ignore[no-any-return]


def states_of(module: ModuleType) -> type[StrEnum]:
    return type(next(iter(table_of(module))))


def initial_of(module: ModuleType) -> frozenset[StrEnum]:
    """The states a machine may begin in: said by INITIAL, or the first of the enumeration."""
    first = frozenset({next(iter(states_of(module)))})
    return frozenset(getattr(module, "INITIAL", first))


def reachable(table: Table, start: frozenset[Any]) -> set[StrEnum]:
    found, frontier = set(start), set(start)
    while frontier:
        frontier = {following for state in frontier for following in table[state].values()} - found
        found |= frontier
    return found


def test_the_machines_of_the_link_are_found() -> None:
    names = {"link.command", "link.contact", "link.current_item", "link.mission_upload", "link.mission_download"}
    assert names | {"link.mission_transfer"} <= set(IDS)


@pytest.mark.parametrize("module", MODULES, ids=IDS)
def test_the_table_has_a_row_for_every_state_and_nothing_else(module: ModuleType) -> None:
    assert set(table_of(module)) == set(states_of(module))


@pytest.mark.parametrize("module", MODULES, ids=IDS)
def test_terminal_states_and_only_they_lead_nowhere(module: ModuleType) -> None:
    assert {state for state, row in table_of(module).items() if not row} == set(module.TERMINAL)


@pytest.mark.parametrize("module", MODULES, ids=IDS)
def test_every_state_is_reachable_from_the_beginning(module: ModuleType) -> None:
    assert reachable(table_of(module), initial_of(module)) == set(states_of(module))


@pytest.mark.parametrize("module", MODULES, ids=IDS)
def test_an_end_is_reachable_from_every_state_where_there_is_one(module: ModuleType) -> None:
    if module.TERMINAL:
        stuck = [
            state for state in table_of(module) if not reachable(table_of(module), frozenset({state})) & module.TERMINAL
        ]
        assert stuck == []


@pytest.mark.parametrize("module", MODULES, ids=IDS)
def test_every_event_is_a_frozen_dataclass_with_a_docstring(module: ModuleType) -> None:
    for event in {event for row in table_of(module).values() for event in row}:
        assert is_dataclass(event), event
        assert event.__dataclass_params__.frozen, event  # type: ignore[attr-defined]
        assert event.__doc__, event
        assert not event.__doc__.startswith(f"{event.__name__}("), event


@pytest.mark.parametrize("module", MODULES, ids=IDS)
def test_the_file_opens_with_its_theory_of_operation(module: ModuleType) -> None:
    assert module.__doc__ is not None
    assert "theory of operation" in module.__doc__.lower()


@pytest.mark.parametrize("module", MODULES, ids=IDS)
def test_every_state_is_explained_by_a_string_under_it(module: ModuleType) -> None:
    (definition,) = ast.parse(inspect.getsource(states_of(module))).body
    assert isinstance(definition, ast.ClassDef)
    statements = definition.body
    for statement, following in zip(statements, [*statements[1:], None], strict=True):
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) not in SAYS_IT_ALL:
            explained = isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
            assert explained, f"{definition.name}: {ast.unparse(statement)}"
