from dataclasses import replace
from typing import Any

from bailiwick_cluster.diagnosis.causes.node import look
from bailiwick_cluster.diagnosis.finding import Severity
from tests.parts.pictured import ago, found, node, picture, pod, signs, unplaced, waits, well


def said(kind: str, status: str, message: str = "") -> dict[str, Any]:
    return {"type": kind, "status": status, "message": message, "lastTransitionTime": ago(300)}


def test_a_silent_kubelet_is_told_with_the_pods_that_suffer() -> None:
    away = node("node-1", conditions=[said("Ready", "Unknown", "Kubelet stopped posting")])
    made = signs(look, away, well("a"), well("b", node="node-2"))
    assert {sign.what for sign in made} == {
        "Node node-1 is not ready: its kubelet has stopped reporting"
    }
    assert [sign.shown.name for sign in made if sign.shown] == ["a"]
    assert made[0].evidence == ("Kubelet stopped posting",)


def test_a_node_that_is_well_gives_no_sign() -> None:
    fine = [said("Ready", "True"), said("MemoryPressure", "False"), said("DiskPressure", "Unknown")]
    assert signs(look, node("node-1", conditions=fine), well("a")) == []
    assert signs(look, node("node-1"), well("a")) == []


def test_pressure_explains_whom_it_evicted() -> None:
    pressed = node("node-1", conditions=[said("DiskPressure", "True")])
    evicted = pod("a", phase="Failed")
    evicted["status"]["reason"] = "Evicted"
    (sign,) = signs(look, pressed, evicted, well("b"))
    assert sign.what == "Node node-1 is short of disk, and evicts pods and images"
    assert [ref.name for ref in sign.explains] == ["a"]


def test_a_cordon_is_told_only_where_somebody_waits() -> None:
    closed = node("node-1", unschedulable=True)
    assert signs(look, closed, well("a"), pod("b", waits("ImagePullBackOff"))) == []
    (sign,) = signs(look, closed, unplaced("b"))
    assert "is cordoned while 1 pod waits" in sign.what
    assert sign.severity is Severity.RISK


def test_a_kubelet_may_be_three_versions_behind_and_not_ahead() -> None:
    for version, told in (
        ("v1.33.1", ""),
        ("v1.32.9", "4 minor versions behind"),
        ("v1.37.0", "newer than"),
        ("nonsense", ""),
    ):
        old = node("node-1")
        old["status"]["nodeInfo"] = {"kubeletVersion": version}
        made = list(look(replace(picture(old), version="v1.36.1")))
        assert [told in sign.what for sign in made] == ([True] if told else []), version


def test_what_a_node_takes_down_is_one_finding() -> None:
    away = node("node-1", conditions=[said("Ready", "False")])
    lost = pod("a", waits("ContainerStatusUnknown"), conditions=[{"type": "Ready"}])
    assert len(found(picture(away, lost))) == 1
