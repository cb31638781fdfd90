"""The ground of every picture: zones coloured by what they ask of a flight, scale, north, service circle, towns."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import shapely
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Patch, PathPatch
from matplotlib.path import Path as DrawnPath
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter, MultipleLocator
from shapely.ops import polylabel

from skystork.airspace.zone import AltitudeReference, Restriction, Zone
from skystork.frames import Geodetic, LocalFrame

ABOVE_FLIGHTS_AMSL_M = 300.0
"""A zone that begins higher is drawn as an outline: flights stay below 120 m over the ground."""
INK, PAPER = "#22303c", "#fbfaf6"
HALO = [withStroke(linewidth=2.6, foreground=PAPER)]


@dataclass(frozen=True, slots=True)
class Town:
    """A name on the map."""

    name: str
    position: Geodetic


@dataclass(frozen=True, slots=True)
class View:
    """The piece of ground shown, in the site's frame [m]."""

    west_m: float
    east_m: float
    south_m: float
    north_m: float

    @classmethod
    def about(cls, points_enu_m: Sequence[tuple[float, float]], *, margin_m: float) -> View:
        """A square that holds all points with a margin."""
        easts, norths = [east for east, _ in points_enu_m], [north for _, north in points_enu_m]
        middle_e, middle_n = (min(easts) + max(easts)) / 2, (min(norths) + max(norths)) / 2
        half = max(max(easts) - min(easts), max(norths) - min(norths)) / 2 + margin_m
        return cls(middle_e - half, middle_e + half, middle_n - half, middle_n + half)

    @property
    def width_m(self) -> float:
        """West to east [m]."""
        return self.east_m - self.west_m


@dataclass(frozen=True, slots=True)
class _Look:
    label: str
    colour: str
    fill: float
    """Opacity of the area, 0..1."""
    hatch: str = ""
    dashes: Literal["-", "--"] = "-"


_LOOKS: Mapping[str, _Look] = {
    "prohibited": _Look("closed", "#b3261e", 0.20, "////"),
    "unauthorised": _Look("closed: no authorisation held", "#d9660c", 0.18, "...."),
    "authorised": _Look("authorised below a height", "#b08900", 0.10),
    "slow": _Look("speed limit", "#6a3fa0", 0.12, "\\\\\\\\"),
    "conditional": _Look("conditional", "#2f6fb3", 0.08),
    "shown": _Look("no restriction", "#7a8794", 0.05),
    "above": _Look("begins above the flights", "#7a8794", 0.0, "", "--"),
}


_CLOSED = ("prohibited", "unauthorised")


def draw_ground(
    axes: Axes, zones: Sequence[Zone], frame: LocalFrame, view: View, *, unwritten: shapely.Geometry | None = None
) -> list[Patch]:
    """Draw zones, kilometre grid, scale and north; returns the legend's entries for the kinds of zone seen.

    Parameters
    ----------
    unwritten
        Where no zone's name may stand, for what is drawn over the ground [site's frame, m].
    """
    axes.set_facecolor(PAPER)
    seen: dict[str, None] = {}
    window = shapely.box(view.west_m, view.south_m, view.east_m, view.north_m)
    closed = shapely.union_all([zone_polygon(zone, frame) for zone in zones if _kind_of(zone) in _CLOSED])
    for zone in sorted(zones, key=_kind_of, reverse=True):
        polygon = zone_polygon(zone, frame)
        if not polygon.intersects(window):
            continue
        kind = _kind_of(zone)
        seen[kind] = None
        _draw_zone(axes, polygon, _LOOKS[kind])
        free = polygon.intersection(window) if kind in _CLOSED else polygon.intersection(window).difference(closed)
        elsewhere = free if unwritten is None else free.difference(unwritten)
        free = free if elsewhere.is_empty else elsewhere
        _label_zone(axes, zone, free, _LOOKS[kind], view)
    _frame_axes(axes, view)
    _draw_scale(axes, view)
    _draw_north(axes)
    return [_legend_patch(look) for kind, look in _LOOKS.items() if kind in seen]


def draw_service_circle(axes: Axes, radius_m: float, label: str) -> Line2D:
    """The circle that drones serve, about the site; returns the legend's entry."""
    axes.add_patch(Circle((0, 0), radius_m, fill=False, edgecolor=INK, linewidth=1.1, linestyle=(0, (6, 4)), zorder=4))
    return Line2D([], [], color=INK, linewidth=1.1, linestyle=(0, (6, 4)), label=label)


def draw_towns(axes: Axes, towns: Sequence[Town], frame: LocalFrame) -> None:
    """Names of towns, with a dot where they are."""
    for town in towns:
        east_m, north_m = frame.to_enu_m(town.position)
        axes.plot(east_m, north_m, marker="o", markersize=2.6, color="#5b6670", zorder=5)
        axes.annotate(
            town.name,
            (east_m, north_m),
            (4, 3),
            textcoords="offset points",
            fontsize=8.5,
            color="#46525c",
            path_effects=HALO,
            zorder=9,
            clip_on=True,
        )


def zone_polygon(zone: Zone, frame: LocalFrame) -> shapely.Polygon:
    """The zone's ground plan in the site's frame [m], holes kept."""
    shell, *holes = [
        [frame.to_enu_m(Geodetic(latitude, longitude)) for longitude, latitude in ring] for ring in zone.rings
    ]
    return shapely.Polygon(shell, holes)


def is_closed(zone: Zone, height_m: float) -> bool:
    """Whether a flight at that height above the ground [m] has to keep out, as far as a picture can tell."""
    kind = _kind_of(zone)
    return kind in _CLOSED or (kind == "authorised" and zone.granted_below_agl_m < height_m)


def _kind_of(zone: Zone) -> str:
    """The look's name. Sorted backwards, outlines of high zones come late and closed zones lie over open ones."""
    if zone.lower.reference is not AltitudeReference.AGL and zone.lower.value_m >= ABOVE_FLIGHTS_AMSL_M:
        return "above"
    match zone.restriction:
        case Restriction.PROHIBITED:
            return "prohibited"
        case Restriction.REQ_AUTHORISATION | Restriction.USPACE:
            return "authorised" if zone.granted_below_agl_m > 0 else "unauthorised"
        case Restriction.CONDITIONAL | Restriction.NO_RESTRICTION if zone.speed_limit_m_s is not None:
            return "slow"
        case Restriction.CONDITIONAL:
            return "conditional"
        case Restriction.NO_RESTRICTION:
            return "shown"


def _draw_zone(axes: Axes, polygon: shapely.Polygon, look: _Look) -> None:
    rings = [polygon.exterior, *polygon.interiors]
    outline = DrawnPath.make_compound_path(*(DrawnPath(ring.coords, closed=True) for ring in rings))
    if look.fill:
        axes.add_patch(PathPatch(outline, facecolor=look.colour, edgecolor="none", alpha=look.fill, zorder=1))
    axes.add_patch(
        PathPatch(
            outline,
            facecolor="none",
            edgecolor=look.colour,
            linewidth=1.1,
            linestyle=look.dashes,
            hatch=look.hatch or None,
            hatch_linewidth=0.35,
            alpha=0.8,
            zorder=2,
        )
    )


def _label_zone(axes: Axes, zone: Zone, visible: shapely.Geometry, look: _Look, view: View) -> None:
    """Write the zone's name where it has most room, or nowhere."""
    pieces = [
        piece for piece in shapely.get_parts(visible) if isinstance(piece, shapely.Polygon) and not piece.is_empty
    ]
    if not pieces:
        return
    largest = max(pieces, key=lambda piece: piece.area)
    place = polylabel(largest, tolerance=view.width_m / 200)
    small = largest.exterior.distance(place) < 0.02 * view.width_m  # than its own name
    if small and _kind_of(zone) not in {*_CLOSED, "slow"}:
        return
    slow = "" if zone.speed_limit_m_s is None else f"  {zone.speed_limit_m_s:g} m/s"
    axes.annotate(
        f"{zone.name}\n{zone.kind}  {zone.lower.published} – {zone.upper.published}{slow}",
        (place.x, place.y),
        ha="center",
        va="center",
        fontsize=6.2,
        linespacing=1.25,
        color=look.colour,
        path_effects=HALO,
        zorder=8,
        clip_on=True,
        gid=f"zone-{zone.zone_id}",  # a haloed text is outlines in an SVG; this names it
    )


def _frame_axes(axes: Axes, view: View) -> None:
    axes.set_xlim(view.west_m, view.east_m)
    axes.set_ylim(view.south_m, view.north_m)
    axes.set_aspect("equal")
    step_m = _round_length_m(view.width_m / 6)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MultipleLocator(step_m))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / 1000:g}"))
    axes.grid(color=INK, alpha=0.08, linewidth=0.6)
    axes.tick_params(labelsize=7.5, colors=INK, length=2.5)
    axes.set_xlabel("east of the site [km]", fontsize=8, color=INK)
    axes.set_ylabel("north of the site [km]", fontsize=8, color=INK)
    for spine in axes.spines.values():
        spine.set_color(INK)
        spine.set_linewidth(0.8)


def _draw_scale(axes: Axes, view: View) -> None:
    length_m = _round_length_m(view.width_m / 5)
    east_m, north_m = view.west_m + 0.035 * view.width_m, view.south_m + 0.035 * view.width_m
    axes.plot([east_m, east_m + length_m], [north_m] * 2, color=INK, linewidth=2.6, solid_capstyle="butt", zorder=10)
    name = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
    axes.annotate(
        name,
        (east_m + length_m / 2, north_m),
        (0, 4),
        textcoords="offset points",
        ha="center",
        fontsize=8,
        color=INK,
        zorder=10,
    )


def _draw_north(axes: Axes) -> None:
    axes.annotate(
        "N",
        xy=(0.965, 0.975),
        xytext=(0.965, 0.905),
        xycoords="axes fraction",
        ha="center",
        va="center",
        fontsize=10,
        fontweight="bold",
        color=INK,
        arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.4},
        zorder=10,
    )


def _legend_patch(look: _Look) -> Patch:
    return Patch(
        facecolor=(look.colour, max(look.fill, 0.02)),
        edgecolor=look.colour,
        hatch=look.hatch or None,
        linestyle=look.dashes,
        label=look.label,
    )


def _round_length_m(length_m: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not longer."""
    power = 10.0 ** math.floor(math.log10(length_m))
    return next(factor * power for factor in (5.0, 2.0, 1.0) if factor * power <= length_m)
