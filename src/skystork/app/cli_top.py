"""``skystork top``: the live board of a running service, by way of its broker."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Annotated

import typer

from skystork.app.bus_board import BusBoard
from skystork.app.cli_text import print_json, told_plainly
from skystork.app.options import JsonOption, SiteOption
from skystork.app.site import load_site
from skystork.shell.console import ConsoleView

CONNECT_S = 10.0
QUIET_S = 0.5
"""After so long without a message every retained one has come [s]: a broker sends them at once."""
PERIOD_S = 1.0


def top(
    site: SiteOption,
    mqtt: Annotated[str, typer.Option(help="The service's broker: mqtt://host:port.")],
    once: Annotated[bool, typer.Option("--once", help="Draw it once and end.")] = False,
    as_json: JsonOption = False,
) -> None:
    """The live board: vehicles, urgent orders, alerts and networks, until Ctrl-C."""
    with told_plainly():
        board = BusBoard(load_site(site))
        try:
            asyncio.run(_watch(board, mqtt, once=once, as_json=as_json))
        except KeyboardInterrupt:
            raise typer.Exit(0) from None


async def _watch(board: BusBoard, broker: str, *, once: bool, as_json: bool) -> None:
    from skystork.shell.mqtt import MqttBus  # noqa: PLC0415  # brings the network in; other commands do not need it
    from skystork.shell.topics import Subscription  # noqa: PLC0415

    arrived = asyncio.Event()

    async def read(messages: Subscription) -> None:
        async for message in messages:
            board.receive(message.topic, message.payload)
            arrived.set()

    async with MqttBus(broker, f"skystork-top-{id(board):x}") as bus:
        readers = [asyncio.create_task(read(bus.subscribe(wanted)), name=f"top[{wanted}]") for wanted in board.filters]
        try:
            await bus.wait_connected(CONNECT_S)
            await _settled(arrived)
            if as_json:
                print_json(dataclasses.asdict(board.snapshot()))
            else:
                await _draw(board, once=once)
        finally:
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)


async def _settled(arrived: asyncio.Event) -> None:
    """Return when nothing came for a moment."""
    while True:
        arrived.clear()
        try:
            async with asyncio.timeout(QUIET_S):
                await arrived.wait()
        except TimeoutError:
            return


async def _draw(board: BusBoard, *, once: bool) -> None:
    with ConsoleView(live=True) as view:
        view.show(board.snapshot())
        while not once:
            await asyncio.sleep(PERIOD_S)
            view.show(board.snapshot())
