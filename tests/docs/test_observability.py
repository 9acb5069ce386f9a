"""docs/observability.md is true: its sources load, its verdicts and its answers are real."""

import re
import tomllib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bailiwick.errors import BailiwickError
from bailiwick_observability.budget import Budget
from bailiwick_observability.ledger import SqliteLedger
from bailiwick_observability.models.logs import Environment, Found, LogSource, Row, Search
from bailiwick_observability.models.sources import KINDS
from bailiwick_observability.settings import BudgetSettings, Source, read
from bailiwick_observability.spl.macros import Macro
from bailiwick_observability.tools import TOOLS
from bailiwick_observability.upstream.sources import SourcePool
from practice.facts import Ground
from tests.docs.blocks import blocks, documents, matches, questions
from tests.parts.watching import Watch, watch

PAGE = "docs/observability.md"
SPECS = {spec.name: spec for spec in TOOLS}
INDEXES = {"splunk": ("shop", "platform", "bank"), "dynatrace": ("default_logs", "bank_logs")}
MACROS = {
    "errors_of(1)": Macro('index=shop service="$service$" level=ERROR', ("service",)),
    "sweep": Macro("| delete"),
}
MASKS = {
    r"(?:\d+[dhms])+\b": "(long)",
    r"\d\d:\d\d(?::\d\d)?": "(time)",
    r"\b\d[\d.,]*%?": "(number)",
}
"""What differs from run to run."""


def configured() -> dict[str, Source]:
    """Return every source that the documents configure."""
    found: dict[str, Source] = {}
    for block in blocks("toml"):
        servers: dict[str, Any] = tomllib.loads(block.text).get("servers", {})
        found |= read(servers.get("observability", {})).sources
    return found


def test_there_is_an_example_of_each_kind() -> None:
    known = {kind for kinds in KINDS.values() for kind in kinds}
    assert {source.kind for source in configured().values()} == known


def test_it_is_no_longer_than_a_person_reads() -> None:
    assert len(documents()[PAGE].splitlines()) <= 220


class Double:
    """Sources with one source of logs, which finds nothing, and macros that are looked up."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def kind(self, source: str) -> str:
        return self._kind

    def settings(self, source: str) -> Source:
        more = {"platform_url": "https://apps.example"} if self._kind == "dynatrace" else {}
        told = {"kind": self._kind, "url": "https://logs.example", **more}
        return read({"sources": {source: told}}).sources[source]

    def logs(self, source: str, behalf: Any) -> "Double":
        return self

    splunk = logs

    def environment(self, source: str, behalf: Any) -> Environment:
        return SourcePool({source: self.settings(source)}).environment(source, behalf)

    async def indexes(self) -> Sequence[LogSource]:
        return [LogSource(name, 1, 1.0, 0.0, 1.0, 1.0) for name in INDEXES[self._kind]]

    async def macro(self, stanza: str) -> Macro | None:
        return MACROS.get(stanza)

    async def saved_search(self, name: str) -> str | None:
        return None

    async def check(self, query: str) -> str | None:
        return None

    @asynccontextmanager
    async def search(self, search: Search) -> AsyncGenerator[Found]:
        yield Found(nothing())

    def link(self, search: Search) -> str:
        return ""


async def nothing() -> AsyncIterator[Row]:
    for row in list[Row]():
        yield row


def verdicts() -> Iterator[tuple[str, str, str]]:
    """Yield each search with its kind of source and what is said to come of it."""
    for block in blocks("spl", "dql"):
        kind = {"spl": "splunk", "dql": "dynatrace"}[block.language]
        lines = block.text.splitlines()
        for query, told in zip(lines[::2], lines[1::2], strict=True):
            yield kind, query.removeprefix("? "), told


@pytest.mark.anyio
@pytest.mark.parametrize(("kind", "query", "told"), list(verdicts()))
async def test_searches_are_judged_as_told(
    tmp_path: Path, kind: str, query: str, told: str
) -> None:
    sources: Any = Double(kind)
    asking = Watch(
        sources, Budget(SqliteLedger(tmp_path / "budget.db"), BudgetSettings()), hidden={"bank"}
    )
    try:
        await asking.ask(SPECS["search_logs"], source="logs", query=query)
        said = f"runs; reads {', '.join(asking.facts['indexes'])}"
    except BailiwickError as error:
        said = str(error)
    finally:
        await asking.budget.close()
    assert matches(told, said), said


def test_three_searches_run_and_three_do_not() -> None:
    spl = [told.startswith("runs") for kind, _, told in verdicts() if kind == "splunk"]
    assert (spl.count(True), spl.count(False)) == (3, 3)


def masked(line: str) -> str:
    for pattern, word in MASKS.items():
        line = re.sub(pattern, word, line)
    return line


@pytest.mark.ground
@pytest.mark.anyio
async def test_the_ground_answers_as_shown(tmp_path: Path, ground: Ground) -> None:
    told = tomllib.loads(ground.servers.config.read_text(encoding="utf-8"))
    asking = watch(tmp_path, told["servers"]["observability"]["sources"])
    assert len(questions(PAGE)) == 3
    try:
        for name, given, shown in questions(PAGE):
            said = (await asking.ask(SPECS[name], **given)).text.splitlines()
            for line in shown:
                assert any(matches(masked(line), masked(each)) for each in said), line
    finally:
        await asking.sources.close()
        await asking.budget.close()
