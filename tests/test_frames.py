"""The local frame against PROJ: positions in metres about a site, anywhere on Earth where anybody lives."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from skystork.errors import ConfigError
from skystork.frames import Geodetic, LocalFrame, distance_m

ORIGINS = {
    "Darlington": Geodetic(54.5166, -1.5075),
    "70 N": Geodetic(70.0, 25.0),
    "equator": Geodetic(0.0, 32.5),
    "southern": Geodetic(-45.0, 170.5),
    "beside the antimeridian": Geodetic(-17.0, 179.95),
    "beyond the antimeridian": Geodetic(65.0, -179.99),
}
SIDES_M = (-20_000.0, -7_000.0, 0.0, 300.0, 20_000.0)
ONE_MM = 1e-3
WGS84 = Geod(ellps="WGS84")


def of_proj(origin: Geodetic) -> Transformer:
    """PROJ's transverse Mercator about the origin, to nanometres (Poder and Engsager's algorithm)."""
    target = (
        f"+proj=tmerc +lat_0={origin.latitude_deg} +lon_0={origin.longitude_deg} +k=1 +x_0=0 +y_0=0 +ellps=WGS84 "
        "+units=m +algo=poder_engsager"
    )
    return Transformer.from_crs("+proj=longlat +ellps=WGS84", target, always_xy=True)


@pytest.mark.parametrize("origin", ORIGINS.values(), ids=ORIGINS.keys())
def test_within_20_km_the_projection_agrees_with_proj_to_a_millimetre(origin: Geodetic) -> None:
    proj, frame = of_proj(origin), LocalFrame(origin)
    for east_m in SIDES_M:
        for north_m in SIDES_M:
            position = frame.to_geodetic(east_m, north_m)
            there = proj.transform(position.longitude_deg, position.latitude_deg)
            assert math.dist(there, (east_m, north_m)) < ONE_MM
            assert math.dist(frame.to_enu_m(position), there) < ONE_MM


@pytest.mark.parametrize("origin", ORIGINS.values(), ids=ORIGINS.keys())
def test_longitudes_come_back_within_180_degrees_also_across_the_antimeridian(origin: Geodetic) -> None:
    frame = LocalFrame(origin)
    for east_m in SIDES_M:
        position = frame.to_geodetic(east_m, 0.0)
        longitude_deg, latitude_deg, _ = WGS84.fwd(origin.longitude_deg, origin.latitude_deg, 90.0, east_m)
        assert -180.0 <= position.longitude_deg <= 180.0
        apart_m = WGS84.inv(longitude_deg, latitude_deg, position.longitude_deg, position.latitude_deg)[2]
        assert apart_m < 90.0, "a geodesic that sets out east leaves the line of one northing by x²·tan(latitude)/2R"


@given(
    latitude_deg=st.floats(-80.0, 80.0),
    longitude_deg=st.floats(-180.0, 180.0),
    east_m=st.floats(-20_000.0, 20_000.0),
    north_m=st.floats(-20_000.0, 20_000.0),
)
def test_there_and_back_is_the_same_place(
    latitude_deg: float, longitude_deg: float, east_m: float, north_m: float
) -> None:
    frame = LocalFrame(Geodetic(latitude_deg, longitude_deg))
    back = frame.to_enu_m(frame.to_geodetic(east_m, north_m))
    assert math.dist(back, (east_m, north_m)) < ONE_MM


@given(
    latitude_deg=st.floats(-75.0, 75.0),
    longitude_deg=st.floats(-180.0, 180.0),
    azimuth_deg=st.floats(0.0, 360.0),
    length_m=st.floats(0.0, 20_000.0),
)
def test_distances_agree_with_the_geodesic_to_the_scale_of_the_projection(
    latitude_deg: float, longitude_deg: float, azimuth_deg: float, length_m: float
) -> None:
    end_longitude, end_latitude, _ = WGS84.fwd(longitude_deg, latitude_deg, azimuth_deg, length_m)
    found_m = distance_m(Geodetic(latitude_deg, longitude_deg), Geodetic(end_latitude, end_longitude))
    assert abs(found_m - length_m) < ONE_MM + 2e-6 * length_m  # x²/6R² at 20 km is 1.6e-6


def test_far_distances_go_round_the_sphere_the_short_way() -> None:
    fiji, samoa = Geodetic(-18.0, 178.0), Geodetic(-13.8, -172.0)
    length_m = WGS84.inv(fiji.longitude_deg, fiji.latitude_deg, samoa.longitude_deg, samoa.latitude_deg)[2]
    assert distance_m(fiji, samoa) == pytest.approx(length_m, rel=0.006)


def test_at_the_poles_distances_stay_finite() -> None:
    assert distance_m(Geodetic(89.9, 0.0), Geodetic(89.9, 180.0)) == pytest.approx(22_300.0, rel=0.01)


@pytest.mark.parametrize("origin", ORIGINS.values(), ids=ORIGINS.keys())
def test_many_positions_at_once_are_where_each_alone_is(origin: Geodetic) -> None:
    frame = LocalFrame(origin)
    places_m = np.array([(east, north) for east in SIDES_M for north in SIDES_M])
    longitudes, latitudes = frame.to_geodetic_array(places_m)
    alone = [frame.to_geodetic(*place) for place in places_m]
    assert np.allclose(longitudes, [each.longitude_deg for each in alone], rtol=0, atol=1e-11)
    assert np.allclose(latitudes, [each.latitude_deg for each in alone], rtol=0, atol=1e-11)
    assert np.allclose(frame.to_enu_array_m(longitudes, latitudes), places_m, rtol=0, atol=ONE_MM)


@pytest.mark.parametrize("origin", ORIGINS.values(), ids=ORIGINS.keys())
def test_lengths_20_km_out_are_a_tenth_of_a_metre_off_the_geodesic_at_most(origin: Geodetic) -> None:
    frame = LocalFrame(origin)
    for azimuth_deg in range(0, 360, 15):
        longitude, latitude, _ = WGS84.fwd(origin.longitude_deg, origin.latitude_deg, azimuth_deg, 20_000.0)
        along = (azimuth_deg + 90) % 360
        longitude_2, latitude_2, _ = WGS84.fwd(longitude, latitude, along, 20_000.0)
        out_m = frame.to_enu_m(Geodetic(latitude, longitude))
        side_m = frame.to_enu_m(Geodetic(latitude_2, longitude_2))
        assert math.hypot(*out_m) == pytest.approx(20_000.0, abs=0.1)
        assert math.dist(out_m, side_m) == pytest.approx(20_000.0, abs=0.25), "its far end is 28 km out"


@pytest.mark.parametrize("latitude_deg", [90.0, -89.5, math.nan])
def test_no_frame_is_made_beside_a_pole(latitude_deg: float) -> None:
    with pytest.raises(ConfigError, match="pole"):
        LocalFrame(Geodetic(latitude_deg, 0.0))
