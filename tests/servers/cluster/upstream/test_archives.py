"""Definitions of kinds that a chart brings beside what it renders."""

import io
import tarfile
from pathlib import Path

import pytest

from bailiwick.errors import BadRequest
from bailiwick_cluster.upstream.archives import crds

NAMES = (
    "web/Chart.yaml",
    "web/crds/a.yaml",
    "web/crds/more/b.json",
    "web/crds/README.md",
    "web/charts/db/crds/c.yml",
    "web/charts/crds/templates/d.yaml",
    "web/templates/crds/e.yaml",
    "web/files/crds/f.yaml",
)


def test_an_archive(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "web.tgz", "w:gz") as archive:
        for name in NAMES:
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    assert crds(tmp_path / "web.tgz") == 3


def test_a_folder(tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert crds(tmp_path / "web") == 3


@pytest.mark.parametrize("body", [b"", b"nonsense", b"\x1f\x8b"])
def test_what_is_no_archive(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "web.tgz").write_bytes(body)
    with pytest.raises(BadRequest):
        crds(tmp_path / "web.tgz")
