from collections import Counter

from bailiwick_cluster.diagnosis.answering import concerning
from bailiwick_cluster.diagnosis.finding import Finding, Layer, Ref, Severity, Sign

WEB, NODE = Ref("Deployment", "shop", "web"), Ref("Node", "", "n1")
POD, OTHER = Ref("Pod", "shop", "web-1"), Ref("Pod", "bank", "other")
RELATED = {WEB, POD, NODE}


def finding(sign: Sign, layer: Layer) -> Finding:
    owners = Counter([sign.owner]) if sign.owner else Counter[Ref]()
    shown = {sign.shown} if sign.shown else set[Ref]()
    return Finding("x", layer, sign, sign.severity, owners, shown)


def test_its_own_trouble_comes_before_that_of_its_node() -> None:
    pressed = finding(Sign(NODE, "short of memory", severity=Severity.DEGRADED), Layer.NODE)
    missing = finding(Sign(Ref("Secret", "shop", "db"), "missing", shown=POD), Layer.PARTS)
    held = finding(Sign(WEB, "paused", severity=Severity.RISK), Layer.ADVICE)
    assert concerning([pressed, held, missing], RELATED) == [missing, pressed, held]


def test_a_node_that_fails_its_pods_is_told_once_and_first() -> None:
    lost = finding(Sign(NODE, "not ready", shown=POD), Layer.NODE)
    behind = finding(Sign(WEB, "stuck"), Layer.ROLLOUT)
    assert concerning([lost, behind], RELATED) == [lost, behind]


def test_what_its_node_did_to_others_is_not_told() -> None:
    thrown = finding(Sign(NODE, "ran short of memory", shown=OTHER), Layer.PROCESS)
    assert concerning([thrown], RELATED) == []
    assert concerning([finding(Sign(NODE, "the same", shown=POD), Layer.PROCESS)], RELATED)
