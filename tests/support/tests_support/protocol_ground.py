"""Scenes on the ground: what is said to a vehicle that stands, and which of its answers are facts."""

from __future__ import annotations

import math

from pymavlink.dialects.v20 import common

from tests_support.protocol_steps import HOME, TAKEOFF, Scene, box, get_ready, waypoint
from tests_support.protocol_tables import ANSWERS, INFEASIBLE, ITEMS, MODES_ON_GROUND
from tests_support.protocol_talk import Talk


def play_boot(talk: Talk) -> None:
    """What a vehicle says from the first second, and what it refuses until it is ready."""
    talk.demand(20.0, lambda: bool(talk.of("HEARTBEAT")), "HEARTBEAT")
    first = talk.of("HEARTBEAT")[0]
    talk.fact("first heartbeat", [first.message.base_mode, first.message.custom_mode, first.message.system_status])
    talk.fact("arm before ready", talk.command(400, 1.0))
    get_ready(talk)
    talk.fact("arm before ready, texts", [text for text in talk.texts() if text.startswith("Arming")])
    ready_s = next(each.at_s for each in talk.of("HEARTBEAT") if each.message.system_status == 3)
    talk.duration("from first heartbeat to STANDBY", ready_s - first.at_s, 2.0)
    beats = [each.at_s for each in talk.of("HEARTBEAT")]
    talk.duration("heartbeat interval", (beats[-1] - beats[0]) / (len(beats) - 1), 0.1)
    status, battery = talk.last("SYS_STATUS"), talk.last("BATTERY_STATUS")
    talk.fact("SYS_STATUS", [status.voltage_battery, status.current_battery, status.battery_remaining])
    talk.fact("sensors", [status.onboard_control_sensors_present, status.onboard_control_sensors_enabled])
    fields = ("id", "battery_function", "type", "temperature", "energy_consumed", "battery_remaining", "charge_state")
    talk.fact("BATTERY_STATUS", [getattr(battery, name) for name in fields] + battery.voltages[:2])
    talk.command(512, 148.0)
    version = talk.last("AUTOPILOT_VERSION")
    names = ("capabilities", "flight_sw_version", "board_version", "vendor_id", "product_id")
    talk.fact("AUTOPILOT_VERSION", [getattr(version, name) for name in names])
    talk.fact("uid above the instance", version.uid - (talk.system_id - 1))
    talk.fact("git hash", list(version.flight_custom_version))
    talk.fact("VFR_HUD.airspeed is a number", not math.isnan(talk.last("VFR_HUD").airspeed))
    talk.fact("HOME_POSITION before arming", bool(talk.of("HOME_POSITION")))
    talk.fact("landed state", talk.changes("EXTENDED_SYS_STATE", "landed_state"))


def play_ground(talk: Talk) -> None:
    """Commands, modes, intervals and parameters on the ground."""
    get_ready(talk)
    for number, params, name in ANSWERS:
        talk.fact(f"command {name}", talk.command(number, *params, wait_s=1.6 if number == 211 else 0.4))
    for main, sub in MODES_ON_GROUND:
        since = talk.mark()
        results = talk.set_mode(main, sub)
        talk.fact(f"mode {main}.{sub}", [results, talk.modes()[-1], talk.texts(since)])
    talk.set_mode(4, 3)
    talk.fact("int parameter", talk.read_parameter("NAV_DLL_ACT"))
    talk.fact("int parameter set as real", talk.set_parameter("NAV_DLL_ACT", 2.0, 9))
    talk.fact("int parameter set bytewise", talk.set_parameter("NAV_DLL_ACT", 2))
    talk.fact("real parameter set", talk.set_parameter("RTL_RETURN_ALT", 35.5))
    talk.fact("unknown parameter", talk.read_parameter("NO_SUCH"))
    talk.fact("unknown parameter set", talk.set_parameter("NO_SUCH", 1))
    talk.set_parameter("NAV_DLL_ACT", 0)
    talk.fact("hash answered", talk.read_parameter("_HASH_CHECK") is not None)


def play_uploads(talk: Talk) -> None:
    """Which items are taken, and what the whole mission is found to be."""
    get_ready(talk)
    for name, item in ITEMS.items():
        talk.fact(f"item {name}", talk.upload([TAKEOFF, item, waypoint(30.0)], settle_s=0.05))
        talk.send(common.MAVLink_mission_clear_all_message(talk.system_id, 1, 0))
        talk.run(0.1)
    talk.run(1.0)
    empty = talk.of("MISSION_CURRENT")[-1]
    talk.fact("no mission", [empty.message.seq, empty.message.total, empty.message.mission_state, empty.extension[0]])
    for name, items in INFEASIBLE.items():
        since = talk.mark()
        answer = talk.upload(items, settle_s=1.3)
        talk.fact(f"verdict {name}", [answer, talk.last("MISSION_CURRENT").mission_state])
        talk.fact(f"verdict {name}, texts", talk.texts(since))
    since = talk.mark()
    talk.send(common.MAVLink_mission_count_message(talk.system_id, 1, 10_001, 0))
    talk.run(0.4)
    talk.fact("10001 items", [each.message.type for each in talk.of("MISSION_ACK", since)])
    plan = [TAKEOFF, waypoint(30.0), HOME]
    talk.upload(plan, settle_s=1.3)
    accepted, current = talk.of("MISSION_ACK")[-1], talk.of("MISSION_CURRENT")[-1]
    talk.fact("ids agree", accepted.extension[0] == current.extension[0] != 0)
    since = talk.mark()
    talk.send(common.MAVLink_mission_request_list_message(talk.system_id, 1, 0))
    talk.run(0.3)
    talk.send(common.MAVLink_mission_request_int_message(talk.system_id, 1, 0, 0))
    talk.run(0.2)
    item = talk.last("MISSION_ITEM_INT")
    talk.fact("read back", [talk.of("MISSION_COUNT", since)[-1].message.count, item.frame, item.current])
    talk.fact("upload while busy", [talk.upload(plan), talk.texts(since)])
    talk.run(6.0)
    since = talk.mark()
    talk._items = ()
    talk.send(common.MAVLink_mission_count_message(talk.system_id, 1, 3, 0))
    talk.run(6.5)
    asked = [each.at_s for each in talk.of("MISSION_REQUEST_INT", since)]
    talk.duration("item asked again", (asked[-1] - asked[0]) / (len(asked) - 1), 0.04)
    talk.fact("upload given up", [len(talk.of("MISSION_ACK", since)), talk.texts(since)])
    since = talk.mark()
    talk.send(common.MAVLink_mission_set_current_message(talk.system_id, 1, 9))
    talk.run(0.4)
    talk.fact("set current out of list", talk.texts(since))
    since = talk.mark()
    talk.fact("fence elsewhere", talk.upload(box(50.0, 5000.0), 1, settle_s=1.0))
    talk.fact("fence elsewhere, texts", talk.texts(since))
    talk.fact("clear all", [talk.upload([], kind) for kind in (0, 1, 2)])


def play_arming(talk: Talk) -> None:
    """Armed and left alone; armed without ground; refused for want of a mission."""
    get_ready(talk)
    since = talk.mark()
    talk.fact("arm", talk.command(400, 1.0))
    talk.fact("arm when armed", talk.command(400, 1.0))
    waited_s = talk.demand(20.0, lambda: "Disarmed by auto preflight disarming" in talk.texts(since), "auto disarm")
    talk.duration("auto disarm", waited_s, 1.5)
    talk.fact("auto disarm, texts", talk.texts(since))
    since = talk.mark()
    talk.fact("mission start without mission", [talk.command(300, 0.0, 0.0), talk.texts(since)])
    since = talk.mark()
    talk.fact("mission mode without mission", talk.set_mode(4, 4))
    talk.run(1.5)
    talk.fact("status in it", talk.last("HEARTBEAT").system_status)
    talk.fact("arm in it", [talk.command(400, 1.0), talk.texts(since)])
    talk.set_mode(4, 3)
    talk.set_parameter("NAV_DLL_ACT", 2)
    talk.heartbeats = False
    talk.run(14.0)
    since = talk.mark()
    talk.fact("arm without ground", talk.command(400, 1.0))
    talk.heartbeats = True
    talk.run(3.0)
    talk.fact("arm without ground, texts", talk.texts(since))


def play_modes(talk: Talk) -> None:
    """Arming in modes that cannot be flown, and the mission mode right after an upload."""
    get_ready(talk)
    for name, main, sub in (("RTL", 4, 5), ("LAND", 4, 6), ("OFFBOARD", 6, 0), ("POSCTL", 3, 0)):
        since = talk.mark()
        talk.fact(f"arm in {name}", [talk.set_mode(main, sub), talk.command(400, 1.0)])
        talk.run(1.5)
        talk.fact(f"arm in {name}, texts", talk.texts(since))
        talk.fact(f"status in {name}", talk.last("HEARTBEAT").system_status)
    talk.set_mode(4, 3)
    talk.upload([TAKEOFF, waypoint(30.0), HOME], settle_s=0.0)
    talk.fact("mission mode before the verdict", talk.set_mode(4, 4))
    talk.run(1.5)
    talk.fact("verdict", talk.last("MISSION_CURRENT").mission_state)


GROUND_SCENES = (
    Scene("modes", play_modes),
    Scene("boot", play_boot),
    Scene("ground", play_ground),
    Scene("uploads", play_uploads),
    Scene("arming", play_arming),
)
