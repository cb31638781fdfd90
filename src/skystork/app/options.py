"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def default_site() -> Path:
    """The Darlington site: of the source tree where there is one, else of the installed package."""
    tree = Path(__file__).resolve().parents[3] / "sim" / "scenarios" / "darlington"
    if tree.is_dir():
        return tree
    import skystork_sim  # noqa: PLC0415  # only here: an installation without the simulator has sites of its own

    return Path(skystork_sim.__file__).parent / "scenarios" / "darlington"


def firmware_folder() -> Path:
    """The fleet's firmware files: of the source tree where there is one, else of the installed package."""
    tree = Path(__file__).resolve().parents[3] / "firmware_configs"
    return tree if tree.is_dir() else Path(__file__).resolve().parents[2] / "skystork_sim" / "firmware_configs"


SiteOption = Annotated[
    Path, typer.Option("--site", help="Folder with site.toml.", envvar="SKYSTORK_SITE", default_factory=default_site)
]
StateOption = Annotated[
    Path,
    typer.Option(
        "--state",
        help="Folder with the ledger of a run.",
        envvar="SKYSTORK_STATE",
        default_factory=lambda: Path("state"),
    ),
]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Tell what would happen, and do nothing.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]
