"""The official conformance suite, run against the product and against fixtures in our house.

The product must pass what needs no fixtures; `product-REVISION.yml` lists what does need them, and
the suite fails as well when something listed there passes. The fixture server must pass everything
that a revision requires: that shows the house to be transparent.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bailiwick.audit.reader import read
from bailiwick.audit.verify import verify
from tests.conformance.fixture_rounds import ROUNDS
from tests.conformance.fixture_tools import TOOLS
from tests.conformance.suite import HERE, REVISIONS, Found, conform
from tests.parts.node import node
from tests.parts.served import BAILIWICK, Served, served

pytestmark = pytest.mark.timeout(300)
SCENARIOS = {"2025-11-25": 30, "2026-07-28": 37}
UNSCORED = {
    "2025-11-25": {"server-sse-polling"},
    "2026-07-28": set[str](),
}
"""Scenarios that no revision requires and we do not pass; the tasks extension is not ours."""


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The cluster server as it ships, for the user of this machine, without any cluster."""
    node()
    with served(
        tmp_path_factory.mktemp("product"), [*BAILIWICK, "serve", "cluster", "--http"]
    ) as up:
        yield up


@pytest.fixture(scope="module")
def fixtures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The suite's own tools, behind our door and our gate."""
    node()
    arguments = ["-W", "ignore", "-m", "tests.conformance.fixture_server"]
    with served(tmp_path_factory.mktemp("fixtures"), arguments) as up:
        yield up


@pytest.fixture(scope="module")
def runs(fixtures: Served, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Found]:
    """Both revisions, run once against the fixture server."""
    at = tmp_path_factory.mktemp("runs")
    return {each: conform(node(), fixtures.url, each, at / each) for each in REVISIONS}


def judged(found: Found) -> None:
    """Fail with the names of what failed."""
    print(found.summary())
    assert found.required <= found.ran, found.required - found.ran
    assert found.code == 0, f"{found.summary()}\n{found.output[-3_000:]}"


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_product_passes_what_needs_no_fixtures(
    product: Served, revision: str, tmp_path: Path
) -> None:
    expected = HERE / f"product-{revision}.yml"
    judged(conform(node(), product.url, revision, tmp_path / "results", expected))


@pytest.mark.parametrize("revision", REVISIONS)
def test_fixtures_behind_our_gate_pass_everything_required(
    runs: dict[str, Found], revision: str
) -> None:
    found = runs[revision]
    judged(found)
    assert len(found.required) == SCENARIOS[revision]
    assert found.bad() == []
    assert found.count("WARNING") == 0
    others = {check.scenario for check in found.bad(scored=False)}
    assert {name for name in others if not name.startswith("tasks-")} == UNSCORED[revision]


@pytest.mark.usefixtures("runs")
def test_the_suites_calls_were_judged_and_written_down(fixtures: Served) -> None:
    """Every fixture that was called left its intent and its outcome in an intact journal."""
    journal = fixtures.state / "journal"
    assert verify(journal).ok
    calls = Counter(
        (record.text("action", "tool"), record.text("phase")) for record in read(journal)
    )
    never = {spec.name for spec in (*TOOLS, *ROUNDS) if not calls[spec.name, "outcome"]}
    assert never == {"json_schema_2020_12_tool"}  # the suite only looks at its schema
    assert calls["test_simple_text", "intent"] == calls["test_simple_text", "outcome"]
