"""The documents are true: what they configure loads, what they name exists, all is named."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml
from pydantic import BaseModel

from bailiwick import config, errors
from bailiwick.audit.record import OURS
from bailiwick.cli import questions
from bailiwick.config import Settings, load
from bailiwick.errors import BailiwickError
from bailiwick.policy import cases
from bailiwick.policy.catalogue import catalogue
from bailiwick.policy.policy import Policy
from bailiwick.rules import shipped
from bailiwick_cluster import settings as clusters
from bailiwick_cluster.settings import read as read_cluster
from bailiwick_cluster.tools import TOOLS as CLUSTER
from bailiwick_observability import settings as observability
from bailiwick_observability.tools import TOOLS as OBSERVABILITY
from bailiwick_retrieval import settings as retrieval
from bailiwick_retrieval.tools import TOOLS as RETRIEVAL
from scripts import reference
from scripts.reference import CATALOGUE
from tests.docs import installation
from tests.docs.blocks import ROOT, Block, blocks, documents, prose

TOOLS = (*CLUSTER, *OBSERVABILITY, *RETRIEVAL)
ADDED = "// added to the shipped policy"
CHART = yaml.safe_load((ROOT / "manifests/helm/bailiwick/values.yaml").read_text("utf-8"))
EVERYTHING = "\n".join(documents().values())


def at(block: Block) -> str:
    return block.at


def test_generated_pages_are_fresh() -> None:
    fresh = reference.pages()
    kept = {page: (reference.ROOT / page).read_text(encoding="utf-8") for page in fresh}
    stale = [page for page in fresh if kept[page] != fresh[page]]
    assert stale == [], "run: .venv/bin/python scripts/reference.py"


def test_the_readme_begins_with_ten_lines_at_most() -> None:
    first = documents()["README.md"].split("\n## ")[0]
    assert len([line for line in first.splitlines() if line]) <= 10


@pytest.mark.parametrize("block", [b for b in blocks("toml") if "[[case]]" not in b.text], ids=at)
def test_configurations_load(tmp_path: Path, block: Block) -> None:
    file = tmp_path / "config.toml"
    file.write_text(block.text)
    settings = load(file, {})
    read_cluster(settings.servers.get("cluster", {}))
    observability.read(settings.servers.get("observability", {}))
    retrieval.read(settings.servers.get("retrieval", {}))


@pytest.mark.parametrize("block", blocks("json"), ids=at)
def test_json_parses(block: Block) -> None:
    orjson.loads(block.text)


@pytest.mark.parametrize("block", blocks("yaml"), ids=at)
def test_manifests_parse(block: Block) -> None:
    """What is no object of Kubernetes is values of the chart."""
    found: list[dict[str, Any]] = list(yaml.safe_load_all(block.text))
    for each in found:
        if "apiVersion" in each:
            assert each["kind"]
            assert each["metadata"]["name"]
        else:
            assert set(each) <= set(CHART)


def test_cluster_roles_let_bailiwick_speak_for_the_same() -> None:
    roles = [
        each["rules"]
        for block in blocks("yaml")
        for each in yaml.safe_load_all(block.text)
        if each.get("kind") == "ClusterRole"
        and each["metadata"]["name"] == "bailiwick-speaks-for-people"
    ]
    assert len(roles) >= 2
    assert all(role == roles[0] for role in roles)


def examples() -> Iterator[tuple[Block, Block]]:
    """Yield each policy with the cases that follow it."""
    found = blocks("cedar", "toml")
    for policy, under in pairwise(found):
        if policy.language == "cedar":
            yield policy, under


@pytest.mark.parametrize(("policy", "under"), list(examples()), ids=at)
def test_policies_decide_as_their_cases_say(policy: Block, under: Block) -> None:
    text = policy.text
    if text.startswith(ADDED):
        text = shipped().read_text(encoding="utf-8") + text
    checked = Policy.load(text, catalogue())
    tried = cases.parse(under.text, under.at)
    assert tried, "a policy without cases"
    for case in tried:
        spec = questions.specs()[case.tool]
        asked, _ = questions.question(spec, case.principal(), case.arguments)
        assert cases.judge(checked, case, asked).wrong == "", case.name


def test_the_shipped_policy_is_the_one_in_manifests() -> None:
    twin = ROOT / "manifests/policy/default.cedar"
    assert twin.read_bytes() == shipped().read_bytes()


def test_the_record_has_the_fields_of_a_real_one() -> None:
    (told,) = [b for b in blocks("json") if b.page == "docs/journal.md"]
    real = installation.intent().data
    assert keys(orjson.loads(told.text)) == keys(real) | OURS


def keys(node: Any, path: str = "") -> set[str]:
    """Name everything in a record by its path."""
    if not isinstance(node, dict):
        return {path}
    items: dict[str, Any] = node  # pyright: ignore[reportUnknownVariableType]
    inner = (keys(value, f"{path}.{name}" if path else name) for name, value in items.items())
    return set[str]().union(*inner)


@pytest.mark.parametrize("page", documents())
def test_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose()[page]):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file.read_text(encoding="utf-8")), target


def anchors(text: str) -> set[str]:
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def models() -> Iterator[type[BaseModel]]:
    """Find every model that some file of settings declares: none is listed by hand."""
    for module in (config, clusters, observability, retrieval):
        for kind in vars(module).values():
            own = isinstance(kind, type) and kind.__module__ == module.__name__
            if own and issubclass(kind, BaseModel) and not kind.__name__.startswith("_"):
                yield kind


@pytest.mark.parametrize(
    "model", list(models()), ids=lambda kind: f"{kind.__module__}.{kind.__name__}"
)
def test_each_setting_is_documented(model: type[BaseModel]) -> None:
    page = documents()["docs/configuration.md"]
    told = reference.meanings(model)
    for name in model.model_fields:
        meaning = " ".join(told.get(name, "").split()).replace("|", "\\|")
        assert meaning, f"{model.__name__}.{name} has no docstring"
        table = re.search(rf"\[\S*\b{name}[.\]]", page)
        assert table or (f"| `{name}` |" in page and meaning in page), name


def test_settings_that_are_named_exist() -> None:
    tables = "|".join(name for name in Settings.model_fields if name != "servers")
    for path in re.findall(rf"`((?:{tables})\.(?!py`)\w+)", EVERYTHING):
        table, name = path.split(".")
        field = Settings.model_fields[table].annotation
        there = {*getattr(field, "model_fields", {}), *(CHART.get(table) or ())}
        # Events, and the stages that spans are called after, look the same.
        assert name in there or f'"{path}"' in source(), path


def test_the_tools_of_the_readme_are_those_there_are() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \|", documents()["README.md"], re.MULTILINE)
    assert rows == [(spec.name, spec.risk.upper()) for spec in TOOLS]


def test_each_tool_has_a_page_and_each_page_a_tool() -> None:
    there = {page for page in documents() if page.startswith("docs/tools/")}
    named = {
        f"docs/tools/{name}/{spec.name}.md" for name, specs in CATALOGUE.items() for spec in specs
    }
    assert there == named
    for page in sorted(named):
        text = documents()[page]
        assert "## Example\n\n```text\n→ " in text, "run python -m tests.parts.examples"
        assert page.removeprefix("docs/") in documents()["docs/tools.md"]


def codes(kind: type[BailiwickError] = BailiwickError) -> set[str]:
    """Name the codes of the tree in errors.py."""
    own = {kind.code} if kind.__module__ == errors.__name__ else set[str]()
    return own.union(*map(codes, kind.__subclasses__()))


def test_the_codes_of_errors_are_documented_and_exist() -> None:
    page = documents()["docs/troubleshooting.md"]
    assert {code for code in codes() if f"`{code}`" not in page} == set()
    told = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert told <= codes() | {"bug", "journal_key"}


@cache
def source() -> str:
    """Return all that the servers are made of."""
    files = (file for name in ("shared", "servers") for file in (ROOT / name).rglob("*.py"))
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def events() -> set[str]:
    """Name the events that the code writes."""
    kinds = "audit|tool|approval|door|policy|resource|work|retrieval"
    found = re.findall(rf'"((?:{kinds})\.[a-z]+)"', source())
    return set(found)


def test_the_events_of_the_journal_are_documented_and_exist() -> None:
    page = documents()["docs/journal.md"].split("## Events")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in page.splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`([a-z.]+)`", " ".join(rows))) == events()


def test_the_metrics_are_documented() -> None:
    files = sorted((ROOT / "shared/bailiwick/telemetry").glob("*.py"))
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    names = set(re.findall(r'(?<!ContextVar\()"(bailiwick_\w+)"', text))
    assert names
    assert {name for name in names if f"`{name}" not in EVERYTHING} == set()


@pytest.mark.parametrize("page", documents())
def test_nothing_of_one_machine_and_no_stranger_is_named(page: str) -> None:
    text = documents()[page]
    places = r"/(?:work|root|tmp|home)/|(?:pypi|npmjs|ghcr|docker|quay)\.(?:org|com|io)"
    assert re.findall(places, text) == []
    named = r"\bas(?:ked by)? +=? *\"?\w+/(\w+)|\boidc:([a-z]+)\b|\"subject\": \"(\w+)\""
    people = {name for found in re.findall(named, text) for name in found if name}
    assert people <= {"ana", "bo", "eve", "sre", "lead", "SUBJECT"}
    assert re.search(r"\b(alice|bob|mallory|carol|dave|john|jane)\b", text, re.IGNORECASE) is None
