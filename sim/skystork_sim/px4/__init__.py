"""Real PX4 autopilots with PX4's own simulator (SIH), started and always stopped: for flights, tests and plays.

:mod:`.source` finds a PX4, :mod:`.vehicle` says what one of them is, :mod:`.fleet` starts and stops several,
:mod:`.site_fleet` reads them from a site, :mod:`.fixtures` is the pytest plugin, :mod:`.observer` watches by MAVSDK.
"""
