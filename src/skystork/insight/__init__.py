"""Insight: figures about the operation, from ledger events only."""
