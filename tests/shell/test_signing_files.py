from __future__ import annotations

from pathlib import Path

import pytest

from skystork.errors import ConfigError, InvalidInput, Unavailable
from skystork.link.signing import SigningMemory, Stream
from skystork.shell.signing_keys import read_signing_key, write_new_key
from skystork.shell.signing_store import SigningStore

MEMORY = SigningMemory(37_992_960_000_123, {Stream(1, 1, 0): 37_992_960_000_100, Stream(1, 1, 2): 5})


def key_file(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "drone.key"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_new_key_is_read_again_and_is_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "LC-1.key"
    write_new_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    key = read_signing_key(path, "here")
    assert path.read_text().strip() == key.secret.hex()
    write_new_key(tmp_path / "LC-2.key")
    assert read_signing_key(tmp_path / "LC-2.key", "here") != key


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "LC-1.key"
    write_new_key(path)
    before = path.read_bytes()
    with pytest.raises(InvalidInput, match="is there already"):
        write_new_key(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o660, 0o602, 0o604])
def test_a_key_that_others_can_reach_is_refused(tmp_path: Path, mode: int) -> None:
    path = key_file(tmp_path, "1f" * 32, mode)
    with pytest.raises(ConfigError, match=f"others can read the key file.*mode {mode:04o}.*chmod 600"):
        read_signing_key(path, "here")


@pytest.mark.parametrize(
    ("text", "bytes_seen"), [("", 0), ("1f" * 31, 62), ("1f" * 33, 66), ("zz" * 32, 64), ("00" * 32, 64), ("é", 2)]
)
def test_what_is_no_key_is_refused_and_not_repeated(tmp_path: Path, text: str, bytes_seen: int) -> None:
    path = key_file(tmp_path, text)
    with pytest.raises(ConfigError, match=f"no key in the file.*{bytes_seen} bytes") as refused:
        read_signing_key(path, "here")
    assert "1f1f" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_key_that_is_not_there_is_named_with_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"skystork vehicle key new .*none.key"):
        read_signing_key(tmp_path / "none.key", "here")


def test_memories_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "signing.json"
    assert SigningStore(path).load() == {}
    SigningStore(path).save({"LC-1": MEMORY, "LC-2": SigningMemory()})
    assert SigningStore(path).load() == {"LC-1": MEMORY, "LC-2": SigningMemory()}
    assert [entry.name for entry in tmp_path.iterdir()] == ["signing.json"]


def test_a_vehicle_that_is_away_keeps_its_memory(tmp_path: Path) -> None:
    path = tmp_path / "signing.json"
    SigningStore(path).save({"LC-1": MEMORY})
    store = SigningStore(path)
    store.load()
    store.save({"LC-2": SigningMemory(7)})
    assert SigningStore(path).load() == {"LC-1": MEMORY, "LC-2": SigningMemory(7)}


def test_nothing_is_written_where_nothing_changed(tmp_path: Path) -> None:
    path = tmp_path / "signing.json"
    store = SigningStore(path)
    store.save({"LC-1": MEMORY})
    path.unlink()
    store.save({"LC-1": MEMORY})
    assert not path.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"LC-1": {}}', '{"LC-1": {"timestamp": 1, "streams": [[1]]}}'])
def test_a_memory_that_was_damaged_stops_the_start(tmp_path: Path, text: str) -> None:
    path = tmp_path / "signing.json"
    path.write_text(text)
    with pytest.raises(Unavailable, match=r"signing.json cannot be used.*restore it"):
        SigningStore(path).load()


def test_a_disk_that_takes_nothing_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be written"):
        SigningStore(tmp_path / "no-such-folder" / "signing.json").save({"LC-1": MEMORY})
