"""Every route with every role: who holds the scope passes the gate, everybody else is refused. Deny by default."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
from tests_support.http_world import HttpWorld, play

from skystork.control.roles import Role
from skystork.shell.web.roles import SCOPES_OF, Scope
from skystork.shell.web.route import Route, Row

NO_SUCH = {"name": "no.body", "tokenId": "0" * 12}
"""What stands in a path of a request that must not find anything."""


def address(row: Route) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: NO_SUCH.get(found[1], "NONE-1"), row.row.path)


async def status(world: HttpWorld, row: Route, headers: dict[str, str]) -> int:
    request = world.client.build_request(row.row.method, address(row), headers=headers)
    answer = await world.client.send(request, stream=True)
    await answer.aclose()
    return answer.status_code


def test_every_route_lets_in_exactly_the_roles_that_hold_its_scope(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        wrong: list[str] = []
        for role in Role:
            headers = world.token(role, f"role.{role.lower()}")
            for row in world.routes:
                seen = await status(world, row, headers)
                may = row.row.scope is Scope.PUBLIC or row.row.scope in SCOPES_OF[role]
                if (seen == 403) is may or seen in {401, 404, 405} - row_refusals(row) or seen >= 500:
                    wrong.append(f"{role} {row.row.method} {row.row.path}: {seen}, may: {may}")
        assert not wrong

    def row_refusals(row: Route) -> set[int]:
        return {404, 401} if "{" in row.row.path or row.row.scope is Scope.PUBLIC else set()

    play(tmp_path, script)


def test_nobody_gets_past_what_is_not_public(tmp_path: Path) -> None:
    async def script(world: HttpWorld) -> None:
        for row in world.routes:
            world.forget_rates()
            seen = await status(world, row, {})
            assert (seen == 401) is (row.row.scope is not Scope.PUBLIC), f"{row.row.method} {row.row.path}: {seen}"

    play(tmp_path, script)


def test_a_route_without_a_scope_cannot_be_made() -> None:
    assert next(field for field in dataclasses.fields(Row) if field.name == "scope").default is dataclasses.MISSING


def test_no_role_holds_everything_but_the_administrator_and_each_scope_is_held() -> None:
    asked = frozenset(Scope) - {Scope.PUBLIC}
    assert SCOPES_OF[Role.ADMIN] == asked
    assert all(SCOPES_OF[role] < asked for role in Role if role is not Role.ADMIN)
    assert SCOPES_OF.keys() == set(Role)


@pytest.mark.parametrize("scope", [Scope.COMMANDS_WRITE, Scope.FLEET_READ, Scope.ORDERS_ALL, Scope.ZONES_WRITE])
def test_a_partner_touches_orders_of_its_own_only(scope: Scope) -> None:
    assert scope not in SCOPES_OF[Role.PARTNER]
