"""Nothing goes on board that the independent check has not passed: who may upload, and where its plan comes from."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests_support.source_tree import PACKAGE, Module, modules

UPLOADS = {"app/launch", "app/reroute", "app/homeward"}
"""Launch, reroute (divert and rally) and what puts an old mission back."""
COMPILES = {"app/launch", "app/reroute", "app/flight_supervisor", "app/cli_plan"}
COMPILES |= {"app/cli_mission", "app/http/history_routes"}  # to be written as a .plan file
"""A mission is compiled from a checked plan, from a plan file whose hash the ledger names, or to be counted."""
CHECKED = {"app/planning_job"}
"""Where a plan becomes a checked one: only behind the check."""


def calls(module: Module, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called == name:
                yield node


def callers(name: str) -> set[str]:
    return {module.name for module in modules(PACKAGE) if module.box == "app" and any(calls(module, name))}


def test_only_the_known_paths_upload() -> None:
    assert {
        module.name
        for module in modules(PACKAGE)
        if module.box == "app" and any(node.args for node in calls(module, "upload"))
    } <= UPLOADS


def test_missions_are_compiled_where_plans_are_checked_ones() -> None:
    assert callers("compile_mission") == COMPILES


def test_a_plan_is_called_checked_only_behind_the_check() -> None:
    assert callers("CheckedPlan") == CHECKED
    (job,) = [module for module in modules(PACKAGE) if module.name in CHECKED]
    (function,) = [
        node for node in ast.walk(job.tree) if isinstance(node, ast.FunctionDef) and any(calls_in(node, "CheckedPlan"))
    ]
    lines = {name: [call.lineno for call in calls_in(function, name)] for name in ("check_plan", "CheckedPlan")}
    assert max(lines["check_plan"]) < min(lines["CheckedPlan"])
    assert len(lines["CheckedPlan"]) == 1


def calls_in(node: ast.AST, name: str) -> Iterator[ast.Call]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Call) and getattr(each.func, "id", "") == name)
