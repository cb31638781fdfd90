"""``skystork zones``: a file of zones looked at, converted, shown; brought to the running service and taken from it."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from skystork.airspace.altitudes import written
from skystork.airspace.applicability import write_applicability
from skystork.airspace.formats import WRITERS, read_zones
from skystork.airspace.loss import Written
from skystork.airspace.reading import ReadOptions, ZoneFile, ZoneFormat
from skystork.airspace.rules import AirspaceRules
from skystork.airspace.zone import OPEN, Restriction, Zone
from skystork.app import cli_changes
from skystork.app.cli_text import ExitCode, fail, print_json, print_table, told_plainly
from skystork.app.options import JsonOption
from skystork.app.site import load_site
from skystork.app.site_airspace import SERVICE_RADIUS_M
from skystork.errors import ConfigError, Problem
from skystork.shell.zone_files import read_zone_file

app = typer.Typer(no_args_is_help=True, help="Files of zones: GeoJSON, ED-269, ED-318, KML, .plan, UAS Facility Map.")

app.command("bring")(cli_changes.bring)
app.command("remove")(cli_changes.remove)

FileArgument = Annotated[Path, typer.Argument(help="File of zones.")]
FormatOption = Annotated[
    ZoneFormat | None, typer.Option("--format", help="Its format; seen by its content if not given.")
]
NearOption = Annotated[
    Path | None, typer.Option("--site", help="Site whose rules and service area count; none if not given.")
]
AllowOption = Annotated[
    list[str] | None,
    typer.Option("--allow", help="repair, allow-remote, ground-stop, wrap-longitudes, cut-antimeridian, authorised."),
]
_WORDS = tuple(ReadOptions.__dataclass_fields__)


@app.command()
def check(
    file: FileArgument,
    zone_format: FormatOption = None,
    site: NearOption = None,
    allow: AllowOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read a file as a site would, and say of every zone what it closes; exit code 3 with all that is wrong with it."""
    with told_plainly():
        found = _read(file, zone_format, site, allow)
        notices = [str(each) for each in (*found.notices, *found.age_notices(time.time(), file.name))]
        rows = [_verdict(zone) for zone in found.zones]
        if as_json:
            print_json({"format": found.format, "zones": rows, "notices": notices})
            return
        print_table(
            f"{file.name}: {found.format}, {len(rows)} zones, all readable",
            ("zone", "name", "kind", "verdict", "band", "times"),
            [tuple(str(value) for value in row.values()) for row in rows],
        )
        for notice in notices:
            print(f"note: {notice}")


@app.command()
def convert(
    file: FileArgument,
    *,
    to: Annotated[ZoneFormat, typer.Option("--to", help="Format to write.")],
    out: Annotated[Path, typer.Option("--out", help="File to write; must not be there yet.")],
    zone_format: FormatOption = None,
    site: NearOption = None,
    allow: AllowOption = None,
    lossless: Annotated[
        bool, typer.Option("--lossless", help="Write nothing if anything is lost; exit code 4.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the zones of a file in another format, and say of each what that format cannot say."""
    with told_plainly():
        if to not in WRITERS:
            raise _refuse("--to", "is only read", to, ", ".join(WRITERS), "Give another format.")
        if out.exists():
            raise _refuse("--out", "is there already", str(out), "a file that is not there", "Give another name.")
        zones = _read(file, zone_format, site, allow).zones
        made = WRITERS[to](zones)
        _print_losses(made, len(zones), as_json=as_json)
        if lossless and made.losses:
            raise fail(f"{len(made.losses)} things would be lost: nothing was written", ExitCode.REFUSED)
        beside = out.with_name(f".{out.name}.{os.getpid()}")
        beside.write_text(made.text, encoding="utf-8")
        beside.replace(out)
        if not as_json:
            print(f"{len(zones)} zones as {to}: {out}")


@app.command()
def show(
    file: FileArgument,
    *,
    zone: Annotated[str | None, typer.Option("--id", help="Only this zone.")] = None,
    zone_format: FormatOption = None,
    site: NearOption = None,
    allow: AllowOption = None,
    as_json: JsonOption = False,
) -> None:
    """Everything that is known of the zones of a file."""
    with told_plainly():
        found = [each for each in _read(file, zone_format, site, allow).zones if zone in {None, each.zone_id}]
        if not found:
            raise fail(f"{file.name}: no zone has the id {zone}", ExitCode.NOT_FOUND)
        if as_json:
            print_json([_facts(each) for each in found])
            return
        for each in found:
            print_table(each.zone_id, ("what", "value"), [(key, str(value)) for key, value in _facts(each).items()])


def _read(file: Path, zone_format: ZoneFormat | None, site: Path | None, allow: Sequence[str] | None) -> ZoneFile:
    if not file.exists():
        raise fail(f"{file}: no such file", ExitCode.NOT_FOUND)
    words = [word.replace("-", "_") for word in allow or ()]
    wrong = [word for word in words if word not in _WORDS]
    if wrong:
        limit = ", ".join(word.replace("_", "-") for word in _WORDS)
        raise _refuse("--allow", "unknown word", wrong[0], limit, "Give one of these.")
    rules, area = AirspaceRules({}), None
    if site is not None:
        place = load_site(site)
        rules = AirspaceRules(place.kinds, place.airspace.zone_rules)
        area = (place.depot, SERVICE_RADIUS_M)
    options = ReadOptions(**dict.fromkeys(words, True))
    content = read_zone_file(file)
    return read_zones(
        content, where=file.name, rules=rules, service_area=area, options=options, zone_format=zone_format
    )


def _verdict(zone: Zone) -> dict[str, object]:
    return {
        "zone": zone.zone_id,
        "name": zone.name,
        "kind": zone.kind,
        "verdict": _words(zone),
        "band": f"{zone.lower.published} to {zone.upper.published}",
        "times": "always" if zone.active is None else f"{len(zone.active)} periods",
    }


def _words(zone: Zone) -> str:
    if zone.everywhere:
        return "closes everything"
    if zone.restriction in OPEN:
        slow = "" if zone.speed_limit_m_s is None else f", at most {zone.speed_limit_m_s:g} m/s"
        return f"open ({zone.restriction}{slow})"
    if zone.restriction is not Restriction.PROHIBITED and zone.granted_below_agl_m > 0:
        return f"closed above {zone.granted_below_agl_m:g} m ({zone.restriction})"
    return f"closed{' outside' if zone.outside else ''} ({zone.restriction})"


def _facts(zone: Zone) -> dict[str, object]:
    told = zone.published
    facts: dict[str, object] = {
        **_verdict(zone),
        "lower": written(zone.lower),
        "upper": written(zone.upper),
        "applicability": write_applicability(zone.active),
        "speed_limit_m_s": zone.speed_limit_m_s,
        "circle": None if zone.circle is None else f"{zone.circle.radius_m:g} m about {zone.circle.centre}",
        "corners": sum(len(ring) - 1 for ring in zone.rings),
        "identifier": told.identifier,
        "country": told.country,
        "reasons": ", ".join(told.reasons),
        "message": told.message,
        "other members": told.rest,
        "source": zone.source,
    }
    return {key: value for key, value in facts.items() if value}


def _print_losses(made: Written, zones: int, *, as_json: bool) -> None:
    if as_json:
        rows = [
            {"zone": each.zone_id, "field": each.field, "value": each.value, "done": each.done} for each in made.losses
        ]
        print_json({"zones": zones, "losses": rows})
        return
    counts = Counter(each.zone_id for each in made.losses)
    for each in made.losses:
        print(f"lost: {each}")
    print(f"{len(made.losses)} things lost in {len(counts)} of {zones} zones")


def _refuse(where: str, what: str, seen: str, limit: str, remedy: str) -> ConfigError:
    return ConfigError((Problem(where, what, seen, limit, remedy),))
