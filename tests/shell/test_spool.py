"""The inbox: whole orders or none, each once."""

import subprocess
import sys
from pathlib import Path

import pytest

from skystork.errors import InvalidInput, Unavailable
from skystork.shell.spool import Submission, done, pending, refuse, submit

ORDER = {"order_id": "o-1", "weight_kg": 1.0}


def test_an_order_waits_until_it_is_done(tmp_path: Path) -> None:
    assert pending(tmp_path / "inbox") == ()
    assert submit(tmp_path / "inbox", ORDER) is Submission.NEW
    (spooled,) = pending(tmp_path / "inbox")
    assert '"order_id": "o-1"' in spooled.line
    done(tmp_path / "inbox", spooled.name)
    done(tmp_path / "inbox", spooled.name)
    assert pending(tmp_path / "inbox") == ()


def test_submitting_twice_is_submitting_once_before_and_after_it_is_done(tmp_path: Path) -> None:
    submit(tmp_path, ORDER)
    assert submit(tmp_path, {"weight_kg": 1.0, "order_id": "o-1"}) is Submission.REPEATED
    (spooled,) = pending(tmp_path)
    done(tmp_path, spooled.name)
    assert submit(tmp_path, ORDER) is Submission.REPEATED
    assert pending(tmp_path) == ()


def test_another_order_under_the_same_identity_is_refused(tmp_path: Path) -> None:
    submit(tmp_path, ORDER)
    with pytest.raises(InvalidInput, match="another order was submitted under it"):
        submit(tmp_path, {**ORDER, "weight_kg": 2.0})
    assert [spooled.line for spooled in pending(tmp_path)] == ['{"order_id": "o-1", "weight_kg": 1.0}']


@pytest.mark.parametrize("order_id", [None, "", 7])
def test_an_order_without_identity_is_refused(tmp_path: Path, order_id: object) -> None:
    with pytest.raises(InvalidInput, match="order_id: missing"):
        submit(tmp_path, {"order_id": order_id})


@pytest.mark.parametrize("order_id", ["../../etc/passwd", "a/b", ".hidden", "ä" * 500, "a\nb", "\ud800"])
def test_no_identity_reaches_outside_the_inbox(tmp_path: Path, order_id: str) -> None:
    submit(tmp_path / "inbox", {"order_id": order_id})
    (spooled,) = pending(tmp_path / "inbox")
    assert (tmp_path / "inbox" / "new" / spooled.name).is_file()
    assert [folder.name for folder in tmp_path.iterdir()] == ["inbox"]


def test_orders_come_in_the_order_of_their_submission(tmp_path: Path) -> None:
    names = [f"o-{number}" for number in (5, 3, 9, 1)]
    for name in names:
        submit(tmp_path, {"order_id": name})
    assert [spooled.line.split('"')[3] for spooled in pending(tmp_path)] == names


def test_a_refused_order_leaves_its_reasons_and_may_be_mended(tmp_path: Path) -> None:
    submit(tmp_path, ORDER)
    (spooled,) = pending(tmp_path)
    refuse(tmp_path, spooled.name, "weight_kg: above the limit")
    assert pending(tmp_path) == ()
    assert (tmp_path / "refused" / f"{spooled.name}.txt").read_text() == "weight_kg: above the limit\n"
    assert submit(tmp_path, {**ORDER, "weight_kg": 0.5}) is Submission.NEW


def test_submitters_racing_with_one_identity_leave_one_order(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from skystork.shell.spool import submit\n"
        "print(submit(Path(sys.argv[1]), {'order_id': 'o-1'}))"
    )
    racers = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    answers = sorted(racer.communicate()[0].strip() for racer in racers)
    assert answers == ["new", "repeated", "repeated", "repeated"]
    assert len(pending(tmp_path)) == 1


def test_an_inbox_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable, match="Check the folder"):
        submit(tmp_path / "file" / "inbox", ORDER)
