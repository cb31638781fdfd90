"""The compiled clock of a van's route: a sequence of pick-ups and hand-overs put on the time.

Speeds by the hour, one loading for each call at the depot, windows, the driver's rest, charging. Everything that plans
vans asks this one clock, whoever proposed the plan.

A van charges where it loads, for as long as loading takes or as the rest of its route needs, and on the way as late as
it can: before the leg after which it would not reach a charger any more, at the one least off the way, for what the
rest of the route needs.
"""

from __future__ import annotations

import numpy as np

from skystork.compiled import compiled
from skystork.dispatch.van_arrays import ABOARD, AIM_SHARE, DEPOT, Floats, Log, Model, Whole

HOUR_S = 3600.0
NO_FIT = 1e300
"""Metres of a route with too much on board."""
_SLACK_KG = 1e-9


@compiled
def drive_s(base_s: float, leaves_s: float, hours: Floats) -> float:
    """How long a leg takes that leaves so many seconds from now; see :mod:`skystork.dispatch.van_roads`."""
    left_s, now_s, hour = base_s, leaves_s, 0
    until_s = hours[0]
    if now_s >= until_s:
        hour = 1 + int((now_s - until_s) // HOUR_S)
        until_s += HOUR_S * hour
    while True:
        factor = hours[1 + hour % 24]
        room_s = (until_s - now_s) * factor
        if left_s <= room_s:
            takes_s: float = now_s + left_s / factor - leaves_s
            return takes_s
        left_s -= room_s
        now_s = until_s
        until_s += HOUR_S
        hour += 1


@compiled
def route_metres(metres: Floats, start: int, place: Whole, tasks: Whole, size: int) -> float:
    """By road from where the van is, back to the depot."""
    here, total = start, 0.0
    for step in range(size):
        there = place[tasks[step]]
        total += metres[here, there]
        here = there
    return float(total + metres[here, DEPOT])


@compiled
def _charge_stop(metres: Floats, chargers: Whole, here: int, there: int, range_m: float) -> int:
    """The charger that lies least off the way, of those in reach; the depot where none is."""
    best: int = chargers[0]
    least = np.inf
    for charger in chargers:
        detour = metres[here, charger] + metres[charger, there]
        if metres[here, charger] > range_m + 1e-6:
            continue
        if detour < least:
            best, least = charger, detour
    return best


@compiled
def _charge(
    model: Model, van: int, here: int, there: int, now: float, battery: float, ahead_m: float, step: int, log: Log
) -> tuple[int, float, float, float]:
    """Drive to the charger least off the way and charge what the rest needs: where, until when, charge, time short."""
    metres, seconds = model.metres[model.kind[van]], model.seconds[model.kind[van]]
    rate, watts = model.energy_j_per_m[van], max(1.0, model.charge_w[van])
    charger = _charge_stop(metres, model.chargers, here, there, battery / rate)
    short = max(0.0, rate * metres[here, charger] - battery) / watts
    now += drive_s(seconds[here, charger], now, model.hours)
    battery = max(0.0, battery - rate * metres[here, charger])
    wanted = max(battery, min(model.full_j[van], rate * (ahead_m - metres[here, there] + metres[charger, there])))
    until = now + (wanted - battery) / watts
    if len(log.done_s) > 0 or len(log.charger) > 0:
        log.charger[step], log.charged_from_s[step], log.charged_until_s[step] = charger, now, until
    needs = rate * (metres[charger, there] + model.to_charger_m[model.kind[van], there])
    return charger, until, wanted, short + max(0.0, needs - wanted) / watts


@compiled
def _charge_loading(model: Model, van: int, battery: float, needed: float) -> tuple[float, float]:
    """How long a call at the depot takes with its charging, and the charge after it."""
    load, watts = model.load_s[van], max(1.0, model.charge_w[van])
    if np.isinf(battery):
        return load, battery
    wanted = max(battery, min(model.full_j[van], max(battery + watts * load, needed)))
    return max(load, (wanted - battery) / watts), wanted


@compiled
def _on_board(pick: Whole, weight_kg: Floats, tasks: Whole, size: int) -> tuple[float, int]:
    """What the van sets out with; a parcel that the route does not hand over is left out."""
    kg, parcels = 0.0, 0
    for step in range(size):
        if tasks[step] % 2 and pick[tasks[step] // 2] == ABOARD:
            kg += weight_kg[tasks[step] // 2]
            parcels += 1
    return kg, parcels


@compiled
def time_route(model: Model, van: int, tasks: Whole, size: int, log: Log) -> tuple[float, float, float, float, float]:
    """Lateness and its share of missed aims [s], orders late, metres (``NO_FIT``: full), seconds over, when back."""
    kind, rate, battery = model.kind[van], model.energy_j_per_m[van], model.battery_j[van]
    metres, seconds, told = model.metres[kind], model.seconds[kind], len(log.done_s) > 0
    electric, even = np.isfinite(battery), model.even
    place, weight, hours = model.place, model.weight_kg, model.hours
    early, due, aim, ready = model.early_s, model.due_s, model.aim_s, model.ready_s
    service_s = model.service_s[van]
    most_kg, most_parcels = model.capacity_kg[van] + _SLACK_KG, model.capacity_parcels[van]
    kg, parcels = _on_board(model.pick, weight, tasks, size)
    ahead_m = route_metres(metres, model.start[van], place, tasks, size) if electric else 0.0
    now, here, picking = max(0.0, model.free_s[van]), model.start[van], False
    driven, lateness, late, over, resting = 0.0, 0.0, 0.0, 0.0, model.rest_from_s[van]
    for step in range(size + 1):
        task = tasks[step] if step < size else -1
        there = place[task] if step < size else DEPOT
        leg = metres[here, there]
        if electric and battery - rate * (leg + model.to_charger_m[kind, there]) < -1e-6:
            charger, now, battery, short = _charge(model, van, here, there, now, battery, ahead_m, step, log)
            driven += metres[here, charger]
            ahead_m += metres[charger, there] - leg
            over += short
            if told and step < size:
                log.metres[step] += metres[here, charger]
            here, leg, picking = charger, metres[charger, there], False
        now += seconds[here, there] if even else drive_s(seconds[here, there], now, hours)
        driven += leg
        ahead_m -= leg
        battery -= rate * leg
        here = there
        if step == size:
            break
        parcel, arrived = task // 2, now
        if task % 2 == 0:
            if there != DEPOT:
                now += service_s
            elif not picking:
                takes, battery = _charge_loading(model, van, battery, rate * ahead_m)
                now += takes
            now = max(now, ready[parcel])
            kg, parcels, picking = kg + weight[parcel], parcels + 1, there == DEPOT
            if kg > most_kg or parcels > most_parcels:
                return 0.0, 0.0, NO_FIT, 0.0, 0.0
        else:
            now = max(now + service_s, early[parcel])
            kg -= weight[parcel]
            parcels, picking = parcels - 1, False
            lateness += max(0.0, now - due[parcel])
            lateness += AIM_SHARE * max(0.0, min(now, due[parcel]) - aim[parcel])
            late += now > due[parcel]
        if told:
            log.metres[step] += leg
            log.arrives_s[step], log.done_s[step] = arrived, now
        if now >= resting:
            if told:
                log.rested[0] = step
            now, resting = now + model.rest_s[van], np.inf
    over += max(0.0, now - model.shift_ends_s[van])
    return lateness, late, driven, over, now
