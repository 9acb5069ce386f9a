"""OpenSearch as a part: what it is made of, and that k-NN with a filter works in it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from practice import cache, programs
from practice.opensearch import build, start
from practice.opensearch.facts import OpenSearch
from practice.ports import LOOPBACK
from practice.steps import Steps


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for missing, named in (("java", "Java 17"), ("mvn", "Maven"), ("javac", "JDK 17")):

        def found(name: str, needed: str, missing: str = missing) -> str:
            if name == missing:
                raise FileNotFoundError(f"{name} is not installed: install {needed}")
            return f"/usr/bin/{name}"

        def java() -> str:
            return cache.tool("java", "Java 17 or newer")

        monkeypatch.setattr(cache, "tool", found)
        monkeypatch.setattr(build, "java", java)
        with pytest.raises(FileNotFoundError, match=named):
            build.check()


def test_a_library_at_hand_needs_neither_maven_nor_compiler(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache.place("opensearch", build.RECIPE).mkdir(parents=True)

    def java() -> str:
        return "/usr/bin/java"

    def tool(name: str, needed: str) -> str:
        raise AssertionError((name, needed))

    monkeypatch.setattr(build, "java", java)
    monkeypatch.setattr(cache, "tool", tool)
    build.check()
    assert build.library(Steps(quiet=True)) == cache.place("opensearch", build.RECIPE)


def test_both_artifacts_are_of_one_version() -> None:
    pom = build.POM.read_text()
    assert pom.count("<version>2.19.1.0</version>") == 2


def test_it_listens_on_loopback_only() -> None:
    assert start.SETTINGS["network.host"] == LOOPBACK
    assert start.SETTINGS["discovery.type"] == "single-node"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, OpenSearch]]:
    at = tmp_path_factory.mktemp("opensearch")
    try:
        yield at, start.start(at, Steps(quiet=True))
    finally:
        programs.end_all(at)


@pytest.mark.ground
@pytest.mark.slow
def test_it_is_a_node_of_its_own_with_k_nn(running: tuple[Path, OpenSearch]) -> None:
    at, known = running
    with httpx.Client(base_url=known.url, trust_env=False) as link:
        assert link.get("/").json()["version"]["number"] == "2.19.1"
        assert link.get("/_cluster/health").json()["number_of_nodes"] == 1
        method = {"name": "hnsw", "engine": "lucene", "space_type": "cosinesimil"}
        vector = {"type": "knn_vector", "dimension": 2, "method": method}
        fields = {"v": vector, "readers": {"type": "keyword"}}
        body = {"settings": {"index.knn": True}, "mappings": {"properties": fields}}
        link.put("/one", json=body).raise_for_status()
        for number, reader in enumerate("ababa"):
            row = {"v": [1, number], "readers": reader}
            link.put(f"/one/_doc/{number}?refresh=true", json=row).raise_for_status()
        near = {"vector": [1, 4], "k": 2, "filter": {"term": {"readers": "b"}}}
        asked = {"query": {"knn": {"v": near}}}
        hits = link.post("/one/_search", json=asked).raise_for_status().json()["hits"]["hits"]
        assert [hit["_id"] for hit in hits] == ["3", "1"]
    assert (at / "opensearch" / "data" / "nodes").is_dir()


@pytest.mark.ground
@pytest.mark.slow
def test_it_makes_no_index_by_itself_and_ends_when_asked(
    running: tuple[Path, OpenSearch],
) -> None:
    at, known = running
    missing = httpx.put(f"{known.url}/typo/_doc/1", json={}, trust_env=False)
    assert missing.status_code == 404
    (program,) = programs.recorded(at)
    programs.end(at, [program], patience=20)
    assert not programs.running(program)
    with pytest.raises(httpx.ConnectError):
        httpx.get(known.url, trust_env=False)
