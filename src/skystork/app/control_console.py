"""Commands about what waits for a person: launches at the launch desk, matters of the attention queue."""

from __future__ import annotations

from skystork.app.attention_desk import AttentionDesk
from skystork.app.launch_desk import LaunchDesk
from skystork.control import commands as c
from skystork.control.answer import Touched
from skystork.control.roles import Issuer
from skystork.flight import authorisation as au
from skystork.orders.order import FlightId

CAUSES = {
    "authoriseLaunch": "its parcel is loaded; mission, fence and rally points go on board; it does not arm",
    "startLaunch": "it is checked once more, arms and takes off",
    "refuseLaunch": "it stays on the ground and is unloaded; its order waits again",
}


class DeskEffects:
    """Foresees and performs them."""

    def __init__(self, launches: LaunchDesk, attention: AttentionDesk) -> None:
        self._launches, self._attention = launches, attention

    def foresee(self, command: c.Command, issuer: Issuer) -> tuple[tuple[Touched, ...], str]:
        """What it touches, and why not."""
        kind, target = c.kind_of(command), c.target_of(command)
        if isinstance(command, c.FlightCommand):
            why = self._launches.why_not(FlightId(command.flight_id), _word(command, issuer))
            return (Touched(target=target, action=kind, consequence=CAUSES[kind]),), why
        if isinstance(command, c.TakeAlarm):
            why = self._attention.why_not_taken(command.alarm_key)
            return (Touched(target=command.alarm_key, action=kind, consequence=f"it is {issuer.name}'s"),), why
        raise AssertionError(f"{kind} is not of the desks")

    async def perform(self, command: c.Command, issuer: Issuer) -> str:
        """Do it; empty where it was done, else why not."""
        if isinstance(command, c.FlightCommand):
            return await self._launches.say(FlightId(command.flight_id), _word(command, issuer))
        assert isinstance(command, c.TakeAlarm), "nothing else is of the desks"
        return await self._attention.take(command.alarm_key, issuer.name)


def _word(command: c.FlightCommand, issuer: Issuer) -> au.LaunchEvent:
    match command:
        case c.AuthoriseLaunch():
            return au.Authorised(issuer.name, command.why)
        case c.StartLaunch():
            return au.LaunchOrdered(issuer.name, command.why)
        case _:
            return au.LaunchRefused(issuer.name, command.why)
