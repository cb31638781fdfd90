"""What is compiled once on a machine is compiled before anything waits for it: no aircraft, and no first order."""

from __future__ import annotations

from skystork.app.horizon_job import warm_up
from skystork.link.sieve import load_kernel


def make_ready() -> None:
    """Have the machine code of link, dispatcher and planner loaded, and say so: the first time it takes a while.

    The planner works in a process of its own, which finds on the disk what was compiled here.
    """
    from skystork.planning import warm_up as planner  # noqa: PLC0415  # other commands plan nothing

    print("loading the compiled searches; the first time on a machine compiling takes a minute or two", flush=True)
    load_kernel()
    warm_up()
    planner.warm_up()
