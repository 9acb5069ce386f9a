from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bailiwick.audit.key import KeyRefused, load_or_create_key


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "key"
    key = load_or_create_key(path)
    assert len(key) == 32
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_or_create_key(path) == key
    assert [it.name for it in tmp_path.iterdir()] == ["key"]


def test_of_many_that_race_one_wins(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(load_or_create_key, [tmp_path / "key"] * 200))
    assert len(keys) == 1


@pytest.mark.parametrize("mode", [0o620, 0o604])
def test_a_key_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    load_or_create_key(path)
    path.chmod(mode)
    with pytest.raises(KeyRefused, match="chmod 600"):
        load_or_create_key(path)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_of_another_length_is_refused(tmp_path: Path, size: int) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"k" * size)
    path.chmod(0o600)
    with pytest.raises(KeyRefused, match="32"):
        load_or_create_key(path)


def test_a_mounted_secret_is_a_link(tmp_path: Path) -> None:
    key = load_or_create_key(tmp_path / "real")
    (tmp_path / "key").symlink_to("real")
    assert load_or_create_key(tmp_path / "key") == key
