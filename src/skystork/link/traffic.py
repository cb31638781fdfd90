"""Other aircraft, as a vehicle's ADS-B receiver tells them, and told on to a vehicle.

ADSB_VEHICLE says by flags which of its fields hold; the others are filled with anything (common.xml, ADSB_FLAGS). A
report without a position says nothing about where to look and is dropped, as is one whose position cannot be, or is
older than the picture keeps.
"""

from __future__ import annotations

import math

from skystork.fleet.traffic import KEPT_S, AltitudeReference, TrafficReport
from skystork.frames import Geodetic
from skystork.link.service import LinkService
from skystork.link.service_contract import TrafficSighted
from skystork.link.service_messages import AdsbVehicle

# ADSB_FLAGS, common.xml
_COORDS, _ALTITUDE, _HEADING, _VELOCITY, _CALLSIGN, _SQUAWK, _SIMULATED, _CLIMB = 1, 2, 4, 8, 16, 32, 64, 128
_GEOMETRIC = 1  # ADSB_ALTITUDE_TYPE_GEOMETRIC
_CALLSIGN_BYTES = 8
_HIGHEST_M = 30_000.0  # above any aircraft that a parcel could meet; more is a broken field
_OLDEST_TOLD_S = 254  # tslc is one byte


class TrafficReports(LinkService):
    """Reads what a vehicle tells of others."""

    TAKES = (AdsbVehicle,)

    def receive(self, message: AdsbVehicle, now_s: float) -> list[TrafficSighted]:
        """Take a report; returns it in plain units where it says where the aircraft is."""
        report = read_report(message, now_s)
        return [] if report is None else [TrafficSighted(now_s, report)]


def read_report(message: AdsbVehicle, now_s: float) -> TrafficReport | None:
    """A report in plain units; None where it has no position that could be."""
    position = _position(message)
    if position is None or message.tslc > KEPT_S:
        return None
    callsign = message.callsign.split(b"\0", 1)[0].decode("ascii", errors="ignore") if message.flags & _CALLSIGN else ""
    altitude_m = message.altitude / 1000
    return TrafficReport(
        at_s=now_s - message.tslc,
        icao_address=message.ICAO_address & 0xFF_FFFF,
        callsign="".join(each for each in callsign if each.isprintable()).strip(),
        position=position,
        altitude_m=altitude_m if message.flags & _ALTITUDE and abs(altitude_m) < _HIGHEST_M else None,
        altitude_reference=(
            AltitudeReference.GEOMETRIC if message.altitude_type == _GEOMETRIC else AltitudeReference.PRESSURE
        ),
        velocity_enu_m_s=_velocity(message),
        emitter_type=message.emitter_type,
        squawk=message.squawk if message.flags & _SQUAWK else None,
        simulated=bool(message.flags & _SIMULATED),
    )


def traffic_message(report: TrafficReport, now_s: float) -> AdsbVehicle:
    """ADSB_VEHICLE of a report, for a vehicle whose own avoidance shall know of it."""
    east_m_s, north_m_s, up_m_s = report.velocity_enu_m_s or (0.0, 0.0, 0.0)
    told = _COORDS | (_ALTITUDE if report.altitude_m is not None else 0) | (_CALLSIGN if report.callsign else 0)
    told |= _HEADING | _VELOCITY | _CLIMB if report.velocity_enu_m_s is not None else 0
    told |= (_SQUAWK if report.squawk is not None else 0) | (_SIMULATED if report.simulated else 0)
    heading_deg = math.degrees(math.atan2(east_m_s, north_m_s)) % 360
    return AdsbVehicle(
        ICAO_address=report.icao_address,
        lat=round(report.position.latitude_deg * 1e7),
        lon=round(report.position.longitude_deg * 1e7),
        altitude_type=_GEOMETRIC if report.altitude_reference is AltitudeReference.GEOMETRIC else 0,
        altitude=round((report.altitude_m or 0.0) * 1000),
        heading=round(heading_deg * 100) % 36_000,
        hor_velocity=min(65_535, round(math.hypot(east_m_s, north_m_s) * 100)),
        ver_velocity=max(-32_768, min(32_767, round(up_m_s * 100))),
        callsign=report.callsign.encode("ascii", errors="ignore")[:_CALLSIGN_BYTES],
        emitter_type=report.emitter_type,
        tslc=max(0, min(_OLDEST_TOLD_S, math.ceil(now_s - report.at_s))),
        flags=told,
        squawk=report.squawk or 0,
    )


def _position(message: AdsbVehicle) -> Geodetic | None:
    latitude_deg, longitude_deg = message.lat / 1e7, message.lon / 1e7
    possible = abs(latitude_deg) <= 90 and abs(longitude_deg) <= 180 and (message.lat, message.lon) != (0, 0)
    return Geodetic(latitude_deg, longitude_deg) if message.flags & _COORDS and possible else None


def _velocity(message: AdsbVehicle) -> tuple[float, float, float] | None:
    if not message.flags & _HEADING or not message.flags & _VELOCITY or message.heading >= 36_000:
        return None
    course_rad, speed_m_s = math.radians(message.heading / 100), message.hor_velocity / 100
    climb_m_s = message.ver_velocity / 100 if message.flags & _CLIMB else 0.0
    return speed_m_s * math.sin(course_rad), speed_m_s * math.cos(course_rad), climb_m_s
