"""What a person sees on the terminal, and what a log gets instead."""

import io
from dataclasses import replace

import pytest

from skystork.shell.console import (
    Alert,
    ConsoleSnapshot,
    ConsoleView,
    DroneLine,
    NetworkLine,
    OrderLine,
    QueueDepth,
    Severity,
    VanLine,
)

START_S = 1_795_255_200.0  # 2026-11-21T10:00:00Z
SNAPSHOT = ConsoleSnapshot(
    site="darlington",
    at_s=START_S,
    speed=60.0,
    drones=(
        DroneLine("LC-1", "AUTO.MISSION", "outbound", "o-17", 0.82, "up", 80.4, START_S + 300),
        DroneLine("LC-2", "AUTO.LOITER", "hold", "o-18", 0.27, "lost", None, None),
        DroneLine("MR-7", "HOLD", "[red]ready", None, None, "up", 0.0, None),
    ),
    vans=(VanLine("VAN-1", "driving", "o-21", 4, START_S + 700), VanLine("VAN-2", "at the depot", None, 0, None)),
    orders_by_state=(("waiting", 3), ("flying", 2), ("routed", 0), ("delivered", 12)),
    urgent=(
        OrderLine("o-17", "flying", "drone", START_S + 400, START_S + 300),
        OrderLine("o-18", "flying", "drone", START_S + 60, START_S + 900),
    ),
    alerts=(Alert(START_S - 5, Severity.CRITICAL, "LC-2: link lost over [town]"),),
    queues=(QueueDepth("ledger", 0, 4096), QueueDepth("mqtt", 6000, 10_000)),
    ended_orders=12,
    all_orders=120,
    networks=(NetworkLine("radio", "serial:/dev/ttyUSB0:57600", False, 1, 2, 0.034, 7, 0, 0),),
)


def drawn(snapshot: ConsoleSnapshot) -> str:
    stream = io.StringIO()
    with ConsoleView(stream, live=True) as view:
        view.show(snapshot)
    return stream.getvalue()


def test_the_live_view_shows_everything_of_a_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    page = drawn(SNAPSHOT)
    for text in ("darlington", "10:00:00", "×60", "LC-1", "AUTO.MISSION", "outbound", "o-17", "82%", "80", "10:05:00"):
        assert text in page
    for text in ("LC-2", "27%", "lost", "VAN-1", "driving", "o-21", "12/120 ended", "mqtt 6000/10000"):
        assert text in page
    for text in ("network radio serial:/dev/ttyUSB0:57600", "heard 1/2", "lost 3.4%", "hurt 7", "refused 0"):
        assert text in page
    assert "[red]ready" in page  # what others wrote is never markup
    assert "link lost over [town]" in page


def test_plain_output_has_a_line_for_ten_minutes_and_one_for_the_end() -> None:
    stream = io.StringIO()
    with ConsoleView(stream) as view:
        for minute in range(25):
            view.show(replace(SNAPSHOT, at_s=START_S + 60.0 * minute))
    lines = stream.getvalue().splitlines()
    assert [line.split()[0] for line in lines] == ["10:00:00", "10:10:00", "10:20:00", "10:24:00"]
    assert lines[0] == (
        "10:00:00 darlington | orders 3 waiting, 2 flying, 12 delivered | drones 2/3 busy | vans 1/2 out"
        " | critical: LC-2: link lost over [town]"
    )


def test_plain_output_holds_no_control_codes() -> None:
    stream = io.StringIO()
    with ConsoleView(stream) as view:
        view.show(SNAPSHOT)
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize(("no_color", "coloured"), [(None, True), ("1", False)])
def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch, no_color: str | None, coloured: bool) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color is not None:
        monkeypatch.setenv("NO_COLOR", no_color)
    assert ("\x1b[1;31m" in drawn(SNAPSHOT)) is coloured  # bold red


def test_an_empty_world_can_be_shown() -> None:
    empty = ConsoleSnapshot("depot", START_S, None, (), (), (), (), (), (), 0, 0)
    assert "none" in drawn(empty)
    stream = io.StringIO()
    with ConsoleView(stream) as view:
        view.show(empty)
    assert stream.getvalue() == "10:00:00 depot | orders none | drones 0/0 busy | vans 0/0 out\n"


def test_frames_between_two_drawings_are_let_pass_and_the_last_is_shown() -> None:
    stream = io.StringIO()
    with ConsoleView(stream, live=True) as view:
        for second in range(500):
            view.show(replace(SNAPSHOT, at_s=START_S + second))
    assert "10:08:19" in stream.getvalue()
