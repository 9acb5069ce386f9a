from collections.abc import Iterator, Sequence

from bailiwick_cluster.diagnosis.finding import Cause, Finding, Layer, Ref, Severity, Sign
from bailiwick_cluster.diagnosis.grouping import diagnose
from bailiwick_cluster.diagnosis.snapshot import Snapshot
from tests.parts.pictured import (
    ago,
    deployment,
    fell,
    found,
    picture,
    pod,
    replica_set,
    thing,
    waits,
    well,
)

DB = Ref("Secret", "shop", "db")
WEB = Ref("Deployment", "shop", "web")


def one(name: str) -> Ref:
    return Ref("Pod", "shop", name)


def cause(layer: Layer, *signs: Sign, name: str = "x", needs: Sequence[str] = ()) -> Cause:
    def look(_: Snapshot) -> Iterator[Sign]:
        yield from signs

    return Cause(name, layer, tuple(needs), look)


def told(snapshot: Snapshot, *causes: Cause) -> list[Finding]:
    return diagnose(snapshot, causes)


def test_signs_about_one_thing_are_one_finding() -> None:
    snapshot = picture(*deployment(), *(pod(f"web-1-{n}") for n in range(100)))
    lacks = [Sign(DB, "gone", shown=one(f"web-1-{n}"), evidence=(f"e{n}",)) for n in range(100)]
    (finding,) = told(snapshot, cause(Layer.PARTS, *lacks))
    assert finding.owners == {WEB: 100}
    assert len(finding.shown) == 100
    assert finding.evidence == ["e0", "e1", "e2"]
    assert {DB, WEB, Ref("ReplicaSet", "shop", "web-1")} <= finding.touched


def test_signs_with_other_keys_are_findings_of_their_own() -> None:
    snapshot = picture(pod("a", of=None))
    keys = [Sign(DB, key, key=key) for key in ("user", "password")]
    assert len(told(snapshot, cause(Layer.PARTS, *keys))) == 2


def test_an_object_that_shows_twice_counts_once() -> None:
    snapshot = picture(*deployment(), pod("a"))
    (finding,) = told(
        snapshot, cause(Layer.PARTS, *(Sign(DB, "gone", shown=one("a")) for _ in range(3)))
    )
    assert finding.owners == {WEB: 1}


def test_a_cause_is_not_looked_for_without_what_it_needs() -> None:
    looked = cause(Layer.NODE, Sign(DB, "gone"), needs=["Node"])
    assert told(picture(pod("a")), looked) == []
    assert len(told(picture(pod("a"), also=["Node"]), looked)) == 1


def test_what_depends_on_pods_that_are_explained_is_a_consequence() -> None:
    snapshot = picture(*deployment(), pod("a"), pod("b"))
    deep = cause(Layer.PARTS, *(Sign(DB, "gone", shown=one(n)) for n in "ab"))
    service = Ref("Service", "shop", "web")
    edge = Sign(Ref("Ingress", "shop", "web"), "nowhere", depends=(service,))
    traffic = Sign(service, "no endpoints", depends=(one("a"), one("b")))
    (root,) = told(snapshot, cause(Layer.EDGE, edge), cause(Layer.TRAFFIC, traffic), deep)
    assert root.sign.about == DB
    assert [each.sign.what for each in root.below()] == ["no endpoints", "nowhere"]


def test_what_is_explained_only_in_part_stays_a_cause() -> None:
    snapshot = picture(*deployment(), pod("a"), pod("b"))
    deep = cause(Layer.PARTS, Sign(DB, "gone", shown=one("a")))
    traffic = Sign(Ref("Service", "shop", "web"), "none", depends=(one("a"), one("b")))
    assert len(told(snapshot, deep, cause(Layer.TRAFFIC, traffic))) == 2


def test_two_causes_may_explain_one_thing_together() -> None:
    snapshot = picture(*deployment(), pod("a"), pod("b"))
    first = cause(Layer.PARTS, Sign(DB, "gone", shown=one("a")))
    second = cause(Layer.PROCESS, Sign(WEB, "falls", shown=one("b")), name="y")
    traffic = Sign(Ref("Service", "shop", "web"), "none", depends=(one("a"), one("b")))
    roots = told(snapshot, first, second, cause(Layer.TRAFFIC, traffic))
    assert len(roots) == 2
    assert sum(len(list(root.below())) for root in roots) == 1


def test_findings_that_depend_on_each_other_do_not_vanish() -> None:
    a, b = Ref("Service", "shop", "a"), Ref("Service", "shop", "b")
    signs = Sign(a, "a", depends=(b,)), Sign(b, "b", depends=(a,))
    roots = told(picture(pod("x")), *(cause(Layer.TRAFFIC, sign) for sign in signs))
    assert len(roots) == 1
    assert len(list(roots[0].below())) == 1


def test_what_only_follows_is_left_out_where_nothing_explains_it() -> None:
    sign = Sign(WEB, "no endpoints", depends=(one("a"),), follows=True)
    assert told(picture(pod("a")), cause(Layer.TRAFFIC, sign)) == []


def test_a_workload_of_which_some_pods_serve_is_degraded_and_not_down() -> None:
    falls = cause(Layer.PROCESS, Sign(WEB, "falls", shown=one("a")))
    (down,) = told(picture(*deployment(), pod("a")), falls)
    (degraded,) = told(picture(*deployment(), pod("a"), well("b")), falls)
    assert (down.severity, degraded.severity) == (Severity.DOWN, Severity.DEGRADED)


def test_a_pod_that_serves_and_fell_before_does_not_count_against_itself() -> None:
    ready = [{"type": "Ready", "status": "True"}]
    snapshot = picture(*deployment(), pod("a", {**fell(1), "ready": True}, conditions=ready))
    (finding,) = told(snapshot, cause(Layer.PROCESS, Sign(WEB, "falls", shown=one("a"))))
    assert finding.severity is Severity.DEGRADED


def test_the_worst_comes_first_and_advice_last() -> None:
    risk = cause(Layer.ADVICE, Sign(Ref("Service", "shop", "r"), "r", severity=Severity.RISK))
    loud = cause(Layer.ADVICE, Sign(Ref("Service", "shop", "l"), "l", severity=Severity.DOWN))
    part = cause(Layer.PARTS, Sign(DB, "part", severity=Severity.DEGRADED))
    down = cause(Layer.EDGE, Sign(WEB, "down"))
    roots = told(picture(pod("a")), risk, loud, part, down)
    assert [root.sign.what for root in roots] == ["down", "part", "l", "r"]


def test_a_hundred_pods_without_their_secret_are_one_finding_with_all_that_follows() -> None:
    late = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
    lack = waits("CreateContainerConfigError", 'secret "db" not found')
    path = {"path": "/", "backend": {"service": {"name": "web", "port": {"number": 80}}}}
    (root,) = found(
        picture(
            *deployment(replicas=100, status={"conditions": [late]}),
            *(pod(f"web-1-{n}", lack, phase="Pending") for n in range(100)),
            thing("Service", "web", spec={"selector": {"app": "web"}, "ports": [{"port": 80}]}),
            thing("Ingress", "web", spec={"rules": [{"http": {"paths": [path]}}]}),
        )
    )
    assert root.sign.what == "Secret shop/db is missing"
    assert root.owners == {WEB: 100}
    assert {each.cause for each in root.below()} == {"rollout", "endpoints", "ingress"}


def test_a_healthy_namespace_has_no_finding() -> None:
    fine = [
        *deployment(replicas=3, status={"updatedReplicas": 3}),
        replica_set("web-0", "web", 0),
        *(well(f"web-1-{n}") for n in range(3)),
        thing("Service", "web", spec={"selector": {"app": "web"}}),
    ]
    assert found(picture(*fine, also=["Secret", "ConfigMap", "Node", "StorageClass"])) == []


def test_what_is_left_in_a_namespace_that_goes_is_no_trouble_of_its_own() -> None:
    space = thing("Namespace", "shop", "", meta={"deletionTimestamp": ago(30)})
    assert found(picture(space, *deployment(), pod("a", fell(1)))) == []
    stays = thing("Namespace", "shop", "")
    assert len(found(picture(stays, *deployment(), pod("a", fell(1))))) == 1
