"""A zone of ED-269 or ED-318: one feature, of one or several volumes, becomes as many zones."""

from __future__ import annotations

from collections.abc import Sequence

from skystork.airspace.polygons import Area
from skystork.airspace.reading import Reader
from skystork.airspace.rules import KindRule
from skystork.airspace.zone import AltitudeLimit, Period, Published, Restriction, Zone

Band = tuple[AltitudeLimit, AltitudeLimit]


def add_parts(  # noqa: PLR0917  # what a feature says, in its order
    reader: Reader,
    published: Published,
    name: str,
    restriction: Restriction,
    active: tuple[Period, ...] | None,
    volumes: Sequence[tuple[Area, Band]],
) -> None:
    """Add the zones of a feature: ``id`` where it has one volume, ``id#1``, ``id#2`` … where it has several.

    A ground stop (an area that is everywhere) is prohibited, whatever the site's rules say of its kind.
    """
    rule = reader.rules.rule_for(restriction, published.identifier, KindRule(restriction))
    for part, (area, band) in enumerate(volumes, start=1):
        reader.add(
            Zone(
                published.identifier if len(volumes) == 1 else f"{published.identifier}#{part}",
                name,
                restriction.value,
                Restriction.PROHIBITED if area.everywhere else rule.restriction,
                area.rings,
                *band,
                rule.granted_below_agl_m,
                active,
                reader.where,
                area.circle,
                published,
                everywhere=area.everywhere,
                speed_limit_m_s=rule.speed_limit_m_s,
            )
        )
