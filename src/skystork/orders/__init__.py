"""Orders: what was asked for, what has become of it, and the ledger that is the only source of both."""
