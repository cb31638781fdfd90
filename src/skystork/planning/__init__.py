"""Planning: a corridor through free space, a trajectory inside it, and the independent check of the whole flight."""
