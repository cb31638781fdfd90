from skystork.airspace.rules import AirspaceRules, KindRule
from skystork.airspace.zone import Restriction


def test_the_local_type_names_the_kind_only_where_the_site_lists_it():
    rules = AirspaceRules({"MATZ": KindRule(Restriction.CONDITIONAL), "OTHER": KindRule(Restriction.NO_RESTRICTION)})
    assert rules.kind_of("MATZ", "OTHER") == "MATZ"
    assert rules.kind_of("UNHEARD", "OTHER") == "OTHER"
    assert rules.kind_of(None, "OTHER") == "OTHER"


def test_an_unlisted_kind_is_prohibited_with_a_reason():
    rule = AirspaceRules({}).rule_for("NEW")
    assert rule.restriction is Restriction.PROHIBITED
    assert "not in the site's rules" in rule.reason
