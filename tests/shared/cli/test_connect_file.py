"""The file of a client: kept as it was, replaced as a whole, left alone where it is not ours."""

from pathlib import Path

import pytest

from bailiwick.cli.connect_file import backup, read, replace
from bailiwick.errors import BadConfig


def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "new" / "mcp.json"
    assert read(file) is None
    replace(file, None, "{}")
    assert file.read_text() == "{}"
    assert file.stat().st_mode & 0o777 == 0o600
    assert not backup(file).exists()


def test_the_old_one_stays_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_bytes(b'{"a":\r\n1}')
    file.chmod(0o640)
    replace(file, read(file), "{}")
    assert backup(file).read_bytes() == b'{"a":\r\n1}'
    assert file.stat().st_mode & 0o777 == 0o640
    assert {each.name for each in tmp_path.iterdir()} == {"mcp.json", "mcp.json.bak"}


def test_a_link_goes_on_being_one(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    real, link = tmp_path / "dotfiles" / "mcp.json", tmp_path / "mcp.json"
    real.write_text("{}")
    link.symlink_to(real)
    replace(link, "{}", '{"a": 1}')
    assert link.is_symlink()
    assert real.read_text() == '{"a": 1}'
    assert backup(link) == real.with_name("mcp.json.bak")


def test_what_the_client_wrote_meanwhile_is_not_lost(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_text('{"theirs": 1}')
    with pytest.raises(BadConfig, match="changed meanwhile; nothing was done"):
        replace(file, "{}", '{"ours": 1}')
    assert file.read_text() == '{"theirs": 1}'
    assert not list(tmp_path.glob(".mcp.json.*"))


def test_what_is_no_text_or_no_file_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "mcp.json"
    file.write_bytes(b"\xff\xfe{")
    with pytest.raises(BadConfig, match="cannot read .*nothing was changed"):
        read(file)
    with pytest.raises(BadConfig, match="cannot read"):
        read(tmp_path)


def test_a_place_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadConfig, match="cannot write .*nothing was changed"):
        replace(tmp_path / "file" / "mcp.json", None, "{}")
