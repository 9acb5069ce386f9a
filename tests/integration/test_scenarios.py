"""Each scenario is put onto the ground, and the diagnosis must find its cause and no other."""

import re
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from practice.api import client
from practice.facts import Ground
from tests.integration.conftest import Product
from tests.parts.agents import Answer
from tests.parts.scenarios import FILES, Scenario, Staged, header

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(240)]
Stage = dict[Path, Staged]
_BUDGETS = {"diagnose_cluster": 4_000, "diagnose_workload": 1_500}
"""Bytes of an answer in a scenario, however many pods it has."""


@pytest.fixture(scope="session")
def chosen(request: pytest.FixtureRequest) -> Sequence[Path]:
    """The scenarios that this session will ask about."""
    names = {item.name for item in request.session.items}
    return [file for file in FILES if any(f"[{file.stem}]" in name for name in names)]


@pytest.fixture(scope="session")
def stage(ground: Ground, chosen: Sequence[Path]) -> Generator[Stage]:
    """All scenarios at once, so that one waits while others come true."""
    kubernetes = ground.kubernetes
    run = uuid4().hex[:6]
    with ExitStack() as open_:
        link = open_.enter_context(client(kubernetes.server, kubernetes.ca_file.parent, "practice"))
        staged: Stage = {}
        for file in chosen:
            namespace = f"{file.stem}-{run}"
            staged[file] = Staged(header(file, namespace), namespace, link)
            open_.callback(staged[file].remove)
            staged[file].apply(file)
        yield staged


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_a_scenario(product: Product, stage: Stage, file: Path) -> None:
    staged = stage[file]
    staged.settle()
    owned = [pod for pod in staged.listed("Pod") if pod["metadata"].get("ownerReferences")]
    names = [pod["metadata"]["name"] for pod in owned]
    here = {"cluster": "practice", "namespace": staged.namespace}
    async with product.as_("ana") as ana:
        whole = await ana.call("diagnose_cluster", **here)
        _check(staged.scenario, whole, "diagnose_cluster", names)
        for ask in staged.scenario.asks:
            said = await ana.call(ask["tool"], **here, **ask["arguments"])
            _check(staged.scenario, said, ask["tool"], names)
    found = 0 if staged.scenario.healthy else staged.scenario.findings
    assert int(whole.facts.get("total", 0)) == found, whole.text


def _check(scenario: Scenario, said: Answer, tool: str, pods: Sequence[str]) -> None:
    spoken = said.outside
    assert not said.is_error, said.text
    assert len(said.text.encode()) <= _BUDGETS[tool]
    assert not [pod for pod in pods if re.search(rf"(?<![\w-]){pod}\b", spoken)], said.text
    if scenario.healthy:
        assert said.says.startswith("nothing is wrong"), said.text
    assert re.search(scenario.first, said.says), said.text
    for words in scenario.says:
        assert re.search(words, spoken), f"{words}\n{said.text}"
    for words in scenario.inside:
        assert re.search(words, said.inside), f"{words}\n{said.text}"
    for words in scenario.never:
        assert not re.search(words, spoken), f"{words}\n{said.text}"
