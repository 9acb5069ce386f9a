"""`run_command` on a real Kubernetes. Its kubelet is simulated: for one pod of the test's own it
runs programs of this machine, for the time of the test; for every other pod it runs none."""

from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

import pytest

from bailiwick.rules import shipped
from practice.facts import Ground
from tests.integration.conftest import Product, Serving
from tests.parts.agents import Agent, Answer
from tests.parts.ground import bailiwick, configured, token
from tests.parts.place import Place, place

pytestmark = [pytest.mark.ground, pytest.mark.anyio, pytest.mark.timeout(180)]
RULE = """
@id("look-into-containers")
permit (principal in Group::"sre", action == Action::"run_command", resource)
when {
  context.arguments has program &&
  ["/bin/echo", "/bin/sleep", "/no/such"].contains(context.arguments.program) &&
  ((context.arguments has dry_run && context.arguments.dry_run) ||
    (context.approval == "second_person" && !context.approvers.isEmpty()))
};
"""


@pytest.fixture(scope="module")
def here(ground: Ground) -> Generator[Place]:
    """Two pods; in one of them the simulated kubelet runs what it is told to."""
    container = {"image": "registry.practice.example/x:1"}
    with place(ground, "commands") as made:
        made.make(
            *(
                {
                    "apiVersion": "v1",
                    "kind": "Pod",
                    "metadata": {"name": name},
                    "spec": {"containers": [{"name": "main", **container}]},
                }
                for name in ("open", "shut")
            ),
            {
                "apiVersion": "kwok.x-k8s.io/v1alpha1",
                "kind": "Exec",
                "metadata": {"name": "open"},
                "spec": {"execs": [{"local": {}}]},
            },
        )
        try:
            for name in ("open", "shut"):
                made.kubectl("wait", f"pod/{name}", "--for=condition=Ready", "--timeout=60s")
            yield made
        finally:
            made.kubectl("delete", "execs.kwok.x-k8s.io", "--all")


@pytest.fixture
def policy(tmp_path: Path) -> str:
    """The shipped policy, and beside it a rule that names three programs."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "default.cedar").write_text(shipped().read_text())
    (folder / "own.cedar").write_text(RULE)
    return f'"{folder}"'


@pytest.fixture
async def front(serving: Serving, policy: str) -> AsyncGenerator[Product]:
    async with serving(
        None, BAILIWICK_POLICY__PATH=policy, BAILIWICK_LIMITS__DESTROY="600/minute"
    ) as up:
        yield up


async def run(front: Product, policy: str, one: Agent, here: Place, **given: Any) -> Answer:
    """Ask, have it approved under the same policy, and run it."""
    what = {"cluster": "practice", "namespace": here.name, "pod": "open", **given}
    asked = await one.call("run_command", **what, dry_run=False)
    if not asked.approval:
        return asked
    approver = {
        **configured(front.ground),
        "BAILIWICK_POLICY__PATH": policy,
        "BAILIWICK_TOKEN": token(front.ground, "bo", "approvals"),
    }
    done = bailiwick(front.folder, "approvals", "approve", asked.approval, "--yes", **approver)
    assert done.returncode == 0, done.stderr
    return await one.call("run_command", **what, dry_run=False)


async def test_what_is_permitted_is_shown_agreed_to_and_run(
    here: Place, front: Product, policy: str
) -> None:
    words = {"program": "/bin/echo", "arguments": ["a b", "$HOME; id"]}
    what = {"cluster": "practice", "namespace": here.name, "pod": "open", **words}
    async with front.as_("ana") as ana:
        seen = await ana.call("run_command", **what)
        assert '["/bin/echo","a b","$HOME; id"] in container main' in seen.says
        assert seen.says.endswith("You may, and it runs")
        said = await run(front, policy, ana, here, **words)
    assert said.says == "exit code 0; 14 bytes on stdout, 0 bytes on stderr"
    assert said.inside == "a b $HOME; id", "no shell has read it"


async def test_what_no_rule_names_is_denied(here: Place, front: Product, policy: str) -> None:
    async with front.as_("ana") as ana:
        said = await run(front, policy, ana, here, program="/bin/rm", arguments=["-r", "/"])
    assert said.is_error
    assert "ana may not run_command here: no rule permits it" in said.text


async def test_a_program_that_is_not_there(here: Place, front: Product, policy: str) -> None:
    async with front.as_("ana") as ana:
        said = await run(front, policy, ana, here, program="/no/such")
    assert said.says.startswith("NO EXIT CODE: it did not start, or failed")
    assert "no such file or directory" in said.inside


async def test_time_that_is_up(here: Place, front: Product, policy: str) -> None:
    async with front.as_("ana") as ana:
        said = await run(
            front, policy, ana, here, program="/bin/sleep", arguments=["20"], seconds=1
        )
    assert said.says.startswith("NO EXIT CODE: left after 1 s; the program may still run")


async def test_a_pod_in_which_nothing_may_run(here: Place, front: Product, policy: str) -> None:
    async with front.as_("ana") as ana:
        said = await run(front, policy, ana, here, pod="shut", program="/bin/echo")
    assert "exit code" not in said.text


async def test_the_shipped_policy_permits_no_program(here: Place, product: Product) -> None:
    async with product.as_("ana") as ana:
        said = await ana.call(
            "run_command", cluster="practice", namespace=here.name, pod="open", program="/bin/echo"
        )
    assert "no rule permits it" in said.text
