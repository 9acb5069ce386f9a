"""Each scenario is put onto the ground, and the diagnosis must find its cause and no other."""

import re
from collections.abc import Generator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import pytest

from bailiwick.cursor import Cursors
from bailiwick.policy.question import Risk
from bailiwick.tool import Call
from bailiwick_cluster.diagnosis.causes import CAUSES
from bailiwick_cluster.diagnosis.grouping import diagnose
from bailiwick_cluster.diagnosis.photographing import Taken, photograph
from bailiwick_cluster.diagnosis.telling import sentence, told
from bailiwick_cluster.settings import ClusterSettings
from bailiwick_cluster.upstream import Behalf
from bailiwick_cluster.upstream.clusters import KubernetesClusters
from practice.api import client
from practice.facts import Ground
from tests.integration.conftest import Product
from tests.parts.agents import Answer
from tests.parts.kept import ANA
from tests.parts.scenarios import FILES, Scenario, Staged, header

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(240)]
Stage = dict[Path, Staged]
WIDE = [file for file in FILES if header(file, "x").wide]
NARROW = [file for file in FILES if file not in WIDE]
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
    with ExitStack() as open_:
        yield _staged(ground, [file for file in chosen if file not in WIDE], open_)


def _staged(ground: Ground, files: Sequence[Path], open_: ExitStack) -> Stage:
    """Put scenarios onto the ground, each in a namespace of its own, until the stack is closed."""
    kubernetes = ground.kubernetes
    run = uuid4().hex[:6]
    link = open_.enter_context(client(kubernetes.server, kubernetes.ca_file.parent, "practice"))
    staged: Stage = {}
    for file in files:
        namespace = f"{file.stem}-{run}"
        staged[file] = Staged(header(file, namespace), namespace, link)
        open_.callback(staged[file].remove)
        staged[file].apply(file)
    return staged


@dataclass
class Picture:
    """The whole cluster, when all that is about it had come true, and whose names are whose."""

    taken: Taken
    staged: Stage


@pytest.fixture(scope="session")
def picture(ground: Ground, chosen: Sequence[Path]) -> Picture:
    """Take the picture, and away what it shows: an API that is away disturbs everybody."""
    with ExitStack() as open_:
        staged = _staged(ground, [file for file in chosen if file in WIDE], open_)
        for each in staged.values():
            each.settle()
        return Picture(_taken(ground), staged)


def _taken(ground: Ground) -> Taken:
    own = ClusterSettings(kubeconfig=ground.kubernetes.admin_kubeconfig, act_as="kubeconfig")
    clusters = KubernetesClusters({"practice": own})
    upstream: Any = None
    asking: Call[Any] = Call("c", ANA, Risk.READ, upstream, lambda: Cursors(b"k" * 32, b"q"), _all)

    async def take() -> Taken:
        async with clusters.named("practice", Behalf(ANA, "c")) as practice:
            taken = await photograph(asking, practice, None)
        await clusters.close()
        return taken

    return anyio.run(take)


def _all(_kind: str, _name: str, /, *_around: tuple[str, str]) -> bool:
    return True


@pytest.mark.parametrize("file", WIDE, ids=lambda file: file.stem)
def test_a_scenario_of_the_cluster(picture: Picture, file: Path) -> None:
    scenario, name = picture.staged[file].scenario, picture.staged[file].namespace
    seen = picture.taken.snapshot
    snapshot = replace(seen, now=seen.now + scenario.later)
    every = diagnose(snapshot, CAUSES)
    found = [each for each in every if name in " ".join(map(sentence, (each, *each.below())))]
    said = told("practice", Taken(snapshot), found, "practice", 10, "")
    assert re.search(scenario.first, said.says), said.says
    for words in scenario.says:
        assert re.search(words, "\n".join((said.says, *said.notes))), said.notes
    assert len(found) == scenario.findings, said.notes


@pytest.mark.parametrize("file", NARROW, ids=lambda file: file.stem)
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
