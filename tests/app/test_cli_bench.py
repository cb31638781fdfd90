"""``skystork bench dispatch``: the table, the picture, and plain words for wrong options."""

from __future__ import annotations

import json
from pathlib import Path

from typer.testing import CliRunner

from skystork.app.cli import app
from skystork.shell.bench_picture import draw_policies


def test_wrong_options_are_told_plainly() -> None:
    for words, told in ((["--load", "none"], "no such load"), (["--seeds", "9-1"], "no seeds")):
        result = CliRunner().invoke(app, ["bench", "dispatch", *words])
        assert result.exit_code == 3
        assert told in result.stderr


def test_a_day_is_played_to_every_policy_and_bounded() -> None:
    result = CliRunner().invoke(app, ["bench", "dispatch", "--load", "nominal", "--seeds", "100", "--json"])
    assert result.exit_code == 0, result.output
    table = json.loads(result.stdout)
    assert len(table) == 9
    by_name = {row["policy"]: row for row in table}
    bound = by_name["bound: knows the day, this fleet"]["kept_percent"]
    simple = [row["kept_percent"] for name, row in by_name.items() if "horizon" not in name and "bound" not in name]
    assert max(simple) < by_name["rolling horizon"]["kept_percent"] <= bound


def test_the_table_is_drawn_to_both_formats(tmp_path: Path) -> None:
    panels = [("nominal", [("ours", 99.0, 0.4), ("simple", 95.0, 1.0)])]
    written = draw_policies(tmp_path / "picture", panels)
    assert [path.suffix for path in written] == [".png", ".svg"]
    assert written[0].read_bytes().startswith(b"\x89PNG")
    assert "promises kept" in written[1].read_text(encoding="utf-8")
