"""What a frame is worth on a link that is signed, and what is said about one that is not believed."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from skystork.link.codec import Frame
from skystork.link.signing import ACCEPTED_UNSIGNED, FrameSigning, Verdict

_HEARTBEAT = 0
_COMPLAINTS = MappingProxyType(
    {
        Verdict.WRONG_SIGNATURE: "signs with another key than the one in the site file, or its frames are changed on "
        "their way: provision it anew (`skystork vehicle key provision`), or find out who speaks in its name",
        Verdict.AHEAD_OF_CLOCK: "signs with times more than 60 s ahead of this machine's clock: set that clock "
        "(`timedatectl`), or the vehicle's",
    }
)
OF_THE_PAST = (
    "signs with times of the past: it has rebooted and will follow our heartbeats within seconds, or somebody plays a "
    "recording"
)
"""Said of frames of the past while there is no contact."""
_UNSIGNED = (
    "speaks without a signature, which proves nothing about the vehicle: provision its key "
    "(`skystork vehicle key provision`), or find out who speaks in its name"
)
_NO_KEY = (
    "signs its frames, and the site file has no key for it: they cannot be proven, and it will obey nothing that we "
    "send unsigned; name its key file (`signing_key`)"
)


@dataclass(frozen=True, slots=True)
class Screened:
    """What to do with a frame."""

    believed: bool
    """It may change what is known of the vehicle."""
    about_others: bool = False
    """Unsigned traffic that may be passed on as what it is: anybody's word, and no sign of life of the vehicle."""
    heartbeat_of_the_past: bool = False
    """The vehicle wrote it, earlier: it may wait for our heartbeat to set its clock by."""
    long_past: bool = False
    """By more than 60 s, so that it was not doubled or overtaken on its way."""
    complaint: str | None = None


_BELIEVED = Screened(True)


def screen(frame: Frame, signing: FrameSigning | None, now_s: float) -> Screened:
    """Judge a frame.

    An unsigned heartbeat is not believed, though PX4 and the rules of signing let it pass: anybody can write one that
    says "disarmed". It tells that something is there, and that is reported.

    Parameters
    ----------
    signing
        Of the vehicle; None where it has no key.
    """
    if signing is None:
        return _BELIEVED if frame.signed is None else Screened(True, complaint=_NO_KEY)
    if frame.signed is None:
        signing.unsigned += 1
        about_others = frame.message_id in ACCEPTED_UNSIGNED and frame.message_id != _HEARTBEAT
        return Screened(False, about_others=about_others, complaint=None if about_others else _UNSIGNED)
    verdict = signing.judge(frame.signed, now_s)
    if verdict is Verdict.GENUINE:
        return _BELIEVED
    if verdict in {Verdict.REPLAYED, Verdict.TOO_OLD}:
        heartbeat = frame.message_id == _HEARTBEAT
        return Screened(False, heartbeat_of_the_past=heartbeat, long_past=verdict is Verdict.TOO_OLD)
    return Screened(False, complaint=_COMPLAINTS[verdict])
