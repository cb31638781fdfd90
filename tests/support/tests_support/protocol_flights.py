"""Scenes in the air: what a vehicle does by itself and when told, and which of it are facts."""

from __future__ import annotations

import math

from pymavlink.dialects.v20 import common

from tests_support.protocol_steps import (
    HOME,
    LAND,
    LOITER,
    OFFBOARD,
    RTL,
    TAKEOFF,
    Scene,
    armed,
    box,
    climb,
    get_ready,
    velocity,
    waypoint,
)
from tests_support.protocol_talk import Talk, place, without_bounces

NAN = math.nan
GRIPPER, DELAY = (2, 211, (1.0, 0.0, 0.0, 0.0), 0, 0, 0.0), (2, 93, (3.0, -1.0, -1.0, -1.0), 0, 0, 0.0)
SPEED = (2, 178, (1.0, 5.0, -1.0, 0.0), 0, 0, 0.0)


def first_s(talk: Talk, text: str, since: int = 0) -> float:
    """When a text was first said."""
    return next(each.at_s for each in talk.of("text", since) if each.message == text)


def mode_s(talk: Talk, custom: int, since: int) -> float:
    """When a mode was first told."""
    return next(each.at_s for each in talk.of("mode", since) if each.message[0] == custom)


def land(talk: Talk) -> None:
    """Down and disarmed, by LAND."""
    talk.command(21, 0.0, 0.0, 0.0, NAN, NAN, NAN, NAN)
    talk.demand(90.0, lambda: not armed(talk), "disarmed")


def play_delivery(talk: Talk) -> None:
    """A delivery from upload to disarming."""
    get_ready(talk)
    items = [TAKEOFF, SPEED, waypoint(40.0), waypoint(40.0, 40.0), GRIPPER, DELAY, waypoint(40.0), HOME]
    talk.fact("upload", talk.upload(items, settle_s=1.3))
    talk.fact("judged", talk.last("MISSION_CURRENT").mission_state)
    since = talk.mark()
    talk.fact("mission mode", talk.set_mode(4, 4))
    talk.run(1.5)
    talk.fact("arm", talk.command(400, 1.0))
    talk.demand(200.0, lambda: talk.texts(since)[-1:] == ["Disarmed by landing"], "landing")
    talk.run(3.0)
    talk.fact("modes", talk.modes(since))
    talk.fact("base modes", talk.changes("HEARTBEAT", "base_mode", since))
    talk.fact("system states", talk.changes("HEARTBEAT", "system_status", since))
    landed = talk.changes("EXTENDED_SYS_STATE", "landed_state", since)
    talk.fact("landed states", [landed[0], *without_bounces(landed[1:], 1)])
    reached = talk.changes("MISSION_ITEM_REACHED", "seq", since)
    talk.fact("reached", [sequence for sequence in reached if sequence not in (3, 6)])  # told at times
    talk.fact("mission states", talk.changes("MISSION_CURRENT", "mission_state", since))
    texts = [text for text in talk.texts(since) if not text.startswith("RTL: start")]
    talk.fact("texts", without_bounces(texts, "Landing detected"))
    leaked = {each.message.command: each for each in talk.of("COMMAND_LONG", since)}
    talk.fact("inner commands", sorted(command for command in leaked if command in (178, 211, 93, 20)))
    talk.fact("inner commands are for", sorted({each.message.target_component for each in leaked.values()}))
    repeats = [each.message.confirmation for each in talk.of("COMMAND_LONG", since) if each.message.command == 211]
    talk.fact("inner commands repeated", repeats)
    last = [each.at_s for each in talk.of("MISSION_ITEM_REACHED", since) if each.message.seq == 7]
    talk.duration("reached repeated for", last[-1] - last[0], 1.5)
    armed_s = first_s(talk, "Armed by external command", since)
    talk.duration("arming to take-off", first_s(talk, "Takeoff detected", since) - armed_s, 1.0)
    landed_s = [each.at_s for each in talk.of("text", since) if each.message == "Landing detected"][-1]
    talk.duration("landing to disarming", first_s(talk, "Disarmed by landing", since) - landed_s, 0.6)


def play_interruptions(talk: Talk) -> None:
    """A mission paused, resumed, begun anew, replaced in flight, returned and landed."""
    get_ready(talk)
    plan = [TAKEOFF, waypoint(60.0), waypoint(60.0, 60.0), waypoint(0.0, 60.0), HOME]
    talk.upload(plan, settle_s=1.3)
    since = talk.mark()
    talk.fact("mission start", talk.command(300, 0.0, 0.0))
    talk.fact("mission start, texts", talk.texts(since))
    talk.fact("disarm in the air", None)
    talk.demand(60.0, lambda: talk.last("MISSION_CURRENT").seq == 1, "item 1")
    talk.run(3.0)
    talk.facts["disarm in the air"] = talk.command(400, 0.0)
    since = talk.mark()
    talk.fact("pause", talk.set_mode(4, 3))
    talk.run(4.0)
    current = talk.last("MISSION_CURRENT")
    talk.fact("paused", [current.seq, current.mission_state])
    talk.fact("resume", talk.set_mode(4, 4))
    talk.run(1.5)
    current = talk.last("MISSION_CURRENT")
    talk.fact("resumed", [current.seq, current.mission_state])
    talk.fact("pause and resume, texts", talk.texts(since))
    talk.demand(60.0, lambda: talk.last("MISSION_CURRENT").seq == 2, "item 2")
    talk.fact("replaced in flight", talk.upload([*plan[:3], waypoint(-10.0, 60.0), HOME], settle_s=1.5))
    current = talk.last("MISSION_CURRENT")
    talk.fact("after the replacement", [current.seq, current.mission_state])
    since = talk.mark()
    bad = [TAKEOFF, (2, 112, (1.0, 0.0, 0.0, 0.0), 0, 0, 0.0), waypoint(10.0)]
    talk.fact("infeasible in flight", talk.upload(bad, settle_s=2.0))
    talk.fact("infeasible in flight, modes", talk.modes(since)[-1:])
    talk.fact("infeasible in flight, texts", talk.texts(since))
    talk.upload(plan, current=0, settle_s=1.5)
    talk.fact("mission mode in flight", [talk.set_mode(4, 4)])
    talk.run(2.0)
    talk.fact("begun anew at", talk.last("MISSION_CURRENT").seq)
    talk.send(common.MAVLink_mission_set_current_message(talk.system_id, 1, 3))
    talk.run(1.5)
    talk.fact("set current", talk.last("MISSION_CURRENT").seq)
    talk.fact("mission start in flight", talk.command(300, 1.0, 0.0))
    talk.run(1.5)
    talk.fact("begun anew by mission start", talk.last("MISSION_CURRENT").seq)
    since = talk.mark()
    talk.fact("return", talk.command(20))
    talk.run(3.0)
    talk.fact("return, modes", talk.modes(since)[-1:])
    talk.fact("land", talk.command(21, 0.0, 0.0, 0.0, NAN, NAN, NAN, NAN))
    talk.demand(90.0, lambda: not armed(talk), "disarmed")
    talk.run(3.0)
    talk.fact("land, modes", talk.modes(since))


def play_reposition(talk: Talk) -> None:
    """Take-off without a place, repositions, speed, termination refused to nobody."""
    get_ready(talk)
    since = talk.mark()
    talk.fact("take-off", talk.command(22, 0.0, 0.0, 0.0, NAN, NAN, NAN, NAN))
    talk.fact("arm", talk.command(400, 1.0))
    talk.demand(40.0, lambda: talk.mode_is(LOITER), "hold after take-off")
    talk.run(3.0)
    talk.fact("take-off to 2.5 m", abs(talk.height_m() - 2.5) < 0.8)
    talk.fact("take-off, modes", talk.modes(since))
    talk.fact("take-off, texts", talk.texts(since))
    ground_m = talk.of("GLOBAL_POSITION_INT")[0].message.alt / 1000
    x, y = place(15.0)
    talk.send(common.MAVLink_command_int_message(talk.system_id, 1, 3, 192, 0, 0, -1, 1, 0, NAN, x, y, ground_m + 12))
    talk.run(0.4)
    talk.fact("reposition", talk.last("COMMAND_ACK").result)
    talk.demand(40.0, lambda: abs(talk.height_m() - 12.0) < 1.0, "the altitude above sea level")
    talk.run(4.0)
    north_m = (talk.last("GLOBAL_POSITION_INT").lat - place(0.0)[0]) * 0.0111319
    talk.fact("reposition, place", abs(north_m - 15.0) < 1.5)
    talk.fact("mission state without mission", talk.last("MISSION_CURRENT").mission_state)
    talk.fact("change speed", talk.command(178, 1.0, 3.0, -1.0))
    talk.fact("mission mode without mission in flight", talk.set_mode(4, 4))
    talk.fact("position mode in flight", [talk.set_mode(3, 0), talk.modes()[-1]])
    talk.run(1.0)
    since = talk.mark()
    talk.fact("hold", [talk.set_mode(4, 3), talk.modes()[-1]])
    land(talk)
    talk.run(3.0)
    talk.fact("land, modes", talk.modes(since))
    talk.fact("land, texts", without_bounces(talk.texts(since), "Landing detected"))


def play_link_lost(talk: Talk) -> None:
    """Ground heartbeats stop for good, then come back."""
    get_ready(talk)
    climb(talk)
    since = talk.mark()
    begun_s = talk.wire.now_s() - talk.start_s
    talk.heartbeats = False
    talk.demand(25.0, lambda: talk.mode_is(RTL), "return")
    talk.run(2.0)
    talk.duration("silence to return", mode_s(talk, RTL, since) - begun_s, 2.0)
    critical_s = next(each.at_s for each in talk.of("HEARTBEAT", since) if each.message.system_status == 5)
    talk.duration("silence to failsafe", critical_s - begun_s, 2.0)
    talk.fact("modes", talk.modes(since))
    talk.fact("texts while lost", talk.texts(since))
    back = talk.mark()
    talk.heartbeats = True
    talk.run(10.0)
    talk.fact("modes when back", talk.modes(back))
    talk.fact("status when back", talk.last("HEARTBEAT").system_status)
    talk.fact("texts when back", [text for text in talk.texts(back) if not text.startswith("RTL")])
    land(talk)


def play_battery(talk: Talk) -> None:
    """The battery fails at height."""
    get_ready(talk)
    climb(talk)
    since = talk.mark()
    begun_s = talk.wire.now_s() - talk.start_s
    talk.send(common.MAVLink_command_long_message(talk.system_id, 1, 420, 0, 100, 1, 0, 0, 0, 0, 0))
    talk.demand(25.0, lambda: talk.mode_is(LAND), "landing")
    ack = talk.of("COMMAND_ACK", since)[0].message
    talk.fact("inject", [ack.result, ack.target_system, ack.target_component])
    talk.duration("failure to landing", mode_s(talk, LAND, since) - begun_s, 2.5)
    talk.demand(60.0, lambda: not armed(talk), "disarmed")
    talk.run(3.0)
    talk.fact("modes", talk.modes(since))
    talk.fact("charge states", talk.changes("BATTERY_STATUS", "charge_state", since)[-1:])
    talk.fact("status", talk.changes("HEARTBEAT", "system_status", since))
    bounces = ("Takeoff detected", "Landing detected")
    talk.fact("texts", [text for text in talk.texts(since) if text not in bounces])
    talk.fact("arm with an empty battery", talk.command(400, 1.0))
    talk.fact("restore", talk.command(420, 100.0, 0.0, 0.0))
    talk.run(12.0)
    talk.fact("arm again", talk.command(400, 1.0))


def play_gnss_lost(talk: Talk) -> None:
    """No satellites for a while."""
    get_ready(talk)
    climb(talk, 20.0)
    since = talk.mark()
    begun_s = talk.wire.now_s() - talk.start_s
    talk.set_parameter("SIM_GPS_USED", 0)
    talk.demand(20.0, lambda: talk.mode_is(LAND), "descent")
    talk.duration("loss to descent", mode_s(talk, LAND, since) - begun_s, 2.0)
    talk.run(2.0)
    talk.fact("status", talk.last("HEARTBEAT").system_status)
    talk.fact("texts", talk.texts(since))
    fix = talk.last("GPS_RAW_INT")
    talk.fact("fix", [fix.fix_type < 3, fix.satellites_visible])
    talk.set_parameter("SIM_GPS_USED", 10)
    talk.demand(20.0, lambda: talk.mode_is(LOITER), "hold again")
    talk.run(2.0)
    talk.fact("modes", talk.modes(since))
    talk.fact("status again", talk.last("HEARTBEAT").system_status)
    land(talk)


def play_fence(talk: Talk) -> None:
    """Out of a fence by velocity set points; a reposition outside; the operator goes on."""
    get_ready(talk)
    climb(talk)
    talk.fact("fence", talk.upload(box(30.0), 1, settle_s=1.5))
    since = talk.mark()
    talk.stream = velocity(talk, 4.0)
    talk.run(1.0)
    talk.fact("offboard", talk.set_mode(6, 0))
    talk.demand(30.0, lambda: talk.mode_is(LOITER), "hold at the fence")
    talk.run(1.5)
    north_m = (talk.last("GLOBAL_POSITION_INT").lat - place(0.0)[0]) * 0.0111319
    talk.fact("stopped within 15 m of the line", 20.0 < north_m < 45.0)
    talk.fact("status", talk.last("HEARTBEAT").system_status)
    talk.fact("modes", talk.modes(since))
    talk.fact("texts", talk.texts(since))
    talk.stream = None
    talk.run(3.0)
    x, y = place(200.0)
    since = talk.mark()
    ground_m = talk.of("GLOBAL_POSITION_INT")[0].message.alt / 1000
    talk.send(common.MAVLink_command_int_message(talk.system_id, 1, 5, 192, 0, 0, -1, 1, 0, NAN, x, y, ground_m + 10))
    talk.run(2.0)
    results = [each.message.result for each in talk.of("COMMAND_ACK", since) if each.message.command == 192]
    talk.fact("reposition outside", [results, talk.texts(since)])
    talk.fact("mission through the fence", talk.upload([TAKEOFF, waypoint(60.0)], settle_s=1.3))
    talk.fact("mission through the fence, verdict", talk.last("MISSION_CURRENT").mission_state)
    land(talk)


def play_offboard(talk: Talk) -> None:
    """Set points that stop and come back."""
    get_ready(talk)
    climb(talk)
    since = talk.mark()
    talk.fact("without a stream", [talk.set_mode(6, 0), talk.texts(since)])
    talk.stream = velocity(talk, 1.0)
    talk.run(1.0)
    since = talk.mark()
    talk.fact("with a stream", talk.set_mode(6, 0))
    talk.run(2.0)
    talk.fact("base mode", talk.last("HEARTBEAT").base_mode)
    begun_s = talk.wire.now_s() - talk.start_s
    talk.stream = None
    talk.demand(8.0, lambda: not talk.mode_is(OFFBOARD), "failsafe")
    talk.duration("silence to failsafe", talk.of("mode", since)[-1].at_s - begun_s, 0.6)
    talk.run(2.0)
    talk.fact("status", talk.last("HEARTBEAT").system_status)
    talk.stream = velocity(talk, 1.0)
    talk.run(3.0)
    talk.fact("modes", talk.modes(since))
    talk.fact("texts", [text for text in talk.texts(since) if not text.startswith("RTL")])
    talk.fact("status again", talk.last("HEARTBEAT").system_status)
    since = talk.mark()
    talk.set_mode(4, 3)
    talk.stream = velocity(talk, 1.0, frame=9)
    talk.run(1.5)
    talk.fact("offboard by a frame it refuses", talk.set_mode(6, 0))
    talk.stream = None
    land(talk)
    talk.fact("end, modes", talk.modes(since))


def play_return(talk: Talk) -> None:
    """Return to the nearest of home and the rally points, with the mission left behind."""
    get_ready(talk)
    rally = [(3, 5100, (0.0, 0.0, 0.0, 0.0), *place(50.0), 0.0)]
    talk.fact("rally", talk.upload(rally, 2, settle_s=1.0))
    talk.upload([TAKEOFF, waypoint(60.0), waypoint(60.0, 20.0), HOME], settle_s=1.3)
    talk.set_mode(4, 4)
    talk.run(1.5)
    since = talk.mark()
    talk.command(400, 1.0)
    talk.demand(90.0, lambda: talk.mode_is(RTL), "return")
    talk.demand(120.0, lambda: not armed(talk), "disarmed")
    north_m = (talk.last("GLOBAL_POSITION_INT").lat - place(0.0)[0]) * 0.0111319
    talk.fact("landed at the rally point", abs(north_m - 50.0) < 2.0)
    texts = [text.partition(" at 50")[0] for text in talk.texts(since)]  # the altitude differs by a metre
    talk.fact("texts", without_bounces(texts, "Landing detected"))
    talk.fact("mission state", talk.last("MISSION_CURRENT").mission_state)
    talk.fact("seq", talk.last("MISSION_CURRENT").seq)
    talk.fact("modes", talk.modes(since))


FLIGHT_SCENES = (
    Scene("delivery", play_delivery),
    Scene("interruptions", play_interruptions),
    Scene("reposition", play_reposition),
    Scene("link_lost", play_link_lost, {"NAV_DLL_ACT": 2}),
    Scene("battery", play_battery, {"SIM_BAT_MIN_PCT": 0.0}),
    Scene("gnss_lost", play_gnss_lost),
    Scene("fence", play_fence),
    Scene("offboard", play_offboard),
    Scene("return", play_return, {"RTL_RETURN_ALT": 15.0}),
)
