"""What every tool of every server must be: named, described, bounded, and cheap to read."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson
import pytest

from bailiwick.config import Settings
from bailiwick.house import SERVERS, application
from bailiwick.policy.question import Risk
from bailiwick.tool import VERBS, ToolSpec
from bailiwick_cluster.tools import TOOLS as CLUSTER
from bailiwick_observability.tools import TOOLS as OBSERVABILITY
from bailiwick_retrieval.tools import TOOLS as RETRIEVAL

CATALOGUES: dict[str, Sequence[ToolSpec]] = {
    "cluster": CLUSTER,
    "observability": OBSERVABILITY,
    "retrieval": RETRIEVAL,
}


@dataclass(frozen=True, slots=True)
class Most:
    """What the tools of a server may cost: bytes of a catalogue and of a tool, in the mean.

    `budget` is the most bytes of an answer, `seconds` the longest a call may take.
    """

    catalogue: int
    mean: int = 700
    budget: int = 8_000
    seconds: float = 120


MOST = {
    # A drain waits for disruption budgets.
    "cluster": Most(15_000, seconds=660),
    "observability": Most(14_000),
    # A passage is an answer in full, and a sync reads a whole source.
    "retrieval": Most(6_000, mean=750, budget=9_000, seconds=900),
}
ALL = [spec for tools in CATALOGUES.values() for spec in tools]
TOLD_ONCE = {"cluster", "namespace", "dry_run"}
"""Arguments that many tools have alike: the server's instructions tell them, not each tool."""
each = pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.name)


def seen(spec: ToolSpec) -> bytes:
    """Write what a model sees of a tool."""
    return orjson.dumps(
        {"name": spec.name, "description": spec.description, "input_schema": spec.schema()}
    )


@pytest.mark.parametrize("server", CATALOGUES)
def test_a_catalogue_is_cheap_to_read(server: str) -> None:
    sizes = {spec.name: len(seen(spec)) for spec in CATALOGUES[server]}
    assert sum(sizes.values()) / len(sizes) < MOST[server].mean, sizes
    assert sum(sizes.values()) <= MOST[server].catalogue, sizes


def test_the_catalogues_are_those_that_are_served() -> None:
    assert set(CATALOGUES) <= set(SERVERS)
    for name, tools in CATALOGUES.items():
        assert tuple(application(name, Settings()).tools) == tuple(tools)


@each
def test_its_name_is_a_verb_of_its_risk_and_its_file(spec: ToolSpec) -> None:
    assert spec.name.split("_")[0] in VERBS[spec.risk]
    assert spec.run.__module__.rsplit(".", 1)[-1] == spec.name


@each
def test_its_description_is_for_a_model(spec: ToolSpec) -> None:
    first, *rest = spec.description.splitlines()
    assert first.endswith(".")
    assert len(first) <= 100
    assert not rest or rest[0] == ""
    assert len(spec.description) < 600


@each
def test_every_argument_is_described_and_strict(spec: ToolSpec) -> None:
    schema = spec.schema()
    assert schema["additionalProperties"] is False
    for name, field in schema["properties"].items():
        assert field.get("description") or name in TOLD_ONCE, name
        assert "anyOf" not in field, name
    assert "title" not in orjson.dumps(schema).decode()


@pytest.mark.parametrize("server", CATALOGUES)
def test_each_is_bounded(server: str) -> None:
    for spec in CATALOGUES[server]:
        assert 0 < spec.seconds <= MOST[server].seconds, spec.name
        assert spec.budget <= MOST[server].budget, spec.name


@each
def test_a_change_rehearses_by_default_and_leaves_nothing_open(spec: ToolSpec) -> None:
    if spec.risk is Risk.READ or spec.about is not None:
        return  # what is about a stored plan was rehearsed when that was made
    fields = spec.arguments.model_fields
    assert fields["dry_run"].default is True
    for name in spec.scopes:
        assert fields[name].is_required(), f"{name}: a change never guesses where"


def test_names_are_unique() -> None:
    names = [spec.name for spec in ALL]
    assert len(names) == len(set(names))
