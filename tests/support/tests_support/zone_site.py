"""The SITL site with a closed zone beside the straight way, so that the flight bends round it."""

from pathlib import Path

from tests_support.play_world import write_play_site

ZONE_EAST_M, ZONE_NORTH_M, ZONE_RADIUS_M = -200.0, -260.0, 60.0
DOORSTEP = {"east_m": -400.0, "north_m": -500.0}
"""Behind the zone."""


def with_a_zone(folder: Path, systems: dict[str, int], *, guidance: str = "mission") -> Path:
    """The SITL site with one more closed circle between pad and doorstep."""
    site = write_play_site(folder, systems)
    said = f'release = "gripper"\nguidance = "{guidance}"\n[profiles.drone.sih_quad.power]'
    text = (site / "site.toml").read_text(encoding="utf-8").replace("[profiles.drone.sih_quad.power]", said, 1)
    (site / "site.toml").write_text(text, encoding="utf-8")
    text = (site / "site.toml").read_text(encoding="utf-8")
    metres_per_degree = 111_250.0  # of latitude at 54.5° (WGS 84)
    latitude_deg = 54.5166 + ZONE_NORTH_M / metres_per_degree
    longitude_deg = -1.5075 + ZONE_EAST_M / (metres_per_degree * 0.5807)
    circle = (
        '[[airspace.circles]]\nzone_id = "works"\nname = "CRANE WORKS"\nkind = "FRZ"\n'
        f"centre = {{ latitude_deg = {latitude_deg:.6f}, longitude_deg = {longitude_deg:.6f} }}\n"
        f'radius_m = {ZONE_RADIUS_M}\nlower = "SFC"\nupper = "400 ft"\n\n'
    )
    (site / "site.toml").write_text(text.replace("[rules]", circle + "[rules]", 1), encoding="utf-8")
    return site
