"""The HTTP API of the service: what ``/v1`` answers, from the same desks and the same ledger as everything else."""
