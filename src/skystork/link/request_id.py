"""The number under which a request to a vehicle settles."""

from __future__ import annotations

from typing import NewType

RequestId = NewType("RequestId", int)
"""Counts up for each vehicle; never used twice in one run."""
