"""One flight plan on a page: from above with its corridor, heights over time, distance from what is closed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Polygon

from skystork.airspace.zone import Zone
from skystork.frames import LocalFrame
from skystork.planning.flight_plan import Corridor, FlightPlan, Leg, LegName
from skystork.shell.zone_map import HALO, INK, PAPER, View, draw_ground, is_closed, zone_polygon

PAGE_IN = (11.0, 12.4)
"""Width and height of the sheet [inch]."""
_LEG_COLOURS = {LegName.OUTBOUND: "#1f5fa8", LegName.INBOUND: "#15803d"}
_VERTICAL_COLOUR = "#7e22ce"
_CLOSED_COLOUR = "#b3261e"


def draw_plan_figure(figure: Figure, plan: FlightPlan, zones: Sequence[Zone], frame: LocalFrame) -> None:
    """Fill an empty figure with the plan; see :func:`skystork.shell.picture.draw_plan`."""
    request = plan.request
    figure.text(
        0.07,
        0.972,
        f"Flight {request.flight_id}: order {request.order_id} by {request.vehicle_id} ({request.profile.name})",
        fontsize=13,
        fontweight="bold",
        color=INK,
    )
    figure.text(0.07, 0.952, _summary(plan), fontsize=9, color="#46525c")
    top, heights, margins = (
        figure.add_axes((0.07, 0.375, 0.90, 0.56)),
        figure.add_axes((0.07, 0.195, 0.90, 0.125)),
        figure.add_axes((0.07, 0.045, 0.90, 0.115)),
    )
    _draw_from_above(top, plan, zones, frame)
    _draw_heights(heights, plan)
    _draw_margins(margins, plan, zones, frame)


def _summary(plan: FlightPlan) -> str:
    profile = plan.request.profile
    share = plan.reserve_j / profile.battery_j
    return (
        f"{plan.duration_s / 60:.1f} min, at the door after {plan.time_to_drop_s / 60:.1f} min   ·   "
        f"{plan.energy_j / 3.6e6:.2f} kWh, {share:.0%} of the battery left "
        f"({profile.reserve_fraction:.0%} required)   ·   "
        f"parcel {plan.request.payload_kg:g} kg   ·   zones {plan.zone_set_hash[:12]}"
    )


def _draw_from_above(axes: Axes, plan: FlightPlan, zones: Sequence[Zone], frame: LocalFrame) -> None:
    line = [(point.east_m, point.north_m) for point in plan.track]
    pad, door = frame.to_enu_m(plan.request.pad), frame.to_enu_m(plan.request.drop_off)
    corridors = [(leg, leg.corridor) for leg in plan.legs if leg.corridor is not None]
    view = _wide(View.about([pad, door, *line], margin_m=600.0))
    legend: list[Patch | Line2D] = list(draw_ground(axes, zones, frame, view))
    for leg, corridor in corridors:
        legend.append(_draw_corridor(axes, leg, corridor))
    for leg, points in _legs_of_track(plan):
        if leg.name in _LEG_COLOURS:
            colour, width = _LEG_COLOURS[leg.name], 3.6 if leg.name is LegName.OUTBOUND else 1.5
            # The way home lies upon the way out, narrower, so that both are seen.
            legend += axes.plot(
                *zip(*points, strict=True), color=colour, linewidth=width, zorder=6, label=f"trajectory {leg.name}"
            )
    legend.append(Line2D([], [], color=INK, linewidth=0.9, linestyle=":", label="shortest free path"))
    for place, name, marker in ((pad, "pad", "s"), (door, "doorstep", "v")):
        axes.plot(*place, marker=marker, markersize=8, color=INK, markeredgecolor=PAPER, zorder=8)
        axes.annotate(
            name, place, (7, -10), textcoords="offset points", fontsize=8.5, color=INK, path_effects=HALO, zorder=9
        )
    axes.legend(handles=legend, fontsize=7.5, loc="upper left", framealpha=0.9)


def _draw_corridor(axes: Axes, leg: Leg, corridor: Corridor) -> Patch:
    """Polygons and the path they were laid about: outbound filled, inbound hatched over it."""
    colour = _LEG_COLOURS[leg.name]
    outbound = leg.name is LegName.OUTBOUND
    face, hatch = ((colour, 0.09), None) if outbound else ("none", "\\\\\\")
    for polygon in corridor.polygons_enu_m:
        axes.add_patch(
            Polygon(
                polygon,
                facecolor=face,
                hatch=hatch,
                edgecolor=(colour, 0.45),
                linewidth=0.7,
                hatch_linewidth=0.25,
                zorder=3,
            )
        )
    axes.plot(*zip(*corridor.path_enu_m, strict=True), color=INK, linewidth=0.9, linestyle=":", zorder=7)
    return Patch(facecolor=face, hatch=hatch, edgecolor=colour, label=f"corridor {leg.name}")


def _wide(square: View) -> View:
    """The square stretched to the shape of the map's place on the sheet."""
    stretch = (0.90 * PAGE_IN[0]) / (0.56 * PAGE_IN[1])
    middle_m, half_m = (square.west_m + square.east_m) / 2, square.width_m / 2 * stretch
    return View(middle_m - half_m, middle_m + half_m, square.south_m, square.north_m)


def _legs_of_track(plan: FlightPlan) -> list[tuple[Leg, list[tuple[float, float]]]]:
    """The piece of the track flown on each leg, as positions (east, north) [m]."""
    pieces, begins_s = [], 0.0
    for leg in plan.legs:
        ends_s = begins_s + leg.duration_s
        piece = [(p.east_m, p.north_m) for p in plan.track if begins_s - 1.0 <= p.t_s <= ends_s + 1.0]
        pieces.append((leg, piece))
        begins_s = ends_s
    return pieces


def _draw_heights(axes: Axes, plan: FlightPlan) -> None:
    times_min = [point.t_s / 60 for point in plan.track]
    axes.plot(times_min, [point.height_home_m for point in plan.track], color=INK, linewidth=1.4)
    axes.fill_between(times_min, [point.height_home_m for point in plan.track], color=INK, alpha=0.06)
    begins_s, top_m = 0.0, max(point.height_home_m for point in plan.track)
    for leg in plan.legs:
        colour = _LEG_COLOURS.get(leg.name, _VERTICAL_COLOUR)
        axes.axvspan(begins_s / 60, (begins_s + leg.duration_s) / 60, color=colour, alpha=0.07, linewidth=0)
        if leg.name in _LEG_COLOURS or leg.name is LegName.DROP:
            middle_min = (begins_s + leg.duration_s / 2) / 60
            axes.text(middle_min, top_m * 1.12, leg.name, ha="center", fontsize=7.5, color=colour)
        begins_s += leg.duration_s
    axes.set_ylim(0, top_m * 1.28)
    _style(axes, plan, "height above home [m]")


def _draw_margins(axes: Axes, plan: FlightPlan, zones: Sequence[Zone], frame: LocalFrame) -> None:
    """How far each second of the track is from the nearest zone closed to it, and from its corridor's edge."""
    top_m = max(point.height_home_m for point in plan.track)
    closed = shapely.union_all([zone_polygon(zone, frame) for zone in zones if is_closed(zone, top_m)])
    times_min = [point.t_s / 60 for point in plan.track]
    points = shapely.points([(point.east_m, point.north_m) for point in plan.track])
    inside_m = _corridor_margins_m(plan, points)
    axes.plot(times_min, inside_m, color=_LEG_COLOURS[LegName.OUTBOUND], linewidth=1.2, label="inside the corridor")
    if not closed.is_empty:
        away_m = shapely.distance(points, closed)
        axes.plot(times_min, away_m, color=_CLOSED_COLOUR, linewidth=1.2, label="from the nearest closed zone")
        nearest = int(np.argmin(away_m))
        axes.plot(times_min[nearest], away_m[nearest], marker="o", markersize=4, color=_CLOSED_COLOUR)
        axes.annotate(
            f"{away_m[nearest]:.0f} m",
            (times_min[nearest], away_m[nearest]),
            (5, 5),
            textcoords="offset points",
            fontsize=8,
            color=_CLOSED_COLOUR,
        )
    axes.set_yscale("asinh", linear_width=100.0)  # near things large, far things in sight
    axes.set_yticks([0, 50, 200, 1000, 5000], ["0", "50", "200", "1000", "5000"])
    axes.set_ylim(bottom=0)
    _style(axes, plan, "margin [m]")
    axes.set_xlabel("minutes after take-off", fontsize=8, color=INK)
    axes.legend(fontsize=7.5, loc="upper right", framealpha=0.9)


def _corridor_margins_m(plan: FlightPlan, points: np.ndarray) -> np.ndarray:
    """How far inside its leg's corridor each point of the track lies [m]; NaN on vertical legs."""
    margins_m, begins_s = np.full(len(points), np.nan), 0.0
    times_s = np.array([point.t_s for point in plan.track])
    for leg in plan.legs:
        ends_s = begins_s + leg.duration_s
        if leg.corridor is not None:
            area = shapely.union_all([shapely.Polygon(polygon) for polygon in leg.corridor.polygons_enu_m])
            on_leg = (times_s > begins_s) & (times_s < ends_s)
            distance_m = shapely.distance(points[on_leg], area.boundary)
            margins_m[on_leg] = np.where(shapely.covers(area, points[on_leg]), distance_m, 0.0)
        begins_s = ends_s
    return margins_m


def _style(axes: Axes, plan: FlightPlan, label: str) -> None:
    axes.set_facecolor(PAPER)
    axes.set_xlim(0, plan.duration_s / 60)
    axes.set_ylabel(label, fontsize=8, color=INK)
    axes.grid(color=INK, alpha=0.08, linewidth=0.6)
    axes.tick_params(labelsize=7.5, colors=INK, length=2.5)
    for spine in axes.spines.values():
        spine.set_color(INK)
        spine.set_linewidth(0.8)
