"""Clearance: a planned flight becomes one that may be flown, or is denied with the reason."""
