"""How a model comes into its folder: only the files that are known, and only if they are those."""

import zipfile
from io import BytesIO
from pathlib import Path

import httpx
import pytest

from bailiwick.errors import BadConfig, Rejected, Unavailable
from bailiwick_retrieval.embedding import installing, manifest
from tests.servers.retrieval.embedding.tiny import files, jar
from tests.servers.retrieval.embedding.tiny import manifest as told


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Let the model that is known be the tiny one."""
    found = files()
    monkeypatch.setattr(manifest, "MINILM", told(found))
    return found


def test_the_two_files_and_nothing_else(tmp_path: Path, known: dict[str, bytes]) -> None:
    more = {"META-INF/MANIFEST.MF": b"x", "../evil.sh": b"x", "evil.class": b"x"}
    at = installing.install(jar({**known, **more}), tmp_path / "state" / "model")
    assert {each.name for each in at.iterdir()} == {*known, manifest.FILE}
    assert manifest.read(at) == manifest.MINILM
    assert not list(tmp_path.rglob("*evil*"))


def test_again_is_the_same(tmp_path: Path, known: dict[str, bytes]) -> None:
    for _ in range(2):
        at = installing.install(jar(known), tmp_path)
        assert manifest.read(at).name == "tiny"


def test_another_hash_is_refused(tmp_path: Path, known: dict[str, bytes]) -> None:
    with pytest.raises(BadConfig, match="model.onnx in the jar is not that of tiny"):
        installing.install(jar({**known, "model.onnx": b"another"}), tmp_path / "model")


def test_a_wrong_jar_does_not_replace_a_good_model(tmp_path: Path, known: dict[str, bytes]) -> None:
    at = installing.install(jar(known), tmp_path / "model")
    with pytest.raises(BadConfig):
        installing.install(jar({**known, "model.onnx": b"another"}), at)
    assert manifest.read(at).name == "tiny"
    assert {each.name for each in at.iterdir()} == {*known, manifest.FILE}


@pytest.mark.parametrize("data", [b"", b"no zip", jar({"other": b"x"}), jar({"model.onnx": b"x"})])
def test_what_is_not_the_jar(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(BadConfig, match="this is not the jar of tiny"):
        installing.install(data, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_a_jar_that_is_damaged_inside(tmp_path: Path, known: dict[str, bytes]) -> None:
    data = bytearray(jar(known))
    at = data.index(b"tokenizer.json") + 40
    data[at : at + 20] = bytes(20)
    with pytest.raises(BadConfig):
        installing.install(bytes(data), tmp_path / "model")


def test_a_file_that_unpacks_to_too_much(
    tmp_path: Path, known: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installing, "_MOST", 1_000)
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in known.items():
            archive.writestr(name, data + bytes(100_000))
    with pytest.raises(BadConfig):
        installing.install(out.getvalue(), tmp_path / "model")


def test_a_folder_that_cannot_be_written(tmp_path: Path, known: dict[str, bytes]) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(Unavailable, match="cannot write the model's folder"):
        installing.install(jar(known), tmp_path / "file" / "model")


# Fetching it


def answering(
    monkeypatch: pytest.MonkeyPatch, response: httpx.Response
) -> list[tuple[httpx.Request, Path | None]]:
    seen: list[tuple[httpx.Request, Path | None]] = []

    def client(ca_file: Path | None, base: str) -> httpx.AsyncClient:
        def answer(request: httpx.Request) -> httpx.Response:
            seen.append((request, ca_file))
            return response

        return httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url=base)

    monkeypatch.setattr(installing, "client", client)
    return seen


@pytest.mark.anyio
@pytest.mark.parametrize("base", ["https://maven.example/repo", "https://maven.example/repo/"])
async def test_it_is_fetched_from_a_repository(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, base: str
) -> None:
    seen = answering(monkeypatch, httpx.Response(200, content=b"jar"))
    assert await installing.download(base, tmp_path / "ca.pem") == b"jar"
    ((request, ca_file),) = seen
    group, name, version = manifest.ARTIFACT
    assert str(request.url) == (
        f"https://maven.example/repo/{group.replace('.', '/')}/{name}/{version}/"
        f"{name}-{version}.jar"
    )
    assert ca_file == tmp_path / "ca.pem"


@pytest.mark.anyio
@pytest.mark.parametrize("base", ["http://maven.example/", "ftp://x/", "file:///etc", "", "https"])
async def test_only_over_tls(monkeypatch: pytest.MonkeyPatch, base: str) -> None:
    seen = answering(monkeypatch, httpx.Response(200))
    with pytest.raises(BadConfig, match="is not https"):
        await installing.download(base, None)
    assert seen == []


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("status", "error"), [(404, Rejected), (503, Unavailable), (302, Rejected)]
)
async def test_what_the_repository_refuses(
    monkeypatch: pytest.MonkeyPatch, status: int, error: type[Exception]
) -> None:
    answering(monkeypatch, httpx.Response(status, headers={"location": "https://other/"}))
    with pytest.raises(error):
        await installing.download("https://maven.example/", None)
