"""Draws the state machines of the package as Mermaid diagrams, from their own tables.

``python docs/make_diagrams.py`` writes ``docs/diagrams/*.md``; a test says whether they are current.
"""

from __future__ import annotations

import importlib
import sys
from collections import defaultdict
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

FOLDER = Path(__file__).parent / "diagrams"
MACHINES = {
    "order": ("skystork.orders.order_state", "The life of an order"),
    "flight": ("skystork.flight.phase", "The phases of a delivery flight"),
    "launch": ("skystork.flight.authorisation", "A person's word for a launch"),
    "drop": ("skystork.flight.drop", "The drop over the doorstep"),
    "link": ("skystork.link.contact", "Hearing a vehicle, losing it, hearing it again"),
    "command": ("skystork.link.command", "One MAVLink command and its answer"),
    "confirmed": ("skystork.link.confirmed_command", "One order, and what is heard to come of it"),
    "transfer": ("skystork.link.mission_transfer", "A transfer as a whole: upload, verdict, reading back, comparing"),
    "upload": ("skystork.link.mission_upload", "Mission, fence or rally points going on board"),
    "download": ("skystork.link.mission_download", "What is on board being read back"),
    "events": ("skystork.link.event_sequence", "The numbers of a vehicle's events"),
    "file": ("skystork.link.file_download", "Fetching a file from the vehicle"),
    "log_list": ("skystork.link.log_list", "Asking a vehicle which logs it keeps"),
    "log_read": ("skystork.link.log_read", "Reading a stretch of a log"),
    "winch": ("skystork.link.winch", "One order to the winch"),
    "current_item": ("skystork.link.current_item", "Moving a mission on to an item"),
    "parameter_read": ("skystork.link.parameter_read", "Reading parameters by name"),
    "parameter_download": ("skystork.link.parameter_download", "Reading all parameters of a vehicle"),
    "second_person": ("skystork.control.second_person", "A command that two people must agree to"),
    "parameter_write": ("skystork.link.parameter_write", "Writing one parameter"),
}
"""File name: module with a ``TRANSITIONS`` table, and the heading."""


def diagrams() -> dict[Path, str]:
    """Every file this writes, with its text."""
    return {FOLDER / f"{name}.md": _page(module, heading) for name, (module, heading) in MACHINES.items()}


def _page(module_name: str, heading: str) -> str:
    module = importlib.import_module(module_name)
    table: Mapping[StrEnum, Mapping[type, StrEnum]] = module.TRANSITIONS
    first = next(iter(type(next(iter(table)))))
    initial = sorted(getattr(module, "INITIAL", {first}))
    lines = [f"    [*] --> {state}" for state in initial]
    for state, row in table.items():
        events: defaultdict[StrEnum, list[str]] = defaultdict(list)
        for event, following in row.items():
            events[following].append(event.__name__)
        lines += [f"    {state} --> {following}: {', '.join(names)}" for following, names in events.items()]
    lines += [f"    {state} --> [*]" for state in table if state in module.TERMINAL]
    source = module_name.replace(".", "/")
    return "\n".join(
        [
            f"# {heading}",
            "",
            f"Drawn from the table in `src/{source}.py` by `docs/make_diagrams.py`; not written by hand.",
            "",
            "```mermaid",
            "stateDiagram-v2",
            *lines,
            "```",
            "",
        ]
    )


def main() -> int:
    """Write the diagrams."""
    FOLDER.mkdir(exist_ok=True)
    for path, text in diagrams().items():
        path.write_text(text, encoding="utf-8")
        print(path.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
