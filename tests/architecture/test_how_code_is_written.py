"""Sizes, names, frozen values, units: the rules of docs/architecture.md that a machine can check."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests_support.source_tree import PACKAGE, SIMULATOR, Module, dataclass_options, modules

LONGEST_MODULE = 400
LONGEST_FUNCTION = 60
NAMELESS = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc", "tools", "stuff"}
"""Names that say nothing about what is inside."""

MACHINES = {
    "skystork/insight/order_story": {"OrderStory", "Stories"},  # folded event by event
    "skystork/link/codec": {"FrameCounters"},  # counters
    "skystork/shell/acknowledgements": {"_Given"},  # carries whether its reader has it
    "skystork/shell/outbox": {"Outgoing"},  # carries whether it was sent
    "skystork/app/launch_desk": {"WaitingLaunch"},
    "skystork_sim/autopilot_failsafe": {"_Active"},
    "skystork_sim/autopilot_mission": {"Reached", "ThenStay"},
    "skystork_sim/autopilot_modes": {"Status"},
    "skystork_sim/autopilot_plans": {"PlanServer"},
    "skystork_sim/maneuvers": {"TakeOff", "FlyTo", "Hold", "Wait", "ChangeWing", "Land"},  # each remembers its progress
    "skystork_sim/network": {"Traffic", "MemoryEndpoint"},
}
"""Dataclasses that change while they live: machines and counters, each saying so where it is defined."""

UNITS = (
    "_m",
    "_m_s",
    "_m_s2",
    "_m_s3",
    "_m2",
    "_kg_m3",
    "_km",
    "_mm_h",
    "_deg",
    "_deg_c",
    "_rad",
    "_s",
    "_minutes",
    "_j",
    "_kwh",
    "_w",
    "_kg",
    "_hz",
    "_percent",
    "_fraction",
    "_j_per_m",
    "_w_per_kg_1_5",
    "_w_per_m_s_3",
    "_w_per_kg_m_s",
    "_db",
)
"""What a quantity may end in."""

WITHOUT_UNIT = {
    # A ratio or a count; the docstring says of what.
    "circuity": "road over straight distance",
    "speed_by_hour": "over the day's mean",
    "factors": "speed over the day's mean",
    "share": "of all, relative",
    "speed": "simulated seconds in a second",
    "loss": "share of datagrams",
    "duplication": "share of datagrams",
    "ageing": "factor by vehicle",
    "van_speed_factor": "factor",
    "van_leave_parcels": "a number of parcels",
    "fill": "opacity of a colour",
    "mean_removed": "a number of stops",
    "price_spread": "of a logarithm",
    "guides": "pairs of factors",
    "removed_by_small": "a number of stops",
    "induced_factor": "battery power over ideal power",
    "lift_over_drag": "ratio of forces",
    "life_cycles": "a number of charges",
    "battery_life_cycles": "a number of charges",
    "battery_cycles": "a number of charges",
    "cold_loss_fraction_per_deg": "of the energy, for each degree",
    "hot": "temperature of a search, in costs of a short arc",
    "cold": "beside hot",
    "tries": "first ones of several plans, beside hot",
    "warm": "of what goes on from the best plan, beside hot",
    "cost": "of a wave, in the unit of its matrices",
    "leaving_cost": "as cost",
    "flight_cost": "as cost",
    "robot_cost": "as cost",
    "other_cost": "as cost",
    "span_cost": "as cost, for each second",
    "late_cost": "as cost",
    "stale_cost": "as cost",
    "least_saving": "as cost",
    "stale_cost_per_h": "as cost, for each hour",
    "wait_cost_per_h": "as cost, for each hour",
    "minute_price": "as cost, for each minute",
    "overload_minute_price": "as cost, for each minute",
    "steps_per_order": "a count",
    "keep_for_urgent": "a factor",
    "price": "as cost, with what it takes from others",
    "minute_prices": "as cost, for each minute",
    # Not one quantity: the unit depends on what is said beside it.
    "value": "of a reason, a violation or an incident, in the unit its text names",
    "values": "of a parameter on board, by its own name",
    "low": "beside values",
    "high": "beside values",
    "limit": "beside value",
    "minimum": "of a parameter, in the unit its firmware gives it",
    "maximum": "of a parameter, in the unit its firmware gives it",
    "params": "parameters of a MAVLink item",
    "parameters": "of an autopilot, by their own names",
    "z": "of a MAVLink item; the frame says what it is",
    "profile": "a written plan's figures by their own names",
    "power": "a written plan's figures by their own names",
    # Shapes.
    "track": "rows of time and position",
    "along_east": "component of a unit vector",
    "along_north": "component of a unit vector",
}
"""Float fields whose name needs no unit, and why."""

EVERYWHERE = {f"skystork/{module.name}": module for module in modules(PACKAGE)} | {
    f"skystork_sim/{module.name}": module for module in modules(SIMULATOR)
}


def dataclasses() -> Iterator[tuple[str, ast.ClassDef, dict[str, bool]]]:
    """Every dataclass: its module, its definition, its options."""
    for name, module in EVERYWHERE.items():
        for node in module.classes():
            options = dataclass_options(node)
            if options is not None:
                yield name, node, options


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    yield from (node for node in ast.walk(module.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def float_fields(node: ast.ClassDef) -> Iterator[str]:
    for field in node.body:
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            words = {each.id for each in ast.walk(field.annotation) if isinstance(each, ast.Name)}
            attributes = {each.attr for each in ast.walk(field.annotation) if isinstance(each, ast.Attribute)}
            if "float" in words or "float64" in attributes:
                yield field.target.id


def test_modules_are_short_and_their_names_say_what_is_inside() -> None:
    assert not {name: module.lines for name, module in EVERYWHERE.items() if module.lines > LONGEST_MODULE}
    assert not [name for name, module in EVERYWHERE.items() if NAMELESS & set(module.path.stem.split("_"))]


def test_functions_are_short() -> None:
    sizes = {
        f"{name}:{function.name}": (function.end_lineno or 0) - function.lineno + 1
        for name, module in EVERYWHERE.items()
        for function in functions(module)
    }
    assert not {name: size for name, size in sizes.items() if size > LONGEST_FUNCTION}


def test_values_have_slots_and_are_frozen_and_machines_are_listed() -> None:
    mutable: dict[str, set[str]] = {}
    for name, node, options in dataclasses():
        assert options.get("slots"), f"{name}: {node.name} has no slots"
        if not options.get("frozen"):
            mutable.setdefault(name, set()).add(node.name)
    assert mutable == MACHINES


def test_a_quantity_ends_in_its_unit() -> None:
    bare = {unit.lstrip("_") for unit in UNITS}
    nameless = [
        f"{name}: {node.name}.{field}"
        for name, node, _ in dataclasses()
        for field in float_fields(node)
        if not field.endswith(UNITS) and field.lstrip("_") not in WITHOUT_UNIT.keys() | bare
    ]
    assert not nameless


def test_every_exception_from_the_unit_rule_is_needed() -> None:
    fields = {field.lstrip("_") for _, node, _ in dataclasses() for field in float_fields(node)}
    assert WITHOUT_UNIT.keys() <= fields


def test_modules_and_their_public_parts_say_what_they_are() -> None:
    silent = [name for name, module in EVERYWHERE.items() if not ast.get_docstring(module.tree)]
    for name, module in EVERYWHERE.items():
        for node in module.tree.body:
            public = isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_"
            if public and not ast.get_docstring(node):
                silent.append(f"{name}: {node.name}")
    assert not silent


CATCH_EVERYTHING = {
    "app/control_desk": "nor one command",
    "app/flight_supervisor": "a fault in one flight must not stop the fleet",
    "app/parts": "nor any part beside the flights",
    "app/steering_desk": "nor one order of a person",
    "app/vehicle_words": "nor what one vehicle gives out as its words",
    "shell/link_runner": "nor one datagram",
}


def test_everything_is_caught_only_where_one_must_not_stop_the_others() -> None:
    broad = {
        module.name
        for module in modules(PACKAGE)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "Exception"))
    }
    assert broad == set(CATCH_EVERYTHING)
