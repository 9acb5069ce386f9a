"""docs/retrieval.md is true: its sources load, its rules close, its answers are real."""

import re
import tomllib
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest

from bailiwick.gate import Caller, Gate
from bailiwick.policy.catalogue import catalogue
from bailiwick.policy.policy import Policy
from bailiwick.rules import shipped
from bailiwick_retrieval import rules
from bailiwick_retrieval.app import Upstream
from bailiwick_retrieval.embedding.manifest import ARTIFACT, MINILM, Manifest
from bailiwick_retrieval.parsing.reading import digest
from bailiwick_retrieval.prompts import PROMPTS
from bailiwick_retrieval.ranking import scores
from bailiwick_retrieval.running import silence
from bailiwick_retrieval.searching import LEAST
from bailiwick_retrieval.settings import AnyCollection, read
from bailiwick_retrieval.tools import TOOLS
from practice import embedding
from practice.steps import Steps
from tests.docs.blocks import blocks, documents, matches, prose, questions
from tests.docs.installation import ANA
from tests.parts.gates import setting

PAGE = "docs/retrieval.md"
SPECS = {spec.name: spec for spec in TOOLS}
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC).timestamp()
MEANING = re.compile(r"meaning \d\.\d\d")
"""What differs a little with what else is embedded."""
OTHERS = {
    "archive/pool.md": "---\nsuperseded_by: checkout.md\nupdated: 2024-03-01\n---\n# Pool\n"
    "Raise the connection pool by ten.\n",
    "archive/.access.yaml": 'readers: ["*"]\n',
    "leads/rota.md": "# Rota\n\nWho may raise the connection pool at night.\n",
    "leads/.access.yaml": "readers: [lead]\n",
}
"""What lies beside the document of the page."""


def written() -> str:
    """Return the document that the page shows."""
    (block,) = blocks("markdown")
    assert block.page == PAGE
    return block.text


def configured() -> Mapping[str, AnyCollection]:
    """Return the collections that the page configures."""
    (block,) = (b for b in blocks("toml") if b.page == PAGE and "[[case]]" not in b.text)
    return read(tomllib.loads(block.text)["servers"]["retrieval"]).collections


def test_there_is_an_example_of_each_kind() -> None:
    known = {get_args(each.model_fields["kind"].annotation)[0] for each in kinds()}
    assert {each.kind for each in configured().values()} == known


def kinds() -> Iterator[Any]:
    union, _ = get_args(AnyCollection)
    yield from get_args(union)


def test_it_is_no_longer_than_a_person_reads() -> None:
    assert len(documents()[PAGE].splitlines()) <= 220


def test_rules_are_written_as_told() -> None:
    told = prose()[PAGE]
    one, several = re.findall(r"`(readers: \[.+\])`", told)[:2]
    (some,) = re.findall(r"`(files: .+)`", told)
    assert digest(f"---\n{one}\n---\ntext".encode(), "a.md").meta.readers == ("sre", "lead")
    assert rules.sidecar(several.encode()) == {"sre", "user:corp/bo"}
    rule = rules.rule(f"{several}\n{some}".encode())
    assert rule.of("contracts/2026/rent.md") == {"lead"}
    assert rule.of("rent.md") == {"sre", "user:corp/bo"}


def test_the_manifest_of_a_model_is_one() -> None:
    (block,) = (b for b in blocks("json") if b.page == PAGE)
    assert Manifest.model_validate_json(block.text).dimensions == 768


def test_numbers_and_names_are_those_of_the_code() -> None:
    told = prose()[PAGE]
    assert ":".join(ARTIFACT) in told
    assert f"{MINILM.dimensions} dimensions" in told
    assert f"a cosine of {LEAST:g}" in told
    assert f"The best {scores.TOP} by each" in told
    assert scores.WORDS == 0.5, "half and half"
    assert scores.FEEDBACK == 3, "three best"
    assert scores.TITLE == 2, "those of headings twice"
    assert all(f"`{prompt.name}`" in told for prompt in PROMPTS)


@dataclass(frozen=True)
class Desk:
    """The road in front of an index of the page's documents."""

    gate: Gate
    upstream: Upstream

    async def ask(self, name: str, given: Mapping[str, Any]) -> str:
        """Call as ana, who is in `sre`."""
        spec = SPECS[name]
        arguments = dict(spec.arguments.model_validate(given))
        return (await self.gate.passes(spec, arguments, Caller(ANA, silence), self.upstream)).text


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncGenerator[Desk]:
    """File the documents twice: once as they were, once as they are."""
    at = tmp_path / "runbooks"
    settings = {
        "collections": {"runbooks": {"kind": "folder", "path": str(at)}},
        "model": {"path": str(embedding.model(Steps(quiet=True)))},
    }
    upstream = Upstream(read(settings), tmp_path)
    upstream.clock = lambda: NOW
    try:
        for text in (written().replace("above 50", "above 40"), written()):
            for path, each in {**OTHERS, "checkout.md": text}.items():
                (at / path).parent.mkdir(parents=True, exist_ok=True)
                (at / path).write_text(each, encoding="utf-8")
            outcome = await upstream.syncing.run("runbooks", silence)
            assert not outcome.error
        await upstream.embed()
        policy = Policy.load(shipped().read_text(encoding="utf-8"), catalogue())
        gate = replace(setting(tmp_path).gate, server="retrieval", policy=lambda: policy)
        yield Desk(gate, upstream)
    finally:
        await upstream.stop()


@pytest.mark.slow
@pytest.mark.anyio
async def test_documents_are_found_as_shown(desk: Desk) -> None:
    assert len(questions(PAGE)) == 3
    for name, given, shown in questions(PAGE):
        said = masked(await desk.ask(name, given)).splitlines()
        print("\n".join(said))
        places = [found(masked(line), said) for line in shown]
        assert all(one < other for one, other in pairwise(places)), "not in that order"


def masked(text: str) -> str:
    return MEANING.sub("meaning (near)", text)


def found(line: str, said: list[str]) -> int:
    """Say which line of an answer it is."""
    at = next((n for n, each in enumerate(said) if matches(line, each)), None)
    assert at is not None, f"{line!r} is not in\n" + "\n".join(said)
    return at


@pytest.mark.slow
@pytest.mark.anyio
async def test_what_may_not_be_read_reads_like_what_is_not_there(desk: Desk) -> None:
    hidden = await desk.ask(
        "read_document", {"collection": "runbooks", "document": "leads/rota.md"}
    )
    absent = await desk.ask("read_document", {"collection": "runbooks", "document": "leads/no.md"})
    assert hidden.partition(" [")[0] == absent.partition(" [")[0]
    assert "rota" not in await desk.ask("list_documents", {})
