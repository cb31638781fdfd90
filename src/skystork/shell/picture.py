"""Maps and plans drawn to PNG and SVG, from what was written down, for people.

Import this module only where a picture is drawn: matplotlib takes most of a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from skystork.airspace.zone import Zone
from skystork.frames import Geodetic, LocalFrame
from skystork.planning.flight_plan import FlightPlan
from skystork.shell.plan_backdrop import Backdrop
from skystork.shell.plan_picture import PAGE_IN, draw_plan_figure
from skystork.shell.track_store import FlownPoint
from skystork.shell.zone_map import HALO, INK, PAPER, Town, View, draw_ground, draw_service_circle, draw_towns

SERVICE_RADIUS_M = 16_093.0
"""10 statute miles of 1,609.344 m."""
_VEHICLE_COLOURS = ("#1f5fa8", "#c2410c", "#15803d", "#7e22ce", "#0e7490", "#be185d", "#854d0e", "#475569")
_DOTS_PER_INCH = 160


def draw_tracks(
    path: Path,
    *,
    zones: Sequence[Zone],
    frame: LocalFrame,
    depot: Geodetic,
    tracks: Sequence[FlownPoint],
    drops: Sequence[Geodetic] = (),
    vans: Sequence[FlownPoint] = (),
    towns: Sequence[Town] = (),
    radius_m: float = SERVICE_RADIUS_M,
    title: str = "",
) -> tuple[Path, ...]:
    """Draw all flown tracks over the zones.

    Parameters
    ----------
    path
        With ``.png`` or ``.svg``, that file; without, both.
    zones
        All of the site.
    frame
        The site's.
    depot
        Where flights and rounds begin.
    tracks
        Of the flights, each in order of time, one flight after the other.
    drops
        Doorsteps where a drone delivered.
    vans
        Tracks of the vans, as ``tracks``.
    towns
        Names to write.
    radius_m
        Of the circle that drones serve [m].
    title
        Above the map.

    Returns
    -------
    files
        What was written.
    """
    figure = _new_figure(10.5, 11.5)
    axes = figure.add_axes((0.065, 0.115, 0.915, 0.84))
    view = View.about([(-radius_m, -radius_m), (radius_m, radius_m)], margin_m=0.09 * radius_m)
    legend: list[Patch | Line2D] = list(draw_ground(axes, zones, frame, view))
    legend.append(draw_service_circle(axes, radius_m, f"served by drone: {radius_m / 1609.344:.0f} miles"))
    draw_towns(axes, towns, frame)
    legend += _draw_vans(axes, vans, frame)
    legend += _draw_flights(axes, tracks, frame)
    legend += _draw_places(axes, depot, drops, frame)
    axes.set_title(title, fontsize=13, fontweight="bold", color=INK, loc="left", pad=10)
    figure.legend(
        handles=legend, loc="lower center", ncols=5, fontsize=7.8, frameon=False, bbox_to_anchor=(0.52, 0.003)
    )
    return _save(figure, path)


def draw_plan(path: Path, plan: FlightPlan, backdrop: Backdrop) -> tuple[Path, ...]:
    """Draw one plan: from above with zones, margins and fence, its profile, and its distance from what is closed.

    Parameters
    ----------
    path
        With ``.png`` or ``.svg``, that file; without, both.

    Returns
    -------
    files
        What was written.
    """
    figure = _new_figure(*PAGE_IN)
    draw_plan_figure(figure, plan, backdrop)
    return _save(figure, path)


def _new_figure(width_in: float, height_in: float) -> Figure:
    figure = Figure(figsize=(width_in, height_in), facecolor="white")
    FigureCanvasAgg(figure)  # no window system, no global state
    return figure


def _save(figure: Figure, path: Path) -> tuple[Path, ...]:
    files = (
        (path,) if path.suffix.lower() in (".png", ".svg") else tuple(Path(f"{path}{end}") for end in (".png", ".svg"))
    )
    with matplotlib.rc_context({"svg.hashsalt": "skystork", "svg.fonttype": "none"}):  # the same drawing, the same file
        for file in files:
            metadata = {"Date": None} if file.suffix.lower() == ".svg" else None
            figure.savefig(file, dpi=_DOTS_PER_INCH, metadata=metadata)
    return files


def _lines_enu_m(points: Sequence[FlownPoint], frame: LocalFrame) -> list[tuple[str, list[tuple[float, float]]]]:
    """(vehicle, line) for each flight or round."""
    lines = []
    for (_, vehicle_id), group in groupby(points, key=lambda point: (point.flight_id, point.vehicle_id)):
        line = [frame.to_enu_m(Geodetic(point.latitude_deg, point.longitude_deg)) for point in group]
        if len(line) > 1:
            lines.append((vehicle_id, line))
    return lines


def _draw_flights(axes: Axes, tracks: Sequence[FlownPoint], frame: LocalFrame) -> list[Line2D]:
    lines, legend = _lines_enu_m(tracks, frame), []
    vehicles = sorted({vehicle_id for vehicle_id, _ in lines})
    for number, vehicle_id in enumerate(vehicles):
        colour = _VEHICLE_COLOURS[number % len(_VEHICLE_COLOURS)]
        flown = [line for other, line in lines if other == vehicle_id]
        axes.add_collection(LineCollection(flown, colors="white", linewidths=2.2, alpha=0.7, zorder=6), autolim=False)
        axes.add_collection(LineCollection(flown, colors=colour, linewidths=1.1, alpha=0.9, zorder=6.1), autolim=False)
        count = f"{len(flown)} flight" + "s" * (len(flown) != 1)
        legend.append(Line2D([], [], color=colour, linewidth=2, label=f"{vehicle_id}: {count}"))
    return legend


def _draw_vans(axes: Axes, vans: Sequence[FlownPoint], frame: LocalFrame) -> list[Line2D]:
    lines = [line for _, line in _lines_enu_m(vans, frame)]
    if not lines:
        return []
    drawn = [
        axes.plot(
            *zip(*line, strict=True),
            color="#6b655c",
            linewidth=1.1,
            linestyle=(0, (1, 1.2)),
            alpha=0.6,
            zorder=5,
            label="vans (stops, not roads)",
        )
        for line in lines
    ]
    return drawn[0]


def _draw_places(axes: Axes, depot: Geodetic, drops: Sequence[Geodetic], frame: LocalFrame) -> list[Line2D]:
    east_m, north_m = frame.to_enu_m(depot)
    legend = axes.plot(east_m, north_m, "s", markersize=8, color=INK, markeredgecolor=PAPER, zorder=8, label="depot")
    axes.annotate(
        "depot",
        (east_m, north_m),
        (7, -10),
        textcoords="offset points",
        fontsize=8.5,
        fontweight="bold",
        color=INK,
        path_effects=HALO,
        zorder=9,
    )
    if drops:
        doors = [frame.to_enu_m(drop) for drop in drops]
        legend += axes.plot(
            *zip(*doors, strict=True),
            "v",
            markersize=6,
            color="#111827",
            markeredgecolor=PAPER,
            markeredgewidth=0.8,
            zorder=7,
            label=f"delivered by drone: {len(drops)}",
        )
    return legend
