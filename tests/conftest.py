"""What every test shares: property tests are bounded by examples, never by time, because machines differ."""

from hypothesis import HealthCheck, settings

pytest_plugins = ["skystork_sim.px4.fixtures"]

settings.register_profile("skystork", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.load_profile("skystork")
