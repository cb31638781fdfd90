"""Imports go down only, neighbours do not know each other, and each third party has one door."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests_support.source_tree import PACKAGE, SIMULATOR, Module, modules

MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "frames": {"errors"},
    "compiled": set(),
    "json_keys": set(),
    "orders": {"errors", "frames", "json_keys"},
    "control": {"errors"},  # what may be ordered and by whom, not what it does
    "contract": {"errors", "control"},  # the messages of the bus and who may read and write them
    "fleet": {"errors", "frames", "orders"},  # identifiers of orders only
    "airspace": {"errors", "frames", "json_keys"},
    "dispatch": {"errors", "frames", "compiled", "orders", "fleet", "airspace"},
    "planning": {"errors", "frames", "compiled", "orders", "fleet", "airspace"},
    "link": {"errors", "frames", "compiled", "fleet"},  # knows vehicles, not orders
    "customer": {"errors", "frames", "orders"},
    "insight": {"errors", "frames", "orders"},  # reads events; decides nothing
    "bench": {"errors", "frames", "orders", "dispatch"},  # replays days to dispatchers; the service never needs it
    "clearance": {"errors", "frames", "orders", "fleet", "airspace", "planning"},
    "flight": {"errors", "frames", "orders", "fleet", "airspace", "planning", "link"},
    # Input and output know shapes, not decisions: zones and plans to draw, the link to feed.
    "shell": {"errors", "frames", "json_keys", "airspace", "planning", "link", "control"},
    "app": {
        "errors",
        "frames",
        "json_keys",
        "orders",
        "fleet",
        "airspace",
        "dispatch",
        "planning",
        "link",
        "customer",
        "insight",
        "bench",
        "clearance",
        "flight",
        "shell",
        "control",
        "contract",
    },
}
"""What each box may import besides itself. The drawing of it is in docs/architecture.md."""

CORE = sorted(MAY_IMPORT.keys() - {"shell", "app"})
CHECK = {
    "planning/flight_check",
    "planning/check_around",
    "planning/check_failsafe",
    "planning/check_document",
    "planning/check_energy",
    "planning/check_formats",
    "planning/check_geometry",
    "planning/check_ground",
    "planning/check_index",
    "planning/check_kml",
    "planning/check_manual",
    "planning/check_motion",
    "planning/check_power",
    "planning/check_request",
    "planning/check_speed",
    "planning/check_times",
    "planning/check_volumes",
    "planning/check_zones",
}
"""The independent check: it imports itself only, so that a mistake of the planner is not repeated in it."""

NOT_IN_THE_CORE = {
    "asyncio": "waiting is the shell's",
    "logging": "the core says things by returning them",
    "multiprocessing": "processes are the shell's",
    "os": "the core reads no environment and no files",
    "pathlib": "the core gets texts, not paths",
    "random": "randomness comes in as an argument",
    "secrets": "randomness comes in as an argument",
    "socket": "datagrams come in as arguments",
    "sqlite3": "the ledger is the shell's",
    "subprocess": "processes are the shell's",
    "threading": "there are no threads in the core",
    "time": "the time comes in as an argument",
}
CLOCKS_AND_DICE = {"now", "utcnow", "today", "default_rng"}
"""Called on anything in the core, these read a clock or make randomness."""

DOORS: dict[str, set[str]] = {
    "pymavlink": {"link/codec"},
    "fastcrc": {"link/codec"},
    "cvxpy": {"planning/cone_program"},
    "clarabel": {"planning/cone_program"},
    "qoco": {"planning/cone_program"},
    "numba": {"compiled"},
    "pyvrp": {"dispatch/van_peer"},
    "scipy": {"planning/cone_program", "dispatch/horizon_match", "bench/day_bound"},
    "aiomqtt": {"shell/mqtt", "shell/mqtt_client"},
    "paho": {"shell/mqtt", "shell/mqtt_client"},
    "amqtt": {"shell/broker"},
    "sqlite3": {"shell/store", "shell/account_store", "shell/track_store"},
    "serial": {"shell/serial_line"},
    "defusedxml": {"airspace/kml"},
    "valhalla": {"shell/embedded_valhalla"},
    "tifffile": {"shell/terrain_files"},
    "uvloop": {"shell/fast_loop"},
    "litestar": {"shell/web/application", "shell/web/server"},
    "uvicorn": {"shell/web/server", "shell/web/connection"},
    "argon2": {"shell/web/passwords"},
    "jwt": {"shell/web/id_token"},
    "matplotlib": {"shell/bench_picture", "shell/picture", "shell/plan_picture", "shell/zone_map"},
    "rich": {"shell/console", "app/cli_text"},
    "mavsdk": set(),  # an observer for tests; the package itself never needs it
}
SIMULATOR_DOORS = {"app/options", "app/demo", "app/live"}
"""The demonstration starts the simulator; nothing else of the package knows that there is one."""


def boxes_imported(module: Module) -> Iterator[tuple[str, int]]:
    for each in module.imports():
        head, _, rest = each.module.partition(".")
        if head == "skystork" and rest:
            box = rest.split(".")[0]
            if box in MAY_IMPORT:
                yield box, each.line


def outside_calls(module: Module) -> Iterator[tuple[int, str]]:
    """Calls that read a clock, throw dice, or touch the outside, and anything asynchronous."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) if name in CLOCKS_AND_DICE:
                yield node.lineno, f"calls {name}"
            case ast.Call(func=ast.Name(id=("open" | "print" | "input") as name)):
                yield node.lineno, f"calls {name}"
            case ast.AsyncFunctionDef() | ast.Await():
                yield node.lineno, "is asynchronous"


def test_every_box_has_a_row() -> None:
    assert {module.box for module in modules(PACKAGE)} == MAY_IMPORT.keys() | {"__init__"}


def test_a_module_imports_only_what_its_floor_allows() -> None:
    wrong = [
        f"{module.name}:{line} imports {box}"
        for module in modules(PACKAGE)
        for box, line in boxes_imported(module)
        if box not in MAY_IMPORT.get(module.box, set()) | {module.box}
    ]
    assert not wrong


def test_the_table_itself_has_no_circle() -> None:
    left = {box: set(below) for box, below in MAY_IMPORT.items()}
    while left:
        free = {box for box, below in left.items() if not below & left.keys()}
        assert free, f"these import each other: {sorted(left)}"
        left = {box: below for box, below in left.items() if box not in free}


def test_the_independent_check_imports_nothing_of_ours_but_itself() -> None:
    found = [module for module in modules(PACKAGE) if module.name in CHECK]
    own = tuple(f"skystork.{name.replace('/', '.')}" for name in CHECK)
    imports = [each.module for module in found for each in module.imports()]
    assert {module.name for module in found} == CHECK
    assert [name for name in imports if name.startswith("skystork") and not name.startswith(own)] == []
    assert not {name.split(".")[0] for name in imports} & {"shapely", "scipy", "cvxpy"}


def test_the_core_has_no_clock_no_dice_and_no_input_or_output() -> None:
    core = [module for module in modules(PACKAGE) if module.box in CORE]
    wrong = [
        f"{module.name}:{each.line} {each.module}: {NOT_IN_THE_CORE[head]}"
        for module in core
        for each in module.imports()
        if (head := each.module.split(".")[0]) in NOT_IN_THE_CORE
    ]
    wrong += [f"{module.name}:{line} {what}" for module in core for line, what in outside_calls(module)]
    assert not wrong


def test_each_third_party_comes_in_by_its_own_door() -> None:
    wrong = [
        f"{module.name}:{each.line} imports {each.module}"
        for module in modules(PACKAGE)
        for each in module.imports()
        if (head := each.module.split(".")[0]) in DOORS and module.name not in DOORS[head]
    ]
    assert not wrong


def test_every_door_is_used() -> None:
    used = {(each.module.split(".")[0], module.name) for module in modules(PACKAGE) for each in module.imports()}
    unused = [(party, door) for party, doors in DOORS.items() for door in doors if (party, door) not in used]
    # Clarabel is called by name through cvxpy.
    assert set(unused) <= {("clarabel", "planning/cone_program")}


def test_only_the_demonstration_knows_the_simulator() -> None:
    who = {m.name for m in modules(PACKAGE) for each in m.imports() if each.module.split(".")[0] == "skystork_sim"}
    assert who <= SIMULATOR_DOORS


def test_the_simulator_shares_nothing_with_us_but_frames() -> None:
    ours = {
        f"{module.name}: {each.module}"
        for module in modules(SIMULATOR)
        for each in module.imports()
        if each.module.split(".")[0] == "skystork" and each.module.split(".")[:2] != ["skystork", "frames"]
    }
    assert not ours


def test_imports_are_absolute() -> None:
    everything = (*modules(PACKAGE), *modules(SIMULATOR))
    assert not [module.name for module in everything for each in module.imports() if each.module.startswith(".")]
