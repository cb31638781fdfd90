"""Members of JSON objects as the standards name them: read with the right complaint, kept where we do not use them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from skystork.airspace.altitudes import METRES_PER_FOOT, SURFACE
from skystork.airspace.bands import FLIGHT_LEVEL_ERROR_M, GREATEST_UNDULATION_M, LEAST_UNDULATION_M
from skystork.airspace.loss import Loss
from skystork.airspace.reading import Reader, number_of
from skystork.airspace.zone import AltitudeLimit, AltitudeReference, Published, Zone

SCALES = {"M": 1.0, "FT": METRES_PER_FOOT}
_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,12})?", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{3}", re.ASCII)
LONGEST_IDENTIFIER = 7  # ED-269 and ED-318, CodeZoneIdentifierType
_IDENTIFIER_NOTE = "kept; the standards allow 7 characters"


def scale_of(reader: Reader, unit: object, where: str, *, accepted: Mapping[str, float] = SCALES) -> float | None:
    """Metres a unit; None where it is refused."""
    if isinstance(unit, str) and unit in accepted:
        return accepted[unit]
    reader.refuse(where, "unknown unit", unit, ", ".join(accepted))
    return None


def limit_of(
    reader: Reader, value: object, reference: object, scale: float, where: str, *, upper: bool
) -> AltitudeLimit | None:
    """A limit of a band; null above means unlimited. None where it is refused."""
    if value is None and upper:
        return AltitudeLimit(math.inf, AltitudeReference.AMSL, "UNL")
    number = number_of(value)
    if number is None and isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        number = float(value)
        reader.note(where, f"the limit {value!r} is a text", "read as the number it says")
    if number is None:
        reader.refuse(where, "altitude not understood", value, "a number, or null for an unlimited top")
        return None
    if not isinstance(reference, str) or reference not in {"AGL", "AMSL", "WGS84"}:
        reader.refuse(f"{where} reference", "unknown reference", reference, "AGL, AMSL, WGS84")
        return None
    unit = "m" if scale == 1.0 else "ft"
    return AltitudeLimit(number * scale, AltitudeReference(reference), f"{number:.12g} {unit} {reference}")


def word_of(reader: Reader, members: Mapping[str, Any], key: str, where: str) -> str:
    """A word that must be there; empty where it is refused."""
    value = members.get(key)
    if isinstance(value, str) and value.strip():
        return value
    reader.refuse(f"{where} {key}", f"{key} is missing", value, "a word")
    return ""


def check_identity(reader: Reader, identifier: str, country: object, where: str) -> None:
    """Remarks on an identifier too long or a country that is none."""
    if len(identifier) > LONGEST_IDENTIFIER:
        reader.note(where, f"the identifier {identifier!r} has {len(identifier)} characters", _IDENTIFIER_NOTE)
    if not isinstance(country, str) or not _COUNTRY.fullmatch(country):
        reader.note(where, f"the country {country!r} is not three letters (ISO 3166-1)", "kept as it is")


def texts_of(raw: object) -> str:
    """One text out of ED-318's list of texts by language: English where there is one."""
    if isinstance(raw, str):
        return raw
    rows = [row for row in raw if isinstance(row, dict)] if isinstance(raw, list) else []
    texts = {str(row.get("lang", "")): row.get("text") for row in rows if isinstance(row.get("text"), str)}
    english = [text for lang, text in texts.items() if lang.startswith("en")]
    return str((english or list(texts.values()) or [""])[0])


def words_of(raw: object) -> tuple[str, ...]:
    """A word or a list of words."""
    if isinstance(raw, str):
        return (raw,)
    return tuple(str(word) for word in raw) if isinstance(raw, list) else ()


def rest_of(members: Mapping[str, Any], known: Collection[str]) -> str:
    """Members that we keep for writing back, as JSON text; empty where there are none."""
    rest = {key: value for key, value in members.items() if key not in known}
    return json.dumps(rest, sort_keys=True) if rest else ""


def with_rest(members: dict[str, object], published: Published, into: str) -> dict[str, object]:
    """The members and, behind them, what was kept from a file of the same format."""
    if not published.rest or published.rest_format != into:
        return members
    kept: dict[str, object] = json.loads(published.rest)
    return {**members, **{key: value for key, value in kept.items() if key not in members}}


def rest_losses(zone: Zone, into: str) -> list[Loss]:
    """Members of another format that are not written."""
    told = zone.published
    if not told.rest or told.rest_format == into:
        return []
    return [
        Loss(
            zone.zone_id, "published.rest", ", ".join(json.loads(told.rest)), f"members of {told.rest_format}, left out"
        )
    ]


def parts_together(zones: Sequence[Zone]) -> list[tuple[str, list[Zone]]]:
    """Zones that were one feature with several volumes (``id#1``, ``id#2``, …), under their common identifier."""
    groups: list[tuple[str, list[Zone]]] = []
    for zone in zones:
        base, _, number = zone.zone_id.rpartition("#")
        name, parts = groups[-1] if groups else ("", [])
        if base and number != "1" and name == base and number == str(len(parts) + 1) and _alike(parts[0], zone):
            parts.append(zone)
        else:
            groups.append((base if number == "1" else zone.zone_id, [zone]))
    return [(name if len(parts) > 1 else parts[0].zone_id, parts) for name, parts in groups]


def _alike(first: Zone, second: Zone) -> bool:
    """All but the volume is the same."""
    return _without_volume(first) == _without_volume(second)


def _without_volume(zone: Zone) -> Zone:
    return replace(zone, zone_id="", rings=(), lower=SURFACE, upper=SURFACE, circle=None)


def note_heights_in_metres(reader: Reader, uppers: list[tuple[str, float]]) -> None:
    """Remark on tops in metres that stand far above those of all their siblings: most often they are feet.

    Parameters
    ----------
    uppers
        Where, and the top above ground that was given in metres.
    """
    for index, (where, upper_m) in enumerate(uppers):
        others = sorted(value for at, (_, value) in enumerate(uppers) if at != index)
        if others and upper_m >= 2.5 * others[len(others) // 2] > 0 and upper_m >= 200:
            feet = upper_m / METRES_PER_FOOT
            siblings = f"{others[len(others) // 2]:g} m"
            what = f"{upper_m:g} m = {feet:.0f} ft, where others have {siblings}; did you mean FT?"
            reader.note(where, what, "taken as metres, which closes more")


def expressible_band(
    zone: Zone, references: Collection[AltitudeReference], losses: list[Loss]
) -> tuple[AltitudeLimit, AltitudeLimit]:
    """The band in references the target has; what it has not becomes sea level, widened by what is not known."""
    limits = []
    for name, limit, sign in (("lower", zone.lower, -1.0), ("upper", zone.upper, 1.0)):
        if limit.reference in references or math.isinf(limit.value_m):
            limits.append(limit)
            continue
        if limit.reference is AltitudeReference.FL:
            shift_m = sign * FLIGHT_LEVEL_ERROR_M
        else:
            shift_m = -(GREATEST_UNDULATION_M if sign < 0 else LEAST_UNDULATION_M)
        value_m = limit.value_m + shift_m
        limits.append(AltitudeLimit(value_m, AltitudeReference.AMSL, f"{value_m:.12g} m AMSL"))
        done = f"written as {value_m:.12g} m AMSL, {abs(shift_m):g} m wider: it closes more"
        losses.append(Loss(zone.zone_id, name, limit.published, done))
    return limits[0], limits[1]


SLOWEST_LIMIT_M_S, FASTEST_LIMIT_M_S = 1.0, 100.0
"""A limit outside is a mistake of unit: none so low can be flown, none so high limits anything."""


def common_losses(zone: Zone) -> list[Loss]:
    """What neither ED-269 nor ED-318 can say."""
    found = []
    if zone.kind not in set(type(zone.restriction)):
        found.append(Loss(zone.zone_id, "kind", zone.kind, "left out; site rules by kind no longer find it"))
    if zone.granted_below_agl_m > 0:
        value = f"{zone.granted_below_agl_m:g} m"
        found.append(
            Loss(zone.zone_id, "granted_below_agl_m", value, "left out: authorisation is asked at all heights")
        )
    if zone.speed_limit_m_s is not None:
        value = f"{zone.speed_limit_m_s:g} m/s"
        found.append(Loss(zone.zone_id, "speed_limit_m_s", value, "left out; a site rule for the zone can say it"))
    if zone.outside:
        found.append(Loss(zone.zone_id, "outside", "inclusion fence", "written as a ring with holes"))
    if zone.active == ():
        found.append(Loss(zone.zone_id, "active", "never", "written as always active: it closes more"))
    if not zone.published.country:
        found.append(Loss(zone.zone_id, "country", "not known", "left empty; the standard asks for it"))
    return found


def read_speed_limit(reader: Reader, value: object, where: str) -> float | None:
    """A limit of speed over ground [m/s]; None where there is none."""
    if value is None:
        return None
    limit_m_s = number_of(value)
    if limit_m_s is None or not SLOWEST_LIMIT_M_S <= limit_m_s <= FASTEST_LIMIT_M_S:
        wanted = f"{SLOWEST_LIMIT_M_S:g} to {FASTEST_LIMIT_M_S:g} metres a second"
        reader.refuse(f"{where} speed_limit_m_s", "not a limit of speed", value, wanted)
        return None
    return limit_m_s
