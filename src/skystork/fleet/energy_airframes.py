"""Airframes with measured parameters, each with what it was fitted on."""

from __future__ import annotations

from skystork.fleet.energy_rotor import RotorAirframe, WingAirframe

M100 = RotorAirframe(
    name="DJI Matrice 100",
    empty_mass_kg=3.715,
    rotors=4,
    rotor_radius_m=0.1651,  # 13 inch propellers
    induced_factor=1.5552,
    profile_w_per_kg_1_5=7.42,
    tip_speed_m_s=90.0,
    drag_area_m2=0.194,
    avionics_w=16.8,
    source="fit of the regressions of 120 calibration flights at 0, 250 and 500 g (Rodrigues et al., Patterns "
    "3:100569, 2022, table 1): take-off as a climb of 3 m/s, cruise as the mean of 4 to 12 m/s, landing as hover; "
    "largest difference 2 %",
)
"""Mass and intercept of cruise from the same table. No held-out flight was used."""

IRIS = RotorAirframe(
    name="3DR Iris",
    empty_mass_kg=1.3,
    rotors=4,
    rotor_radius_m=0.127,  # 10 inch propellers
    induced_factor=1.6473,
    profile_w_per_kg_1_5=79.67,
    tip_speed_m_s=80.0,
    drag_area_m2=0.0349,
    avionics_w=0.0,
    source="fit of DiFranco and Buttazzo (2016), figure digitised by drone_awe (MIT): 15 speeds from 0.3 to 15 m/s",
)

ALTA_8 = RotorAirframe(
    name="FreeFly Alta 8",
    empty_mass_kg=9.4,
    rotors=8,
    rotor_radius_m=0.2286,  # 18 inch propellers
    induced_factor=1.5552,
    profile_w_per_kg_1_5=13.357,
    tip_speed_m_s=90.0,
    drag_area_m2=0.15,
    avionics_w=0.0,
    source="profile power fitted on the maker's endurance over 0 to 9.1 kg with 444 Wh; induced factor as of the "
    "Matrice 100; drag area assumed",
)

LIFT_AND_CRUISE = WingAirframe(
    rotor=RotorAirframe(
        name="lift and cruise, after the Prime Air MK30",
        empty_mass_kg=35.4,  # 83.2 lb at take-off (NTSB) less a 5 lb parcel
        rotors=6,
        rotor_radius_m=0.33,
        induced_factor=1.5552,
        profile_w_per_kg_1_5=1.0,
        tip_speed_m_s=120.0,
        drag_area_m2=0.4,
        avionics_w=60.0,
        source="not measured: induced factor of the Matrice 100, profile power such that the figure of merit with "
        "the drive is 0.6, as in the site's own profile",
    ),
    lift_over_drag=9.0,
    best_air_speed_m_s=30.0,
    drive_fraction=0.7,
    stall_air_speed_m_s=21.0,
)
"""Estimates of design, not of a maker; to be replaced by a flight test."""
