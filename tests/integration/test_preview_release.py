"""A Helm release as a plan on a real Kubernetes: previewed, agreed to, applied by helm itself."""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import orjson
import pytest

from practice.facts import Ground
from tests.integration.conftest import Product, Serving
from tests.parts.agents import Agent, Answer
from tests.parts.changing import Space, plan, space

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(300)]
CHARTS = Path(__file__).parents[2] / "practice" / "charts"
CHART = str(CHARTS / "greeting")


@pytest.fixture(scope="module")
def mine(ground: Ground) -> Generator[Space]:
    """A namespace of this file's own."""
    with space(ground, "preview-releases") as made:
        yield made


FREE = "permit (principal, action, resource) when { !principal.groups.isEmpty() };"
"""The shipped policy lets nobody apply a Secret, and the chart has one."""


@pytest.fixture
async def product(ground: Ground, serving: Serving, tmp_path: Path) -> AsyncGenerator[Product]:
    """The product with the ground's helm, and a policy that asks nobody."""
    file = tmp_path / "free.cedar"
    file.write_text(FREE)
    command = [ground.kubernetes.kubectl[0], "helm"]
    more = {
        "BAILIWICK_SERVERS__CLUSTER__HELM__COMMAND": orjson.dumps(command).decode(),
        "BAILIWICK_SERVERS__CLUSTER__HELM__CHARTS": orjson.dumps([str(CHARTS)]).decode(),
        "BAILIWICK_POLICY__PATH": f'"{file}"',
    }
    async with serving(**more) as up:
        yield up


async def applied(one: Agent, said: Answer) -> Answer:
    """Apply a plan."""
    done = await one.call("apply_change", plan=plan(said))
    assert not done.is_error, done.text
    return done


async def test_a_release_is_previewed_applied_and_upgraded(product: Product, mine: Space) -> None:
    wanted = {**mine.here, "release": "hello", "chart": CHART}
    async with product.as_("ana") as ana:
        said = await ana.call("preview_change", **wanted)
        assert "would install Helm release preview-releases/hello" in said.says
        assert "Plan good for 30 min: apply_change(" in said.says
        assert mine.names("deploy") == set(), "nothing was installed"
        done = await applied(ana, said)
        assert done.structured["result"].startswith("done: preview-releases/hello installed")
        assert done.structured["undo"].startswith("uninstall_release(")
        assert mine.names("deploy")
        same = await ana.call("preview_change", **wanted)
        assert "is so already; nothing to do" in same.text
        more = await ana.call("preview_change", **wanted, values="replicas: 3")
        assert "would upgrade Helm release" in more.says
        grown = await applied(ana, more)
        assert grown.structured["undo"].startswith("rollback_release(")
        used = await ana.call("apply_change", plan=plan(more))
        assert "that plan was applied already; preview_change makes a new one" in used.text


async def test_what_moved_since_is_not_installed(product: Product, mine: Space) -> None:
    wanted = {**mine.here, "release": "moved", "chart": CHART}
    async with product.as_("ana") as ana:
        one = await ana.call("preview_change", **wanted)
        other = await ana.call("preview_change", **wanted)
        await applied(ana, one)
        late = await ana.call("apply_change", plan=plan(other))
        assert late.is_error, late.text
        assert "there already" in late.text or "preview again" in late.text


async def test_a_chart_needs_a_release_and_a_place(product: Product, mine: Space) -> None:
    async with product.as_("ana") as ana:
        said = await ana.call("preview_change", **mine.here, chart=CHART)
        both = await ana.call(
            "preview_change", **mine.here, chart=CHART, release="x", manifests="a: b"
        )
    assert "a chart needs `release` and `namespace`" in said.text
    assert "give one: " in both.text
