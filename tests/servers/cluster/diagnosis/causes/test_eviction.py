from typing import Any

import pytest

from bailiwick_cluster.diagnosis.causes.eviction import look
from tests.parts.pictured import Thing, ago, deployment, found, node, picture, pod, signs, well

LOW = (
    "The node was low on resource: ephemeral-storage. Threshold quantity: 10Gi, available:"
    " 5243492Ki. Container app was using 12Gi, request is 0, has larger consumption of"
    " ephemeral-storage."
)
TOGETHER = "its containers wrote more to their node's disk than their limits together"


def thrown(message: str, name: str = "a", reason: str = "Evicted", **more: Any) -> Thing:
    at = [{"type": "DisruptionTarget", "status": "True", "lastTransitionTime": ago(60)}]
    made = pod(name, phase="Failed", conditions=at, **more)
    made["status"] |= {"reason": reason, "message": message}
    return made


def test_a_node_without_disk_is_told_with_its_numbers_and_who_took_most() -> None:
    (sign,) = signs(look, thrown(LOW))
    assert sign.what == (
        "Node node-1 ran short of disk (5Gi left, threshold 10Gi); container app used 12Gi where"
        " it requests 0"
    )
    assert str(sign.about) == "Node node-1"
    assert sign.since > 0


@pytest.mark.parametrize(
    ("message", "what"),
    [
        (
            'Container app exceeded its local ephemeral storage limit "1Gi". ',
            "container app wrote more to its node's disk than its limit of 1Gi (ephemeral-storage)",
        ),
        (
            "Pod ephemeral local storage usage exceeds the total limit of containers 2Gi. ",
            f"{TOGETHER}, 2Gi (ephemeral-storage)",
        ),
        (
            'Usage of EmptyDir volume "cache" exceeds the limit "500Mi". ',
            "emptyDir volume cache grew beyond its sizeLimit of 500Mi",
        ),
    ],
)
def test_what_a_pod_took_too_much_of_is_its_own_fault(message: str, what: str) -> None:
    (sign,) = signs(look, *deployment(), thrown(message))
    assert sign.what == what
    assert str(sign.about) == "Deployment shop/web"
    assert sign.step is not None
    assert sign.step.tool == "read_resource"


@pytest.mark.parametrize(
    ("reason", "message", "what"),
    [
        ("Evicted", "Pod was rejected: The node had condition: [DiskPressure]. ",
         "Node node-1 took no pods while it had DiskPressure"),
        ("Evicted", "The node was low on resource: memory. ", "Node node-1 ran short of memory"),
        ("Evicted", "for reasons of its own", "Node node-1 evicted pods"),
        ("OutOfcpu", "Pod Node didn't have enough resource: cpu",
         "Node node-1 refused pods that were given to it: no cpu left"),
        ("Terminated", "Pod was terminated in response to imminent node shutdown.",
         "Node node-1 was shut down, and ended its pods"),
    ],
)  # fmt: skip
def test_other_ways_to_be_thrown_out(reason: str, message: str, what: str) -> None:
    (sign,) = signs(look, thrown(message, reason=reason))
    assert sign.what == what


def test_what_others_replaced_is_history_unless_it_happens_again_and_again() -> None:
    sets = [*deployment(), well("good")]
    assert signs(look, *sets, thrown(LOW), thrown(LOW, "b")) == []
    again = [thrown(LOW, name) for name in "abc"]
    assert len(signs(look, *sets, *again)) == 3
    for each in again:
        each["status"]["conditions"][0]["lastTransitionTime"] = ago(7_200)
    assert signs(look, *sets, *again) == []


def test_pods_that_fell_by_themselves_are_no_matter_of_the_node() -> None:
    assert signs(look, thrown("", reason=""), thrown("", reason="DeadlineExceeded")) == []


def test_a_node_that_is_still_short_explains_it() -> None:
    pressed = node("node-1", conditions=[{"type": "DiskPressure", "status": "True"}])
    (root,) = found(picture(pressed, thrown(LOW)))
    assert root.cause == "node"
    assert [each.cause for each in root.below()] == ["eviction"]
    (alone,) = found(picture(node("node-1"), thrown(LOW)))
    assert alone.cause == "eviction"
