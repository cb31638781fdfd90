"""``skystork zones``: verdicts, conversions with what they lose, and the exit code for each kind of no."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from skystork.app.cli import app
from skystork.app.options import default_site

SAMPLE = Path(__file__).parents[1] / "data/zones/geo-awareness-che-1.json"
UK = default_site() / "uk_airspace_excerpt.geojson"


def skystork(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "220"})


def test_check_says_of_every_zone_what_it_closes() -> None:
    shown = skystork("zones", "check", UK, "--site", default_site())
    assert shown.exit_code == 0, shown.output
    assert "closed above 121.92 m (REQ_AUTHORISATION)" in shown.stdout
    rows = json.loads(skystork("zones", "check", UK, "--json").stdout)["zones"]
    assert len(rows) == 15
    assert {row["verdict"] for row in rows} == {"closed (PROHIBITED)"}, "without a site's rules nothing is open"


def test_check_ends_with_3_and_all_that_is_wrong() -> None:
    shown = skystork("zones", "check", SAMPLE)
    assert shown.exit_code == 3
    assert "two zones have one id" in shown.stderr
    assert skystork("zones", "check", SAMPLE, "--allow", "repair").exit_code == 0
    remote = skystork("zones", "check", SAMPLE, "--allow", "repair", "--site", default_site())
    assert remote.exit_code == 3
    assert "km from the service area" in remote.stderr


def test_check_of_no_file_ends_with_5_and_of_an_unknown_word_with_3(tmp_path: Path) -> None:
    assert skystork("zones", "check", tmp_path / "none.json").exit_code == 5
    assert skystork("zones", "check", tmp_path).exit_code == 3
    assert skystork("zones", "check", UK, "--allow", "everything").exit_code == 3
    assert skystork("zones", "check", UK, "--format", "shapefile").exit_code == 2


def test_convert_writes_what_check_reads_and_says_what_is_lost(tmp_path: Path) -> None:
    for name in ("ed269", "ed318", "kml", "plan", "geojson"):
        out = tmp_path / f"zones.{name}"
        shown = skystork("zones", "convert", UK, "--to", name, "--out", out, "--site", default_site())
        assert shown.exit_code == 0, shown.output
        assert "things lost in" in shown.stdout
        again = json.loads(skystork("zones", "check", out, "--json").stdout)
        assert again["format"] == name
        assert again["zones"]
    losses = json.loads(skystork("zones", "convert", UK, "--to", "plan", "--out", tmp_path / "x", "--json").stdout)
    assert {"zone", "field", "value", "done"} == losses["losses"][0].keys()


def test_convert_never_writes_over_a_file_or_with_losses_when_told_not_to(tmp_path: Path) -> None:
    out = tmp_path / "zones.plan"
    refused = skystork("zones", "convert", UK, "--to", "plan", "--out", out, "--lossless")
    assert refused.exit_code == 4
    assert not out.exists()
    out.write_text("mine")
    assert skystork("zones", "convert", UK, "--to", "plan", "--out", out).exit_code == 3
    assert out.read_text() == "mine"
    assert skystork("zones", "convert", UK, "--to", "uasfm", "--out", tmp_path / "y").exit_code == 3


def test_show_has_everything_of_one_zone() -> None:
    shown = skystork("zones", "show", SAMPLE, "--allow", "repair", "--id", "Montreux Concert Area", "--json")
    (facts,) = json.loads(shown.stdout)
    assert facts["circle"].startswith("3000 m about")
    assert facts["applicability"][0]["schedule"][0]["day"] == ["SAT", "SUN"]
    assert skystork("zones", "show", UK, "--id", "atlantis").exit_code == 5


def test_a_file_whose_validity_is_over_is_told(tmp_path: Path) -> None:
    out = tmp_path / "old.json"
    assert skystork("zones", "convert", UK, "--to", "ed318", "--out", out).exit_code == 0
    document = json.loads(out.read_text(encoding="utf-8"))
    document["metadata"] = {"issued": "2020-01-01T00:00:00Z", "validTo": "2020-02-01T00:00:00Z"}
    out.write_text(json.dumps(document), encoding="utf-8")
    assert "its validity is over" in skystork("zones", "check", out).stdout
