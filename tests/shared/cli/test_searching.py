"""`bailiwick audit search`: over all replicas, recorded, and compared with the journals."""

from pathlib import Path

import anyio
import orjson
import pytest

from bailiwick.audit import Entry
from bailiwick.config import SharedSettings
from bailiwick.sharing.indexer import Indexer
from practice.postgres import Postgres
from tests.parts.replicas import opened, shared
from tests.shared.cli.conftest import Run, journalled, write


def entry(tool: str, subject: str, outcome: str = "success") -> Entry:
    data = {
        "actor": {"issuer": "corp", "subject": subject, "client": "desk", "groups": ["sre"]},
        "action": {"server": "cluster", "tool": tool, "risk": "read"},
        "resource": {"Cluster": "eu", "Namespace": "shop"},
    }
    return Entry("tool.call", "single", f"call-of-{subject}", outcome, data)  # type: ignore[arg-type]


def copy(settings: SharedSettings, journal: Path) -> None:
    async def run() -> None:
        async with opened(settings) as database:
            made = Indexer(database, journal, lambda: ("", 0), 90)
            while await made.step():
                pass
            assert made.why == ""

    anyio.run(run)


@pytest.fixture
def config(postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SharedSettings:
    """Two replicas have written what is in one index; this is the first."""
    settings = shared(postgres, tmp_path)
    write(tmp_path / "state", entry("list_resources", "ana"), entry("read_logs", "bo"))
    write(tmp_path / "other", entry("read_logs", "ana", "denied"))
    for state in ("state", "other"):
        copy(settings, tmp_path / state / "journal")
    for name in ("database_file", "key_file"):
        monkeypatch.setenv(f"BAILIWICK_SHARED__{name.upper()}", f'"{getattr(settings, name)}"')
    return settings


@pytest.mark.slow
@pytest.mark.usefixtures("config")
def test_what_all_replicas_wrote_is_found_and_the_reading_recorded(run: Run, state: Path) -> None:
    code, out, _ = run("audit", "search", "--tool", "read_logs", "--since", "1h")
    assert code == 0
    first, second, told = out.splitlines()
    assert "\tana\t" in first
    assert "\tbo\t" in second
    assert told.startswith("2 records, from the index, a copy of the journals: --prove")
    (read,) = journalled(state, "audit.read")
    assert read.text("query", "tool") == "read_logs"
    code, out, _ = run("audit", "search", "--actor", "corp/ana", "--outcome", "denied", "--json")
    (only,) = orjson.loads(out)
    assert (only["record"]["call"], only["seq"]) == ("call-of-ana", 2)
    _, out, _ = run("audit", "search", "--resource", "shop", "--most", "1")
    assert out.splitlines()[-1].startswith("1 record; there may be more (--most), from the index")


@pytest.mark.slow
def test_each_is_compared_with_the_journals(run: Run, state: Path, config: SharedSettings) -> None:
    other = str(state.parent / "other" / "journal")
    words = ("audit", "search", "--tool", "read_logs", "--prove")
    code, out, err = run(*words)
    assert code == 1
    assert "its stream is in no journal that was given" in err
    code, out, _ = run(*words, "--journal", str(state / "journal"), "--journal", other)
    assert code == 0
    assert out.splitlines()[-1] == "2 records; 2 are what the journal says, 0 are not"

    async def forge() -> None:
        async with opened(config) as database:
            await database.changed(
                "UPDATE bailiwick_records SET record = replace(record, 'denied', 'success')",
                repeatable=True,
            )

    anyio.run(forge)
    code, out, err = run(*words, "--journal", str(state / "journal"), "--journal", other, "--json")
    assert code == 1
    said = {each["record"]["call"]: each["genuine"] for each in orjson.loads(out)}
    assert said == {"call-of-ana": False, "call-of-bo": True}


def test_without_an_index_it_says_what_to_do_instead(run: Run) -> None:
    code, _, err = run("audit", "search")
    assert code == 2
    assert "it needs shared.database_file; `bailiwick audit tail` reads this journal" in err


@pytest.mark.slow
@pytest.mark.usefixtures("config")
def test_what_cannot_be_asked_is_refused(run: Run) -> None:
    for words in (("--most", "0"), ("--since", "yesterday")):
        code, _, err = run("audit", "search", *words)
        assert code == 2
        assert "bailiwick:" in err
