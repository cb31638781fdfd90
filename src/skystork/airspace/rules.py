"""What each kind of published airspace means for our flights: the site's decision, kept apart from the data.

A zone file says what a volume is (``CTR``, ``D``, ``MATZ``). Whether we may enter is agreed with its keeper and stands
in the site file, one rule for each kind. A kind without a rule is prohibited: the data fail closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from skystork.airspace.zone import Restriction


@dataclass(frozen=True, slots=True)
class KindRule:
    """What one kind of airspace asks of a flight."""

    restriction: Restriction
    granted_below_agl_m: float = 0.0
    """Authorised below this height above ground [m]; 0 where not authorised at all."""
    reason: str = ""
    """Who decided, or which article says so."""
    speed_limit_m_s: float | None = None
    """Greatest speed over ground inside [m/s]; None: what the file says, if anything."""


UNLISTED = KindRule(Restriction.PROHIBITED, 0.0, "this kind is not in the site's rules, so it is taken as closed")


@dataclass(frozen=True, slots=True)
class AirspaceRules:
    """The site's rules by published kind."""

    by_kind: Mapping[str, KindRule]
    by_zone: Mapping[str, KindRule] = field(default_factory=dict)
    """What was agreed for one zone, by its published identifier; goes before its kind."""

    def kind_of(self, localtype: str | None, published_type: str) -> str:
        """The word a zone goes by: its ``localtype`` if the rules list it, else its ``type``."""
        if localtype is not None and localtype in self.by_kind:
            return localtype
        return published_type

    def rule_for(self, kind: str, identifier: str = "", published: KindRule | None = None) -> KindRule:
        """The rule of a zone: its own, else its kind's, else what was published, else :data:`UNLISTED`."""
        if identifier in self.by_zone:
            return self.by_zone[identifier]
        return self.by_kind.get(kind, published or UNLISTED)
