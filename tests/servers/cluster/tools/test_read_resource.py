"""`read_resource`: a summary, parts, and fields, within their bytes."""

from typing import Any

import pytest

from bailiwick.errors import BadRequest
from bailiwick.shaping.answer import Answer
from bailiwick.shaping.render import shape
from bailiwick_cluster.tools.read_resource import read_resource
from tests.parts.estate import Estate, asking, made
from tests.servers.cluster.describing.test_pods import POD

pytestmark = pytest.mark.anyio


async def ask(estate: Estate, kind: str, name: str, *hidden: str, **more: Any) -> Answer:
    answer = await read_resource.run(asking(*hidden, estate=estate), "eu", kind, name, **more)
    assert isinstance(answer, Answer)
    return answer


def size(answer: Answer) -> int:
    return shape(answer, nonce="abcdefgh", budget=read_resource.budget).size


async def test_a_summary_names_the_next_call() -> None:
    said = await ask(Estate([POD]), "Pod", "web-1", namespace="shop")
    assert said.says.startswith("Pod shop/web-1 in eu: Running, container app: CrashLoopBackOff")
    assert said.notes[-1] == (
        'next: diagnose_workload(cluster="eu", namespace="shop", workload="web-1", kind="Pod")'
    )


async def test_even_a_pod_of_many_containers_is_told_in_four_kilobytes() -> None:
    status = POD["status"]["containerStatuses"][0]
    many = [{**POD["spec"]["containers"][0], "name": f"c{n}"} for n in range(40)]
    states = [{**status, "name": f"c{n}"} for n in range(40)]
    events = [
        made(
            "Event",
            f"e{n}",
            involvedObject={"kind": "Pod", "namespace": "shop", "name": "web-1"},
            reason=f"Reason{n}",
            message="x" * 900,
            type="Warning",
        )
        for n in range(30)
    ]
    pod = {
        **POD,
        "spec": {"containers": many},
        "status": {**POD["status"], "containerStatuses": states},
    }
    said = await ask(Estate([pod, *events]), "Pod", "web-1", namespace="shop")
    assert size(said) <= 4_000
    assert any("more kinds: list_events" in block.text for block in said.blocks)


async def test_parts_and_fields() -> None:
    estate = Estate([POD])
    spec = await ask(estate, "Pod", "web-1", namespace="shop", part="spec")
    assert spec.blocks[0].text.startswith("nodeName: n1")
    assert estate.targets == [], "nothing else is read"
    fields = [".spec.containers[*].image", ".spec.nodNam"]
    some = await ask(estate, "Pod", "web-1", namespace="shop", fields=fields)
    assert some.says == "Pod shop/web-1 in eu: 1 value of 2 paths"
    assert some.notes == ("field 2 leads nowhere: no nodNam; there is nodeName",)
    none = await ask(
        Estate([made("ConfigMap", "c")]), "ConfigMap", "c", namespace="shop", part="status"
    )
    assert none.says == "ConfigMap shop/c in eu: it has no status"
    assert none.blocks == ()


async def test_where_it_is_has_to_be_right() -> None:
    with pytest.raises(BadRequest, match="give `namespace`"):
        await ask(Estate(), "Pod", "p")
    with pytest.raises(BadRequest, match="leave `namespace` out"):
        await ask(Estate(), "Node", "n", namespace="shop")


@pytest.mark.parametrize("part", ["summary", "spec", "status", "full"])
async def test_no_part_of_a_secret_has_its_values(part: str) -> None:
    applied = '{"data": {"password": "aHVudGVyMi1odW50ZXIy"}}'
    about = {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": applied}}
    secret = made("Secret", "db", metadata=about, data={"password": "aHVudGVyMi1odW50ZXIy"})
    said = await ask(Estate([secret]), "Secret", "db", namespace="shop", part=part)
    text = shape(said, nonce="abcdefgh", budget=8_000).text
    assert "aHVudGVy" not in text
    assert "hunter2" not in text
    assert part == "status" or "password" in text


async def test_what_the_policy_hides_is_said() -> None:
    space = made("Namespace", "kube-system", "", status={"phase": "Active"})
    said = await ask(Estate([space]), "Namespace", "kube-system", "kube-system")
    assert said.withheld == "kube-system (policy)"
    assert said.says == "Namespace kube-system in eu: Active"
