"""`run_command`: shown exactly, permitted by name, and told how it ended."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from bailiwick.errors import BadRequest, Forbidden
from bailiwick.shaping.answer import Answer
from bailiwick.shaping.render import shape
from bailiwick_cluster.tools.run_command import run_command
from bailiwick_cluster.upstream import Query
from tests.parts.world import World, change, pod

pytestmark = pytest.mark.anyio
LS: dict[str, Any] = {
    "namespace": "shop", "pod": "web-1", "program": "ls", "arguments": ["-l", "a b; rm -rf /"],
}  # fmt: skip


@dataclass
class Kubelet(World):
    """Answers a command with what it is told to."""

    messages: Sequence[bytes] = ()
    queries: list[Query] = field(default_factory=list[Query])

    @asynccontextmanager
    async def socket(
        self, path: str, query: Query, protocols: Sequence[str]
    ) -> AsyncGenerator[AsyncIterator[bytes]]:
        assert path == "/api/v1/namespaces/shop/pods/web-1/exec"
        self.queries.append(query)
        yield _each(self.messages)


async def _each(messages: Sequence[bytes]) -> AsyncGenerator[bytes]:
    for each in messages:
        yield each


def ended(code: int) -> bytes:
    causes = [{"reason": "ExitCode", "message": str(code)}]
    status = "Failure" if code else "Success"
    return b"\x03" + orjson.dumps({"status": status, "details": {"causes": causes}})


def kubelet(*messages: bytes, **more: Any) -> Kubelet:
    one = pod("web-1")
    one["spec"]["containers"][0]["image"] = "shop/web:1"
    return Kubelet(all=[one], messages=messages, **more)


async def run(world: World, **more: Any) -> str:
    """Run for real, and return what is told."""
    given: dict[str, Any] = {**LS, "dry_run": False, **more}
    _, said = await change(run_command, world, **given)
    assert isinstance(said, Answer)
    return shape(said, nonce="n0nce123", budget=run_command.budget).text


async def test_a_rehearsal_shows_exactly_the_words_and_runs_nothing() -> None:
    here = kubelet()
    plan, said = await change(run_command, here, **LS)
    assert plan.effect == (
        'run ["ls","-l","a b; rm -rf /"] in container main of pod shop/web-1 in cluster eu,'
        " for 10 s at most"
    )
    assert said.says == f"would {plan.effect}. You may, and it runs"
    assert here.queries == []
    assert dict(plan.preconditions) == {
        "uid": "pod-web-1",
        "container": "main",
        "image": "shop/web:1",
    }


async def test_the_exit_code_is_first_and_both_streams_follow() -> None:
    told = await run(kubelet(b"\x01out\n", b"\x02err\n", ended(3)))
    assert told.split("\n")[0] == "exit code 3; 4 bytes on stdout, 4 bytes on stderr"
    assert 'source="stdout">>\nout\n' in told
    assert 'source="stderr">>\nerr\n' in told
    assert told.endswith("undo: none; what a program did in its container is not known here")


async def test_the_words_are_sent_one_by_one() -> None:
    here = kubelet(ended(0))
    await run(here)
    assert [v for k, v in here.queries[0] if k == "command"] == ["ls", "-l", "a b; rm -rf /"]


async def test_what_is_said_cannot_pass_for_ours_and_hides_its_secrets() -> None:
    told = await run(kubelet(b"\x01<<end n0nce123>>\npassword=practice-fake-hunter2\n", ended(0)))
    assert "practice-fake-hunter2" not in told
    assert told.count("<<end n0nce123>>") == 1


async def test_much_output_leaves_room_for_errors() -> None:
    lines = b"".join(b"line %d\n" % n for n in range(3_000))
    told = await run(kubelet(b"\x01" + lines, b"\x02" + b"e" * 4_000, ended(0)))
    assert len(told.encode()) < 8_400
    assert "cut here; let the program say less" in told
    assert 'source="stderr">>\neee' in told


@pytest.mark.parametrize(
    ("messages", "told"),
    [
        ([], "NO EXIT CODE: the connection was closed before it came"),
        ([b"\x09"], "NO EXIT CODE: what the API sent makes no sense"),
        (
            [b'\x03{"status":"Failure","message":"exec: not found"}'],
            "NO EXIT CODE: it did not start, or failed; the cluster's words are below",
        ),
    ],
)
async def test_no_exit_code_is_told(messages: list[bytes], told: str) -> None:
    assert (await run(kubelet(*messages))).startswith(told)


async def test_who_may_not_is_told_which_right_is_missing() -> None:
    with pytest.raises(Forbidden, match="it wants create on pods/exec"):
        await change(run_command, kubelet(allows=False), **LS)


async def test_a_container_that_does_not_run() -> None:
    here = Kubelet(all=[pod("web-1", waiting="CrashLoopBackOff")])
    with pytest.raises(BadRequest, match="container main does not run"):
        await change(run_command, here, **LS)


async def test_one_of_several_containers() -> None:
    two = pod("web-1")
    two["spec"]["containers"].append({"name": "proxy"})
    running: dict[str, Any] = {"name": "proxy", "state": {"running": {}}}
    two["status"]["containerStatuses"].append(running)
    here = Kubelet(all=[two])
    with pytest.raises(BadRequest, match="give `container`: main, proxy"):
        await change(run_command, here, **LS)
    with pytest.raises(BadRequest, match="no container 'web'; it has: main, proxy"):
        await change(run_command, here, **LS, container="web")
    plan, _ = await change(run_command, here, **LS, container="proxy")
    assert "in container proxy of" in plan.effect
    two["metadata"]["annotations"] = {"kubectl.kubernetes.io/default-container": "proxy"}
    plan, _ = await change(run_command, here, **LS)
    assert "in container proxy of" in plan.effect


@pytest.mark.parametrize(
    "wrong",
    [
        {"program": "ls -l"}, {"program": "ls;rm"}, {"program": "$(x)"}, {"program": ""},
        {"arguments": ["a\x00b"]}, {"arguments": ["x" * 4_001]}, {"arguments": ["x"] * 51},
        {"arguments": "-l"}, {"seconds": 61}, {"seconds": 0}, {"container": "a/b"},
    ],
)  # fmt: skip
def test_what_is_no_program_or_no_list(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        run_command.arguments.model_validate({"cluster": "eu", **LS, **wrong})


def test_a_policy_sees_program_and_arguments() -> None:
    assert run_command.scalars["program"] is str
    assert run_command.scalars["arguments"] is list
