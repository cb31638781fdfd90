"""The real service of the Darlington site with its HTTP server on a real socket; nothing answers on its radio."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

import httpx

from skystork.app.http.api import http_api
from skystork.app.service import Service
from skystork.app.site import Site, load_site
from skystork.app.state_folder import StateFolder
from skystork.control.roles import Role
from skystork.shell.account_store import AccountStore, User
from skystork.shell.bus import Address, DatagramReceiver
from skystork.shell.http_address import Listen
from skystork.shell.loops import PacedLoop
from skystork.shell.memory_bus import MemoryBus
from skystork.shell.solver_pool import SolverPool
from skystork.shell.web.access import Access, new_token
from skystork.shell.web.rates import Rates
from skystork.shell.web.roles import SCOPES_OF
from skystork.shell.web.route import Route
from skystork.shell.world_clock import WorldClock

DARLINGTON = Path(__file__).resolve().parents[3] / "sim" / "scenarios" / "darlington"


class Silence:
    """A radio on which nobody answers."""

    def set_receiver(self, receiver: DatagramReceiver) -> None:
        """Never called back."""

    def send(self, data: bytes, address: Address) -> None:
        """Into the air."""

    def close(self) -> None:
        """Nothing to let go of."""


@dataclass
class HttpWorld:
    """What a test talks to."""

    service: Service
    url: str
    client: httpx.AsyncClient
    folder: StateFolder
    bus: MemoryBus
    accounts: AccountStore
    routes: tuple[Route, ...]
    setup_code: str
    access: Access

    def forget_rates(self) -> None:
        """As after a pause."""
        self.access.rates = Rates()

    def token(self, role: Role, name: str = "") -> dict[str, str]:
        """Headers of a caller of that role, with all its scopes and no rate to speak of."""
        name = name or f"a.{role.lower()}"
        self.accounts.add_user(User(name, role, "", 0.0))
        token, text = new_token(name, "test", SCOPES_OF[role], rate_hz=10_000.0, lives_s=3600.0)
        self.accounts.add_token(token)
        return {"Authorization": f"Bearer {text}"}


@asynccontextmanager
async def http_world(folder: Path, site: Site | None = None) -> AsyncIterator[HttpWorld]:
    """Serve while the block runs."""
    place, bus = site or load_site(DARLINGTON), MemoryBus()
    await bus.publish(f"skystork/v1/{place.table.name}/weather/state", calm_weather(), retain=True)
    endpoints = {network.name: Silence() for network in place.networks}
    async with SolverPool(1) as pool:
        state = StateFolder(folder)
        service = Service(place, state, bus=bus, endpoints=endpoints, pool=pool, seed=None)
        serving = asyncio.create_task(service.run(), name="service")
        try:
            async with (
                http_api(service, Listen("127.0.0.1", 0)) as served,
                httpx.AsyncClient(base_url=served.url, timeout=30.0) as client,
            ):
                with closing(AccountStore.open(state.accounts)) as accounts:
                    yield HttpWorld(
                        service,
                        served.url,
                        client,
                        state,
                        bus,
                        accounts,
                        served.routes,
                        served.setup_code,
                        served.access,
                    )
        finally:
            ended_by_itself = serving.done()
            serving.cancel()
            await asyncio.wait([serving])
            if ended_by_itself:
                serving.result()
            service.parts.raise_first()


def play(folder: Path, script: Callable[[HttpWorld], Awaitable[None]], site: Site | None = None) -> None:
    """Run a script against a served world, in real time."""
    folder.mkdir(parents=True, exist_ok=True)

    async def run() -> None:
        async with http_world(folder, site) as world:
            await script(world)

    with asyncio.Runner(loop_factory=lambda: PacedLoop(WorldClock.real())) as runner:
        runner.run(run())


def calm_weather() -> bytes:
    """Without it the service waits at its start."""
    reading = {"atS": time.time(), "windEnuMS": [1.0, 1.0], "gustMS": 2.0, "rainMmH": 0.0, "visibilityM": 10_000.0}
    return json.dumps(reading).encode()
