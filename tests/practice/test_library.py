"""The documents of the ground: dated, filed, equal for equal clocks, and true to the incident."""

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from dulwich.repo import Repo

from bailiwick.cli import questions
from bailiwick.policy import cases
from bailiwick.policy.catalogue import catalogue
from bailiwick.policy.policy import Policy
from bailiwick_retrieval.parsing.reading import digest
from bailiwick_retrieval.settings import read
from practice import incident, servers
from practice.confluence.facts import Confluence
from practice.incident import Clock
from practice.library import office, papers, settings, shelves
from practice.library.dates import AGE, age, dated
from practice.library.facts import Library
from practice.library.start import filed

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES = Path(incident.__file__).parent / "metrics" / "configured" / "rules.yml"
DOCUMENTS = {
    f"{collection}/{path}": text
    for collection in ("runbooks", "policies", "handbook")
    for path, text in shelves.texts(collection).items()
}


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return filed(tmp_path / "library", Clock(NOW), tmp_path / "model")


def test_dates_are_told_from_the_clock() -> None:
    assert dated("{{-1d}} {{+31d}}", NOW) == "2026-02-28 2026-04-01"
    assert dated("Date: {{-1d mail}}", NOW) == "Date: Sat, 28 Feb 2026 12:00:00 +0000"
    assert age("review {{+3d}}, updated {{-12d}}, {{-40d}}") == 12
    assert age("no date") == AGE


def test_a_pdf_has_its_pages_and_headings() -> None:
    text = "# Over (all)\n\nFirst.\n---\n## Second\n\n" + "Long words. " * 40
    made = papers.pdf(text, "Over (all)")
    assert made == papers.pdf(text, "Over (all)")
    parsed = digest(made, "over.pdf")
    assert parsed.title == "Over (all)"
    places = [(each.heading, each.place.first) for each in parsed.sections]
    assert places == [("Over (all)", 1), ("Second", 2)]
    assert parsed.sections[1].text.count("Long words.") == 40


def test_office_files_hold_what_was_written() -> None:
    made = office.word("# Week\n\n## Day 1\n\nLook.", "Week", NOW)
    assert made == office.word("# Week\n\n## Day 1\n\nLook.", "Week", NOW)
    assert [each.heading for each in digest(made, "week.docx").sections] == ["Week", "Day 1"]
    parsed = digest(office.excel({"A & B": [["who", "n < 1"], ["ana", "1"]]}), "a.xlsx")
    assert parsed.sections[0].heading == "A & B"
    assert "| ana | 1 |" in parsed.sections[0].text
    assert "n < 1" in parsed.sections[0].text


def test_everything_is_filed_as_old_as_it_says(library: Library) -> None:
    rota = digest((library.handbook / "on-call.xlsx").read_bytes(), "on-call.xlsx")
    assert "2026-02-25 | bo" in rota.sections[0].text
    assert (library.handbook / "incidents" / ".access.yaml").is_file()
    assert not (library.handbook / "handbook.txt").exists()
    latency = library.runbooks / "checkout" / "latency.md"
    assert latency.stat().st_mtime == NOW.timestamp() - 12 * 86_400
    assert "updated: 2026-02-17" in latency.read_text(encoding="utf-8")
    left = [p for p in (*library.runbooks.rglob("*"), *library.handbook.rglob("*")) if p.is_file()]
    assert not [path for path in left if b"{{" in path.read_bytes()]


def test_the_policies_have_a_history(library: Library) -> None:
    with Repo(str(library.policies)) as repo:
        walked = list(repo.get_walker())
        assert [each.commit.author for each in walked] == [
            *(b"bo <bo@practice.example>", b"ana <ana@practice.example>"),
            b"bo <bo@practice.example>",
        ]
        assert walked[0].commit.commit_time == NOW.timestamp() - 60 * 86_400
        first = repo[walked[-1].commit.tree]
        assert list(getattr(first, "items", list[object])())
    again = filed(library.runbooks.parent.parent / "again", Clock(NOW), library.model)
    with Repo(str(again.policies)) as repo, Repo(str(library.policies)) as other:
        assert repo.head() == other.head()


def test_runbooks_name_alerts_that_there_are() -> None:
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    there = {
        rule["alert"] for group in rules["groups"] for rule in group["rules"] if "alert" in rule
    }
    named = [
        name
        for path, text in DOCUMENTS.items()
        for said in re.findall(r"^:?alerts: (.*)$", text, re.MULTILINE)
        for name in said.strip("[]").split(", ")
        if path.startswith("runbooks/")
    ]
    assert len(named) == len(set(named))
    assert there - set(named) == {
        *("ServiceLatencyHigh", "HostCpuBusy", "HostMemoryLow", "Watchdog"),
    }, "these alone have no runbook"


def test_documents_tell_the_same_story() -> None:
    told = "\n".join(DOCUMENTS.values())
    for word in (incident.MESSAGE, incident.CHANGE, incident.DASHBOARD, incident.AFTER_VERSION):
        assert word in told
    services = DOCUMENTS["handbook/services.csv"].splitlines()[1:]
    known = {*incident.SERVICES, *(name for names in incident.OTHERS.values() for name in names)}
    assert {line.split(",")[0] for line in services} == known
    assert incident.RUNBOOK.endswith("/checkout/latency")
    assert "runbooks/checkout/latency.md" in DOCUMENTS


def test_what_is_told_to_bailiwick_loads(library: Library) -> None:
    wiki = Confluence(
        url="https://127.0.0.1:1",
        space="OPS",
        control="https://127.0.0.1:1/practice",
        ca_file=Path("/ground/ca.crt"),
        token_file=Path("/ground/bailiwick.token"),
        tokens={},
        groups={},
    )
    for known, more in ((None, set[str]()), (wiki, {"wiki"})):
        told = tomllib.loads(settings.table(library, known))["servers"]["retrieval"]
        assert read(told).collections.keys() == {"runbooks", "policies", "handbook"} | more


def test_the_grounds_policy_decides_as_its_cases_say(tmp_path: Path) -> None:
    folder = servers.policy(tmp_path / "policy")
    text = "\n".join(file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.cedar")))
    checked = Policy.load(text, catalogue())
    under = servers.OWN.with_suffix(".cases.toml")
    for case in cases.parse(under.read_text(encoding="utf-8"), under.name):
        spec = questions.specs()[case.tool]
        asked, _ = questions.question(spec, case.principal(), case.arguments)
        assert cases.judge(checked, case, asked).wrong == "", case.name
