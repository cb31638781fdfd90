"""What joins a fleet's protocol to its socket: mistakes of one listener or one datagram cost the others nothing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tests_support.px4_counterpart import Px4Counterpart

from skystork.link.contract import Heard, LinkEvent, LinkSettings, TelemetrySample
from skystork.link.fleet_link import FleetLink
from skystork.shell.link_runner import LinkRunner
from skystork.shell.udp import FleetSocket, open_fleet_socket


@contextlib.asynccontextmanager
async def opened() -> AsyncIterator[FleetSocket]:
    fleet_socket = await open_fleet_socket("127.0.0.1", 0)
    try:
        yield fleet_socket
    finally:
        fleet_socket.close()


class Tripping(FleetLink):
    """A protocol with a mistake in it: some datagrams raise."""

    def receive_datagram(self, data: bytes, address: tuple[str, int], now_s: float) -> None:
        if data == b"trip":
            raise ZeroDivisionError("a mistake of ours")
        super().receive_datagram(data, address, now_s)


async def test_a_datagram_that_trips_us_costs_the_others_nothing() -> None:
    heard = asyncio.Event()
    vehicle = Px4Counterpart(3)
    async with opened() as ground, opened() as air:
        air.set_receiver(lambda _data, _address: None)
        fleet = Tripping(LinkSettings(heartbeat_interval_s=0.05))
        fleet.add_vehicle(3)
        runner = LinkRunner(fleet, ground)
        runner.subscribe(3, lambda event: heard.set() if isinstance(event, Heard) else None)
        vehicle.handle_timer(runner.now_s())
        for data in (b"trip", *vehicle.outbox):
            air.send(bytes(data), ground.address)
        async with asyncio.timeout(10):
            await heard.wait()
        assert runner.tripped == 1
        runner.close()


async def test_a_vehicle_on_a_real_socket_is_heard_and_hears_us() -> None:
    heard = asyncio.get_running_loop().create_future()
    answered = asyncio.get_running_loop().create_future()
    vehicle = Px4Counterpart(3)

    def note(event: LinkEvent) -> None:
        if isinstance(event, Heard) and not heard.done():
            heard.set_result(event)

    def answer(data: bytes, _address: tuple[str, int]) -> None:
        if not answered.done():
            answered.set_result(data)

    all_events: list[LinkEvent] = []
    rare_events: list[LinkEvent] = []
    async with opened() as ground, opened() as air:
        air.set_receiver(answer)
        fleet = FleetLink(LinkSettings(heartbeat_interval_s=0.05))
        fleet.add_vehicle(3)
        runner = LinkRunner(fleet, ground)
        for listener in (all_events.append, note):
            runner.subscribe(3, listener)
        runner.subscribe(3, rare_events.append, samples=False)
        vehicle.handle_timer(runner.now_s())
        for data in vehicle.outbox:
            air.send(data, ground.address)
        async with asyncio.timeout(10):
            await heard
            await answered
        runner.close()
        assert fleet.vehicle(3).address == air.address
        assert any(isinstance(event, TelemetrySample) for event in all_events)
        assert rare_events == [event for event in all_events if not isinstance(event, TelemetrySample)] != []
    assert answered.result()[0] == 0xFD


async def test_a_listener_that_fails_costs_neither_the_others_nor_what_comes_later() -> None:
    failed = asyncio.Event()
    asyncio.get_running_loop().set_exception_handler(lambda _loop, _context: failed.set())
    samples: asyncio.Queue[LinkEvent] = asyncio.Queue()
    vehicle = Px4Counterpart(3)
    async with opened() as ground, opened() as air:
        air.set_receiver(lambda _data, _address: None)
        fleet = FleetLink(LinkSettings())
        fleet.add_vehicle(3)
        runner = LinkRunner(fleet, ground)

        def fail(event: LinkEvent) -> None:
            if isinstance(event, Heard):
                raise ZeroDivisionError("a mistake of ours")

        runner.subscribe(3, fail)
        runner.share_samples(3, [samples.put_nowait])
        vehicle.handle_timer(runner.now_s())
        async with asyncio.timeout(10):
            air.send(bytes(vehicle.outbox[0]), ground.address)
            await failed.wait()
            for data in vehicle.outbox:
                air.send(bytes(data), ground.address)
            assert isinstance(await samples.get(), TelemetrySample)
        runner.close()
