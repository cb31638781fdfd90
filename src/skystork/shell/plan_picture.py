"""One flight plan on a page: from above with zones and margins, its profile, its distance from what is closed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch, Polygon
from matplotlib.path import Path as DrawnPath
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from skystork.planning.flight_plan import Corridor, FlightPlan, Leg, LegName
from skystork.planning.free_space import planning_margin_m
from skystork.shell.plan_backdrop import Backdrop
from skystork.shell.zone_map import HALO, INK, PAPER, View, draw_ground

Array = NDArray[np.float64]

PAGE_IN = (11.0, 13.4)
"""Width and height of the sheet [inch]."""
_MAP_IN = (0.90 * PAGE_IN[0], 0.515 * PAGE_IN[1])
_LEG_COLOURS = {LegName.OUTBOUND: "#1f5fa8", LegName.INBOUND: "#15803d"}
_CLOSED_COLOUR, _GROUND_COLOUR, _FENCE_COLOUR, _SPEED_COLOUR = "#b3261e", "#8b6f47", "#6d28d9", "#9a5b00"


@dataclass(frozen=True, slots=True)
class _Flown:
    """The track with how far it has come; vertical parts take no way."""

    km: Array
    places_m: Array
    heights_m: Array
    speeds_m_s: Array
    leg_km: dict[LegName, tuple[float, float]]


def draw_plan_figure(figure: Figure, plan: FlightPlan, backdrop: Backdrop) -> None:
    """Fill an empty figure with the plan; see :func:`skystork.shell.picture.draw_plan`."""
    request = plan.request
    title = f"Flight {request.flight_id}: order {request.order_id} by {request.vehicle_id} ({request.profile.name})"
    figure.text(0.07, 0.977, title, fontsize=13, fontweight="bold", color=INK)
    figure.text(0.07, 0.960, _summary(plan), fontsize=9, color="#46525c")
    map_axes = figure.add_axes((0.07, 0.430, 0.90, 0.515))
    heights = figure.add_axes((0.07, 0.195, 0.86, 0.125))
    margins = figure.add_axes((0.07, 0.040, 0.86, 0.105))
    _draw_from_above(map_axes, plan, backdrop)
    flown = _flown(plan)
    _draw_profile(heights, backdrop, flown)
    _draw_clearance(margins, plan, backdrop, flown)


def _summary(plan: FlightPlan) -> str:
    profile = plan.request.profile
    share = plan.reserve_j / profile.battery_j
    return (
        f"{plan.duration_s / 60:.1f} min, at the door after {plan.time_to_drop_s / 60:.1f} min   ·   "
        f"{plan.energy_j / 3.6e6:.2f} kWh, {share:.0%} of the battery left "
        f"({profile.reserve_fraction:.0%} required)   ·   "
        f"parcel {plan.request.payload_kg:g} kg   ·   wind {_wind(plan)}   ·   zones {plan.zone_set_hash[:8]}"
    )


def _wind(plan: FlightPlan) -> str:
    east, north = plan.request.wind_enu_m_s
    speed = float(np.hypot(east, north))
    return f"{speed:.1f} m/s from {np.degrees(np.arctan2(-east, -north)) % 360:.0f}°" if speed > 0.05 else "calm"


def _draw_from_above(axes: Axes, plan: FlightPlan, backdrop: Backdrop) -> None:
    frame = backdrop.zones.frame
    line = [(point.east_m, point.north_m) for point in plan.track]
    view = _wide(View.about(line, margin_m=0.0))
    legend: list[Patch | Line2D] = list(
        draw_ground(axes, backdrop.zones.zones, frame, view, unwritten=_written_over(plan, backdrop, view))
    )
    legend += _draw_margin(axes, plan, backdrop)
    legend += [_draw_corridor(axes, leg, leg.corridor) for leg in plan.legs if leg.corridor is not None]
    legend.append(_draw_fence(axes, plan))
    for leg, points in _legs_of_track(plan):
        if leg.name in _LEG_COLOURS:
            colour, width = _LEG_COLOURS[leg.name], 3.6 if leg.name is LegName.OUTBOUND else 1.5
            # The way home lies upon the way out, narrower, so that both are seen.
            label = f"{leg.name} at {leg.start_height_home_m:.0f} m"
            legend += axes.plot(*zip(*points, strict=True), color=colour, linewidth=width, zorder=6, label=label)
    places = [(frame.to_enu_m(plan.request.drop_off), "doorstep", "v"), (frame.to_enu_m(plan.request.pad), "pad", "s")]
    places += [(frame.to_enu_m(point.position), point.name, "P") for point in plan.around.safe_points[1:]]
    for place, name, marker in places:
        axes.plot(*place, marker=marker, markersize=8, color=INK, markeredgecolor=PAPER, zorder=8)
        axes.annotate(
            name, place, (8, -11), textcoords="offset points", fontsize=8.5, color=INK, path_effects=HALO, zorder=9
        )
    axes.figure.legend(
        handles=legend, fontsize=7.6, loc="upper center", bbox_to_anchor=(0.52, 0.400), ncols=4, frameon=False
    )


def _written_over(plan: FlightPlan, backdrop: Backdrop, view: View) -> BaseGeometry:
    """About the way, the names of its places, and the scale: no zone's name is written there [m]."""
    line = shapely.LineString([(point.east_m, point.north_m) for point in plan.track]).buffer(0.07 * view.width_m)
    frame, wide_m = backdrop.zones.frame, view.width_m
    places = [plan.request.pad, plan.request.drop_off, *(point.position for point in plan.around.safe_points)]
    names = [
        shapely.box(east_m - 0.09 * wide_m, north_m - 0.06 * wide_m, east_m + 0.2 * wide_m, north_m + 0.03 * wide_m)
        for east_m, north_m in map(frame.to_enu_m, places)
    ]
    scale = shapely.box(view.west_m, view.south_m, view.west_m + 0.3 * wide_m, view.south_m + 0.09 * wide_m)
    rim = shapely.box(view.west_m, view.south_m, view.east_m, view.north_m)
    return shapely.union_all([line, *names, scale, rim.difference(rim.buffer(-0.02 * wide_m))])


def _draw_margin(axes: Axes, plan: FlightPlan, backdrop: Backdrop) -> list[Patch | Line2D]:
    """Outline of what is closed grown by the margin, and the buildings that the flight goes round."""
    found: list[Patch | Line2D] = []
    margin = backdrop.margin(plan)
    if not margin.is_empty:
        style = {"edgecolor": _CLOSED_COLOUR, "linewidth": 1.0, "linestyle": (0, (5, 3))}
        axes.add_patch(PathPatch(_outline(margin), facecolor="none", zorder=4, **style))
        margin_m = planning_margin_m(plan.request.profile)
        found.append(Line2D([], [], color=_CLOSED_COLOUR, linewidth=1.0, linestyle=(0, (5, 3)),
                            label=f"margin of {margin_m:.0f} m"))  # fmt: skip
    buildings = [polygon for name, polygon in backdrop.closed_to(plan) if name.startswith("obstacle ")]
    for polygon in buildings:
        axes.add_patch(PathPatch(_outline(polygon), facecolor="#5b6670", edgecolor=INK, linewidth=0.4, zorder=3))
    return [*found, *([Patch(facecolor="#5b6670", edgecolor=INK, label="building")] if buildings else [])]


def _draw_corridor(axes: Axes, leg: Leg, corridor: Corridor) -> Patch:
    """The union of the cells: outbound filled, inbound as an outline."""
    colour, outbound = _LEG_COLOURS[leg.name], leg.name is LegName.OUTBOUND
    area = shapely.union_all([shapely.Polygon(polygon) for polygon in corridor.polygons_enu_m])
    face = (colour, 0.12) if outbound else "none"
    axes.add_patch(PathPatch(_outline(area), facecolor=face, edgecolor=(colour, 0.55), linewidth=0.8, zorder=3))
    return Patch(facecolor=face, edgecolor=colour, label=f"corridor {leg.name}")


def _draw_fence(axes: Axes, plan: FlightPlan) -> Line2D:
    """The fence on board."""
    for ring in (plan.around.fence.inclusion_enu_m, *plan.around.fence.exclusions_enu_m):
        axes.add_patch(Polygon(ring, fill=False, edgecolor=_FENCE_COLOUR, linewidth=1.0, linestyle=":", zorder=5))
    label = f"fence on board, {plan.around.fence.vertices} corners"
    return Line2D([], [], label=label, color=_FENCE_COLOUR, linewidth=1.0, linestyle=":")


def _outline(shape: BaseGeometry) -> DrawnPath:
    rings = shapely.get_rings(shapely.get_parts(shape))
    return DrawnPath.make_compound_path(*(DrawnPath(np.asarray(ring.coords), closed=True) for ring in rings))


def _wide(square: View) -> View:
    """A view of the flight with a border, in the shape of the map's place on the sheet."""
    half_north = max((square.north_m - square.south_m) / 2 * 1.25, 150.0)
    middle_e, middle_n = (square.west_m + square.east_m) / 2, (square.south_m + square.north_m) / 2
    half_east = half_north * _MAP_IN[0] / _MAP_IN[1]
    return View(middle_e - half_east, middle_e + half_east, middle_n - half_north, middle_n + half_north)


def _legs_of_track(plan: FlightPlan) -> list[tuple[Leg, list[tuple[float, float]]]]:
    """The piece of the track flown on each leg, as positions (east, north) [m]."""
    pieces, begins_s = [], 0.0
    for leg in plan.legs:
        ends_s = begins_s + leg.duration_s
        piece = [(p.east_m, p.north_m) for p in plan.track if begins_s - 1.0 <= p.t_s <= ends_s + 1.0]
        pieces.append((leg, piece))
        begins_s = ends_s
    return pieces


def _flown(plan: FlightPlan) -> _Flown:
    times_s = np.array([point.t_s for point in plan.track])
    places = np.array([(point.east_m, point.north_m) for point in plan.track])
    steps_m = np.hypot(*np.diff(places, axis=0).T)
    km = np.concatenate([[0.0], np.cumsum(steps_m)]) / 1000
    speeds = np.concatenate([[0.0], steps_m / np.maximum(np.diff(times_s), 1e-3)])
    ends_s = np.cumsum([leg.duration_s for leg in plan.legs])
    spans = {
        leg.name: tuple(np.interp([end_s - leg.duration_s, end_s], times_s, km))
        for leg, end_s in zip(plan.legs, ends_s, strict=True)
    }
    heights = np.array([point.height_home_m for point in plan.track])
    return _Flown(km, places, heights, speeds, {name: (float(a), float(b)) for name, (a, b) in spans.items()})


def _draw_profile(axes: Axes, backdrop: Backdrop, flown: _Flown) -> None:
    """Height over the way with the ground below and the ceiling above, and the speed over ground on the right."""
    ground_m = backdrop.ground_home_m(flown.places_m)
    top_m = max(float(flown.heights_m.max()), backdrop.max_height_m) * 1.30
    low_m = min(0.0, float(np.nanmin(ground_m)))
    label = "ground" if backdrop.terrain is not None else "ground, taken as flat"
    base_m = low_m - 0.06 * top_m
    axes.fill_between(flown.km, ground_m, base_m, color=_GROUND_COLOUR, alpha=0.55, linewidth=0, label=label)
    axes.axhline(backdrop.max_height_m, color=_CLOSED_COLOUR, linewidth=1.0, linestyle="--",
                 label=f"ceiling {backdrop.max_height_m:.0f} m")  # fmt: skip
    axes.plot(flown.km, flown.heights_m, color=INK, linewidth=1.6, label="height above home")
    axes.set_ylim(base_m, top_m)
    speed = axes.twinx()
    speed.plot(flown.km, flown.speeds_m_s, color=_SPEED_COLOUR, linewidth=1.1, label="speed over ground")
    speed.set_ylim(0, max(float(flown.speeds_m_s.max()) * 2.4, 1.0))
    speed.set_ylabel("speed over ground [m/s]", fontsize=8, color=_SPEED_COLOUR)
    speed.tick_params(labelsize=7.5, colors=_SPEED_COLOUR, length=2.5)
    _style(axes, flown, "height above home [m]")
    handles = [*axes.get_legend_handles_labels()[0], *speed.get_legend_handles_labels()[0]]
    axes.legend(handles=handles, fontsize=7.2, loc="lower center", bbox_to_anchor=(0.5, 0.995), ncols=4, frameon=False)


def _draw_clearance(axes: Axes, plan: FlightPlan, backdrop: Backdrop, flown: _Flown) -> None:
    """How far each part of the way is from the nearest thing closed to it, and how far it must be."""
    margin_m, away_m = planning_margin_m(plan.request.profile), backdrop.clearances_m(plan, flown.places_m)
    axes.axhline(margin_m, color=_CLOSED_COLOUR, linewidth=1.0, linestyle="--", label=f"required: {margin_m:.0f} m")
    axes.axhspan(0, margin_m, color=_CLOSED_COLOUR, alpha=0.07, linewidth=0)
    if np.all(np.isfinite(away_m)):
        nearest = int(np.argmin(away_m))
        label = f"from what is closed, least {away_m[nearest]:.1f} m"
        axes.plot(flown.km, away_m, color=INK, linewidth=1.4, label=label)
        axes.plot(flown.km[nearest], away_m[nearest], marker="o", markersize=5, color=_CLOSED_COLOUR)
    axes.set_yscale("asinh", linear_width=100.0)  # near things large, far things in sight
    axes.set_yticks([0, 50, 200, 1000, 5000], ["0", "50", "200", "1000", "5000"])
    finite = away_m[np.isfinite(away_m)]
    axes.set_ylim(0, max(2 * margin_m, 1.3 * float(finite.max(initial=0.0))))
    _style(axes, flown, "clearance [m]")
    axes.set_xlabel("distance flown [km]", fontsize=8, color=INK)
    axes.legend(fontsize=7.2, loc="lower center", bbox_to_anchor=(0.5, 0.985), ncols=2, frameon=False)


def _style(axes: Axes, flown: _Flown, label: str) -> None:
    axes.set_facecolor(PAPER)
    border_km = 0.012 * max(float(flown.km[-1]), 1e-3)
    axes.set_xlim(-border_km, float(flown.km[-1]) + border_km)
    for name, colour in _LEG_COLOURS.items():
        begins_km, ends_km = flown.leg_km[name]
        axes.axvspan(begins_km, ends_km, color=colour, alpha=0.06, linewidth=0, zorder=0)
        middle_km = (begins_km + ends_km) / 2
        axes.text(middle_km, 0.93, name, ha="center", va="top", fontsize=7.5, color=colour,
                  transform=axes.get_xaxis_transform(), path_effects=HALO)  # fmt: skip
    door_km = flown.leg_km[LegName.DROP][0]
    axes.axvline(door_km, color=INK, linewidth=0.8, linestyle=":", zorder=1)
    axes.annotate("doorstep", (door_km, 0.05), (4, 0), xycoords=axes.get_xaxis_transform(), textcoords="offset points",
                  fontsize=7.2, color=INK, path_effects=HALO)  # fmt: skip
    axes.set_ylabel(label, fontsize=8, color=INK)
    axes.grid(color=INK, alpha=0.08, linewidth=0.6)
    axes.tick_params(labelsize=7.5, colors=INK, length=2.5)
    for spine in axes.spines.values():
        spine.set_color(INK)
        spine.set_linewidth(0.8)
