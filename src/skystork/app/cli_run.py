"""``skystork run`` and ``skystork demo``: the service against real vehicles, and against the simulated hour."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from skystork.app.broker_users import users_of
from skystork.app.cli_text import ExitCode, fail, told_plainly
from skystork.app.ledger_view import LedgerView
from skystork.app.make_ready import make_ready
from skystork.app.networks import override
from skystork.app.options import SiteOption, StateOption
from skystork.app.site import Site, load_site
from skystork.app.site_copies import site_to_serve
from skystork.app.site_http import listening
from skystork.app.state_folder import StateFolder
from skystork.shell.fast_loop import LoopChoice

DEFAULT_RUNS = Path("run")


ListenOption = Annotated[
    list[str] | None,
    typer.Option(
        help="A network's connection instead of the site file's, like udpin://0.0.0.0:14550 or "
        "radio=serial:/dev/ttyUSB0:57600; may be given several times.",
        metavar="[NAME=]CONNECTION",
    ),
]


HttpOption = Annotated[
    str | None,
    typer.Option(
        "--http",
        help="Serve console and API here, like 127.0.0.1:8080; `off` for none. The site's [http] is the default.",
        metavar="HOST:PORT",
    ),
]
DEFAULT_HTTP = "127.0.0.1:8080"
"""Of a live demonstration."""


def _listening(site: Site, listen: list[str] | None) -> Site:
    """The site with other connections, where some are given."""
    return replace(site, networks=override(site.networks, listen or ()))


def run(  # noqa: PLR0917  # typer reads options from positional parameters
    site: SiteOption,
    state: StateOption,
    mqtt: Annotated[
        str, typer.Option(help="Broker: mqtt://host:port or mqtts://…; MQTT 5, `?protocol=3.1.1` for older.")
    ],
    clock: Annotated[Path | None, typer.Option(help="clock.json of a simulated world; real time if not given.")] = None,
    orders: Annotated[Path | None, typer.Option(help="Order file to play at its own times.")] = None,
    listen: ListenOption = None,
    mqtt_users: Annotated[
        Path | None, typer.Option(help="TOML file of [[users]] of the broker: whose commands are taken.")
    ] = None,
    http: HttpOption = None,
    http_cert: Annotated[
        Path | None, typer.Option(help="TLS certificate, PEM; with it any address may be used.")
    ] = None,
    http_key: Annotated[Path | None, typer.Option(help="Key of the TLS certificate, PEM.")] = None,
    loop: Annotated[
        LoopChoice, typer.Option(help="Event loop; auto takes uvloop where it is installed (extra `fast`).")
    ] = LoopChoice.AUTO,
) -> None:
    """Serve a site: take orders, fly, drive, until stopped. What is in the air is taken over by the next start."""
    from skystork.app.live import serve  # noqa: PLC0415  # brings the network in; other commands do not need it

    with told_plainly():
        place = _listening(site_to_serve(site, StateFolder(state)), listen)
        web = listening(place.http, http, http_cert, http_key)
        users = users_of(mqtt, mqtt_users)
        serve(place, state, broker=mqtt, clock_file=clock, order_file=orders, loop=loop, http=web, users=users)


def demo(  # noqa: PLR0917  # typer reads options from positional parameters
    site: SiteOption,
    out: Annotated[Path | None, typer.Option(help="Folder for ledger, report and map; run/demo or run/live.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the order stream and the network.")] = 1,
    count: Annotated[int, typer.Option(min=1, max=1000, help="Orders in the hour.")] = 60,
    live: Annotated[bool, typer.Option("--live", help="UDP, a real broker, paced time.")] = False,
    speed: Annotated[float, typer.Option(min=0.1, max=60, help="With --live: simulated seconds in a second.")] = 20.0,
    mqtt: Annotated[str | None, typer.Option(help="With --live: use this broker instead of starting one.")] = None,
    listen: ListenOption = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="With --live: do not go on with an unfinished run.")] = False,
    http: HttpOption = None,
    stop: Annotated[bool, typer.Option("--stop", help="Stop the world that a killed live run left behind.")] = False,
) -> None:
    """Fly the Darlington hour: 60 orders, 8 drones, 3 vans, 2 robots, the real airspace; end with report and map."""
    with told_plainly():
        place = _listening(load_site(site, with_keys=True), listen)
        if live or stop:
            from skystork.app.live import live_demo, stop_world  # noqa: PLC0415  # see run

            folder = out or DEFAULT_RUNS / "live"
            if stop:
                stop_world(folder)
                return
            web = listening(place.http, http or place.http.table.listen or DEFAULT_HTTP, None, None)
            live_demo(place, folder, seed=seed, count=count, speed=speed, broker=mqtt, fresh=fresh, http=web)
        else:
            folder = out or DEFAULT_RUNS / "demo"
            _virtual(place, folder, seed, count)
        _report(place, folder)


def _virtual(site: Site, folder: Path, seed: int, count: int) -> None:
    from skystork.app.demo import run_demo, seeded_orders  # noqa: PLC0415  # the simulator is an extra

    batch = seeded_orders(site, seed, count)
    make_ready()
    robots = f", {len(site.robots)} robots" if site.robots else ""
    fleet = f"{len(site.drones)} drones, {len(site.vans)} vans{robots}"
    print(f"{len(batch.orders)} orders of seed {seed}, {fleet}; virtual time")
    began_s = time.monotonic()
    simulated_s = run_demo(site, folder, batch.orders, seed=seed)
    (folder / "orders.jsonl").write_text(batch.text, encoding="utf-8")
    took_s = time.monotonic() - began_s
    print(f"{simulated_s / 3600:.2f} simulated hours in {took_s:.0f} s: {simulated_s / took_s:.0f} times real time")


def _report(site: Site, folder: Path) -> None:
    from skystork.app.demo import read_town_names  # noqa: PLC0415  # see above
    from skystork.app.report import write_report  # noqa: PLC0415  # matplotlib takes a second to import
    from skystork.app.track_check import check_tracks  # noqa: PLC0415  # with it

    view = LedgerView.read(folder)
    if view.report.broken is not None:
        raise fail(f"the ledger does not hold: {view.report.broken}", ExitCode.REFUSED)
    verdict = check_tracks(folder / "tracks.db", site)
    lines = write_report(folder, view, site, verdict, read_town_names(site))
    print("\n" + "\n".join(lines))
    print(f"\nreport      {folder / 'report.txt'}, {folder / 'report.json'}")
    print(f"map         {folder / 'map.png'}, {folder / 'map.svg'}")
    if verdict.inside:
        raise fail(f"flown inside prohibited airspace: {', '.join(verdict.offenders)}", ExitCode.REFUSED)
