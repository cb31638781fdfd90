"""``launch/px4_sitl``: a real PX4 for every drone of a site, until stopped."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from skystork_sim.px4.fleet import Px4Fleet
from skystork_sim.px4.holder import InstanceTakenError
from skystork_sim.px4.running import Px4StartError
from skystork_sim.px4.site_fleet import PACKAGE, vehicles_of_site
from skystork_sim.px4.source import NoPx4Error, find_px4
from skystork_sim.toml_table import ScenarioError

SCENARIOS = PACKAGE / "scenarios" if (PACKAGE / "scenarios").exists() else PACKAGE.parent / "scenarios"
FAILED, USAGE, INVALID_INPUT, UNAVAILABLE = 1, 2, 3, 7
LOOK_S = 0.2


def main(arguments: list[str] | None = None) -> int:
    """Start, wait, stop; returns the exit code."""
    options = _parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        return _run(options)
    except KeyboardInterrupt:
        return 0
    except ScenarioError as error:
        print(error, file=sys.stderr)
        return INVALID_INPUT
    except (NoPx4Error, InstanceTakenError) as error:
        print(error, file=sys.stderr)
        return UNAVAILABLE
    except Px4StartError as error:
        print(error, file=sys.stderr)
        return FAILED


def _run(options: argparse.Namespace) -> int:
    settings = dict(options.set)
    only = options.only.split(",") if options.only else ()
    vehicles = vehicles_of_site(options.site, only=only, settings=settings)
    folder = options.logs / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    with Px4Fleet(find_px4(), vehicles, folder, speed=options.speed, seed=options.seed) as fleet:
        print(f"ready {' '.join(vehicle.name for vehicle in vehicles)} (logs: {folder})", flush=True)
        while True:
            fleet.complain_if_ended()
            time.sleep(LOOK_S)


def _parser() -> argparse.ArgumentParser:
    epilog = (
        "PX4_SITL names the PX4: a folder with bin/px4 and etc/, or docker, or docker:<image>; not set: the package"
    )
    parser = argparse.ArgumentParser(prog="launch/px4_sitl", description=__doc__, epilog=epilog)
    parser.add_argument("--site", type=Path, default=SCENARIOS / "darlington_sitl", help="folder of a site")
    parser.add_argument("--logs", type=Path, default=Path("run/px4"), help="a folder for each run is made in it")
    parser.add_argument("--only", default="", help="vehicle ids, separated by commas; all without")
    parser.add_argument("--speed", type=_speed, default=1.0, help="simulated seconds in a second, 0.1 to 20")
    parser.add_argument("--seed", type=int, help="written down with the run")
    parser.add_argument(
        "--set", action="append", type=_setting, default=[], metavar="NAME=VALUE", help="one more parameter"
    )
    return parser


def _speed(text: str) -> float:
    speed = float(text)
    if not 0.1 <= speed <= 20:  # above 20 one core does not carry it (measured on 1.17.0)
        raise argparse.ArgumentTypeError(f"{text}: accepted are 0.1 to 20")
    return speed


def _setting(text: str) -> tuple[str, int | float]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise argparse.ArgumentTypeError(f"{text}: write NAME=VALUE")
    return name, int(value) if value.lstrip("-").isdigit() else float(value)


def _stop(_number: int, _frame: object) -> None:
    """A signal ends the wait."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
