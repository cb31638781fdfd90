"""One robot for a site of the tests."""

ROBOT = """
[profiles.robot.cooler]
payload_limit_kg = 10.0
box_m = [0.40, 0.35, 0.30]
range_m = 6000.0
speed_m_s = 1.6
circuity = 1.4
service_s = 60.0
load_s = 60.0
turnaround_s = 120.0
energy_j_per_m = 90.0

[[robots]]
vehicle_id = "RB-1"
serial_number = "RB-0001"
profile = "cooler"
"""
"""Tables of a site file, to be added at its end: ``RB-1``, of a kind that takes 10 kg over 6 km."""
