"""What every tool of every server must be: named, described, bounded, and cheap to read."""

from collections.abc import Sequence

import orjson
import pytest

from bailiwick.config import Settings
from bailiwick.house import SERVERS, application
from bailiwick.policy.question import Risk
from bailiwick.tool import VERBS, ToolSpec
from bailiwick_cluster.tools import TOOLS as CLUSTER
from bailiwick_observability.tools import TOOLS as OBSERVABILITY

CATALOGUES: dict[str, Sequence[ToolSpec]] = {"cluster": CLUSTER, "observability": OBSERVABILITY}
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
    assert sum(sizes.values()) / len(sizes) < 700, sizes


def test_the_catalogue_of_clusters_is_at_most_15_kb() -> None:
    assert sum(len(seen(spec)) for spec in CLUSTER) <= 15_000


def test_the_catalogue_of_observability_is_at_most_14_kb() -> None:
    assert sum(len(seen(spec)) for spec in OBSERVABILITY) <= 14_000


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


@each
def test_it_is_bounded(spec: ToolSpec) -> None:
    assert 0 < spec.seconds <= 120
    assert spec.budget <= 8_000


@each
def test_a_change_rehearses_by_default_and_leaves_nothing_open(spec: ToolSpec) -> None:
    if spec.risk is Risk.READ:
        return
    fields = spec.arguments.model_fields
    assert fields["dry_run"].default is True
    for name in spec.scopes:
        assert fields[name].is_required(), f"{name}: a change never guesses where"


def test_names_are_unique() -> None:
    names = [spec.name for spec in ALL]
    assert len(names) == len(set(names))
