"""Dispatch: which mode may carry an order, which vehicle does, and in what sequence a van calls."""
