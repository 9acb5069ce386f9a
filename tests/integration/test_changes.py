"""`scale_workload` on a real Kubernetes: rehearsed, approved, done once, watched."""

from collections.abc import Generator
from typing import Any

import pytest

from tests.faults.stage import records
from tests.integration.conftest import Product
from tests.parts.agents import Agent, Answer
from tests.parts.ground import bailiwick, configured, kubectl, token

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(240)]
SHOP: dict[str, Any] = {"cluster": "practice", "namespace": "shop"}
USUAL = {"deploy/checkout": 2, "deploy/web": 3, "deploy/payments": 2, "sts/orders": 2}


@pytest.fixture(autouse=True)
def restored(product: Product) -> Generator[None]:
    """Leave the estate as it was, and no approval for the next test to find."""
    for file in product.served.state.glob("approvals.db*"):
        file.unlink()
    for workload, replicas in USUAL.items():
        kubectl(product.ground, "-n", "shop", "scale", workload, f"--replicas={replicas}")
    yield
    for workload, replicas in USUAL.items():
        kubectl(product.ground, "-n", "shop", "scale", workload, f"--replicas={replicas}")


async def scale(one: Agent, workload: str, replicas: int, **more: Any) -> Answer:
    wanted = {**SHOP, "workload": workload, "replicas": replicas, "dry_run": False, **more}
    return await one.call("scale_workload", **wanted)


async def test_a_rehearsal_changes_nothing(product: Product) -> None:
    async with product.as_("ana") as ana:
        said = await scale(ana, "checkout", 3, dry_run=True)
    assert not said.is_error
    assert said.structured["result"].startswith(
        "would scale Deployment shop/checkout in cluster practice from 2 to 3 replicas"
    )
    assert (said.structured["before"], said.structured["after"]) == (2, 3)
    assert product.replicas("deploy/checkout") == 2


async def test_approved_it_is_done_once_and_watched(product: Product) -> None:
    async with product.as_("ana") as ana:
        first = await scale(ana, "checkout", 3)
        assert not first.is_error
        assert "the approval of another person" in first.text
        assert product.replicas("deploy/checkout") == 2
        product.approve(first.approval)
        second = await scale(ana, "checkout", 3)
        assert second.structured["result"] == "done: 3 of 3 replicas ready"
        assert product.replicas("deploy/checkout") == 3
        assert "3 of 3 replicas ready" in ana.heard, "progress was told on the way"
        third = await scale(ana, "checkout", 3)
        assert "already is at 3 replicas; nothing to do" in third.text
        back = await scale(ana, "checkout", 2)
        assert back.approval not in ("", first.approval), "another act needs another approval"
    [used] = [r for r in records(product.journal, event="approval.used")
              if r.at("approval", "id") == first.approval]  # fmt: skip
    assert used.at("approval", "by") == "practice/bo"
    assert used.at("action", "arguments", "workload") == "checkout"


async def test_an_approval_is_used_up_even_if_the_act_is_undone(product: Product) -> None:
    async with product.as_("ana") as ana:
        first = await scale(ana, "web", 4)
        product.approve(first.approval)
        assert (await scale(ana, "web", 4)).structured["after"] == 4
        kubectl(product.ground, "-n", "shop", "scale", "deploy/web", "--replicas=3")
        again = await scale(ana, "web", 4)
        assert again.approval not in ("", first.approval)
        assert product.replicas("deploy/web") == 3


async def test_what_changed_meanwhile_is_not_what_was_approved(product: Product) -> None:
    async with product.as_("ana") as ana:
        first = await scale(ana, "checkout", 4)
        product.approve(first.approval)
        kubectl(product.ground, "-n", "shop", "annotate", "deploy/checkout", "who=somebody")
        try:
            second = await scale(ana, "checkout", 4)
        finally:
            kubectl(product.ground, "-n", "shop", "annotate", "deploy/checkout", "who-")
        assert second.approval not in ("", first.approval)
        assert product.replicas("deploy/checkout") == 2


async def test_status_alone_does_not_spend_an_approval(product: Product) -> None:
    """A failing workload's status moves all the time; who approved has approved the spec."""
    async with product.as_("ana") as ana:
        first = await scale(ana, "checkout", 3)
        product.approve(first.approval)
        patch = '{"status":{"conditions":[{"type":"Strange","status":"True","reason":"R"}]}}'
        where = ("-n", "shop", "deploy/checkout", "--type=merge", "-p", patch)
        kubectl(product.ground, "patch", *where, "--subresource=status")
        assert (await scale(ana, "checkout", 3)).structured["ready"] == 3


async def test_somebody_elses_approval_is_not_mine(product: Product) -> None:
    async with product.as_("ana") as ana, product.as_("bo") as bo:
        asked = await scale(ana, "checkout", 3)
        product.approve(asked.approval)
        said = await scale(bo, "checkout", 3)
        assert said.approval not in ("", asked.approval)
        assert product.replicas("deploy/checkout") == 2


async def test_a_stateful_set(product: Product) -> None:
    async with product.as_("ana") as ana:
        first = await scale(ana, "orders", 3, kind="StatefulSet")
        product.approve(first.approval)
        second = await scale(ana, "orders", 3, kind="StatefulSet")
    assert second.structured["result"] == "done: 3 of 3 replicas ready"
    assert product.replicas("sts/orders") == 3


@pytest.mark.slow
async def test_what_does_not_become_ready_is_told_with_its_reason(product: Product) -> None:
    async with product.as_("ana") as ana:
        first = await scale(ana, "payments", 3)
        product.approve(first.approval)
        second = await scale(ana, "payments", 3)
    assert not second.is_error, second.text
    told = second.structured["result"]
    assert told.startswith("accepted, but 0 of 3 replicas ready after 45 s; its pods: ")
    assert "CrashLoopBackOff" in told
    assert any("0 of 3 replicas ready" in words for words in ana.heard)


async def test_to_zero(product: Product) -> None:
    async with product.as_("ana") as ana:
        first = await scale(ana, "checkout", 0)
        product.approve(first.approval)
        second = await scale(ana, "checkout", 0)
    assert second.structured["result"] == "done: 0 of 0 replicas ready"
    assert product.replicas("deploy/checkout") == 0


@pytest.mark.parametrize("by", ["ana", "eve"])
async def test_who_may_not_approve(product: Product, by: str) -> None:
    async with product.as_("ana") as ana:
        asked = (await scale(ana, "checkout", 3)).approval
        own = token(product.ground, by, "approvals")
        more = {**configured(product.ground), "BAILIWICK_TOKEN": own}
        done = bailiwick(product.folder, "approvals", "approve", asked, "--yes", **more)
        assert done.returncode == 1
        assert "refused: " in done.stderr
        assert (await scale(ana, "checkout", 3)).approval == asked
        assert product.replicas("deploy/checkout") == 2


@pytest.mark.parametrize("purpose", ["cluster", "kubernetes", "other"])
async def test_with_which_token_nobody_may_approve(product: Product, purpose: str) -> None:
    """An agent holds a token for the server: with that it cannot agree to what it asks for."""
    async with product.as_("ana") as ana:
        asked = (await scale(ana, "checkout", 3)).approval
        wrong = token(product.ground, "bo", purpose)
        more = {**configured(product.ground), "BAILIWICK_TOKEN": wrong}
        done = bailiwick(product.folder, "approvals", "approve", asked, "--yes", **more)
        assert done.returncode == 1
        assert "your token is not accepted" in done.stderr
        assert wrong not in done.stderr + done.stdout
        assert (await scale(ana, "checkout", 3)).approval == asked
        assert product.replicas("deploy/checkout") == 2


async def test_nobody_in_a_group_is_nobody(product: Product) -> None:
    async with product.as_("eve") as eve:
        assert await eve.tools() == []
        said = await scale(eve, "checkout", 3)
        assert said.is_error
        assert "[denied, call " in said.text
