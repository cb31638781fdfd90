"""The bus of the simulated world over a broker that comes late."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from skystork.shell.broker import start_broker
from skystork_sim.mqtt_bus import QUEUE_LIMIT, MqttBus


async def test_nobody_waits_for_a_broker_that_is_gone_and_the_newest_is_told_when_it_comes(
    unused_tcp_port: int,
) -> None:
    teller = MqttBus("127.0.0.1", unused_tcp_port)
    async with asyncio.timeout(30.0):
        for number in range(QUEUE_LIMIT + 5):
            await teller.publish(f"t/{number}", b"x", retain=True)
        async with start_broker(unused_tcp_port) as url:
            reader = MqttBus("127.0.0.1", urlsplit(url).port or 0)
            messages = reader.subscribe("t/#")
            serving = [asyncio.create_task(each.run()) for each in (teller, reader)]
            told = {(await anext(messages)).topic for _ in range(QUEUE_LIMIT)}
            for task in serving:
                task.cancel()
            await asyncio.gather(*serving, return_exceptions=True)
    assert told == {f"t/{number}" for number in range(5, QUEUE_LIMIT + 5)}
