"""Whole days of orders replayed to several dispatchers: what is measured, nothing that the service runs."""
