"""Faults injected into sound plans, and how many the independent check missed; false alarms on the sound plans.

Each kind of fault breaks a rule by construction (tests/support/tests_support/*_faults.py say how); where a plan gives
no occasion for a kind, another plan is drawn.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from tests_support.document_faults import DOCUMENT_FAULTS, Fault
from tests_support.failsafe_faults import FAILSAFE_FAULTS
from tests_support.flight_faults import FLIGHT_FAULTS
from tests_support.sound_plans import SoundPlan, darlington_plans
from tests_support.zone_faults import ZONE_FAULTS

FAULTS = {**DOCUMENT_FAULTS, **FLIGHT_FAULTS, **ZONE_FAULTS, **FAILSAFE_FAULTS}


def run_kind(fault: Fault, plans: Sequence[SoundPlan], count: int, rng: random.Random) -> tuple[int, int, float]:
    """Injected, missed and milliseconds of all checks together."""
    injected = missed = 0
    took_ms = 0.0
    for _ in range(20 * count):
        if injected == count:
            break
        plan = rng.choice(plans)
        case = plan.case()
        if not fault(plan, case, rng):
            continue
        injected += 1
        began = time.process_time()
        missed += not case.check()
        took_ms += (time.process_time() - began) * 1e3
    return injected, missed, took_ms


def main() -> None:
    """Print kinds, injected, missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--faults", type=int, default=10_000)
    options.add_argument("--plans", type=int, default=60)
    options.add_argument("--seed", type=int, default=1)
    given = options.parse_args()
    plans = list(darlington_plans(given.plans, given.seed))
    began = time.process_time()
    alarms = [violation for plan in plans for violation in plan.case().check()]
    each_ms = (time.process_time() - began) * 1e3 / len(plans)
    print(f"{len(plans)} sound plans: {len(alarms)} false alarms, {each_ms:.1f} ms each (processor time)")
    for violation in alarms[:10]:
        print(f"  {violation}")
    rng = random.Random(given.seed)
    each = -(-given.faults // len(FAULTS))
    total = missed_in_all = 0
    print(f"{'kind':36s} injected  missed  ms each")
    for name, fault in FAULTS.items():
        injected, missed, took_ms = run_kind(fault, plans, each, rng)
        total, missed_in_all = total + injected, missed_in_all + missed
        print(f"{name:36s} {injected:8d} {missed:7d} {took_ms / max(injected, 1):8.1f}")
    print(f"{'all ' + str(len(FAULTS)) + ' kinds':36s} {total:8d} {missed_in_all:7d}")


if __name__ == "__main__":
    main()
