from pathlib import Path

import pytest

from skystork.airspace.json_text import MAX_BYTES
from skystork.errors import ConfigError
from skystork.shell.zone_files import mark_of, read_zone_file


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"{}")
    assert read_zone_file(tmp_path / "a.json") == b"{}"


def test_a_folder_a_missing_file_and_an_empty_one_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty.json").write_bytes(b" \n")
    for name, words in (("", "a folder"), ("none.json", "cannot be read"), ("empty.json", "the file is empty")):
        with pytest.raises(ConfigError, match=words):
            read_zone_file(tmp_path / name)


def test_a_file_too_large_is_not_read_at_all(tmp_path: Path) -> None:
    with (tmp_path / "large.json").open("wb") as file:
        file.truncate(MAX_BYTES + 1)  # takes no room on disk
    with pytest.raises(ConfigError, match="file too large"):
        read_zone_file(tmp_path / "large.json")


def test_another_content_has_another_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    assert mark_of(path) is None
    path.write_bytes(b"{}")
    before = mark_of(path)
    (tmp_path / "b.json").write_bytes(b"[]")
    (tmp_path / "b.json").replace(path)
    assert mark_of(path) != before
