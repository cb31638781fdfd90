"""How long a session and a token let somebody in, by a clock that the test turns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from skystork.control.roles import Role
from skystork.shell.account_store import AccountStore, User
from skystork.shell.web.access import IDLE_S, SEEN_EVERY_S, SESSION_S, Access, new_token
from skystork.shell.web.problem import HttpRefusal
from skystork.shell.web.roles import SCOPES_OF, Scope
from skystork.shell.web.route import Call, Nothing, row, rows_of


class Fleet:
    """One route that is not public."""

    tag = "test"

    @row("GET", "/fleet", Scope.FLEET_READ)
    async def see(self, call: Call[Nothing, Nothing, Nothing]) -> None:
        """See the fleet."""


class Door:
    """A gate, somebody with an account, and the time of day."""

    def __init__(self, store: AccountStore) -> None:
        self.now_s, self.store = 1_000_000.0, store
        self.access = Access(store, hosts=(), secure=False, clock=lambda: self.now_s)
        store.add_user(User("ada", Role.SUPERVISOR, "", self.now_s))

    def lets_in(self, headers: dict[str, str]) -> bool:
        (route,) = rows_of(Fleet())
        try:
            return self.access.admit(route, headers, "192.0.2.7").name == "ada"
        except HttpRefusal as refusal:
            assert refusal.status == 401
            return False

    def log_in(self) -> dict[str, str]:
        _, cookie = self.access.open_session("ada")
        return {"cookie": cookie.partition(";")[0]}


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with closing(AccountStore.open(tmp_path / "accounts.db")) as store:
        yield Door(store)


def test_a_session_that_is_used_ends_after_a_shift(door: Door) -> None:
    began_s, session = door.now_s, door.log_in()
    while door.now_s + IDLE_S / 2 < began_s + SESSION_S:
        door.now_s += IDLE_S / 2
        assert door.lets_in(session)
    door.now_s = began_s + SESSION_S - 1.0
    assert door.lets_in(session)
    door.now_s = began_s + SESSION_S + 1.0
    assert not door.lets_in(session)
    assert door.lets_in(door.log_in()), "one logs in anew"


def test_a_session_that_nobody_uses_ends_sooner(door: Door) -> None:
    session = door.log_in()
    door.now_s += IDLE_S - 1.0
    assert door.lets_in(session)
    door.now_s += IDLE_S + 1.0
    assert not door.lets_in(session)


def test_use_is_noted_seldom_and_never_so_seldom_that_it_shortens_a_session_by_more(door: Door) -> None:
    session = door.log_in()
    door.now_s += SEEN_EVERY_S - 1.0
    assert door.lets_in(session)  # not written
    door.now_s += IDLE_S - SEEN_EVERY_S
    assert door.lets_in(session)
    door.now_s += IDLE_S - 1.0
    assert door.lets_in(session)


def test_a_token_expires_and_a_revoked_one_is_nobodys(door: Door) -> None:
    token, text = new_token("ada", "till", SCOPES_OF[Role.SUPERVISOR], rate_hz=1000.0, lives_s=100.0)
    door.store.add_token(replace(token, created_at_s=door.now_s, expires_at_s=door.now_s + 100.0))
    headers = {"authorization": f"Bearer {text}"}
    door.now_s += 99.0
    assert door.lets_in(headers)
    door.now_s += 2.0
    assert not door.lets_in(headers)
    door.now_s -= 50.0
    assert door.lets_in(headers)
    door.store.revoke_token(token.token_id, door.now_s)
    assert not door.lets_in(headers)


def test_a_session_ends_with_its_account(door: Door) -> None:
    session = door.log_in()
    assert door.lets_in(session)
    door.store.remove_user("ada")
    assert not door.lets_in(session)
