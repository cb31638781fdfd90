"""Airspace: zones as published, which of them close which height when, and the weather."""
