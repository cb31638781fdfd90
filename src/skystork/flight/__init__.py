"""Flight: from a cleared plan to a delivery receipt; phases, drop and contingencies."""
