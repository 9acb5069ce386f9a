"""Services, their ports and endpoints, and the pods that a selector nearly fits."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bailiwick_cluster.traffic.pod import Pod, PodPort, pod, slim, template
from bailiwick_cluster.traffic.service import endpoints, near, service


def pods(*labels: dict[str, str]) -> list[Pod]:
    return [Pod("shop", f"p{number}", each) for number, each in enumerate(labels)]


def test_ports_lead_to_numbers_and_names() -> None:
    made = service(
        {
            "spec": {
                "ports": [
                    {"name": "http", "port": 80, "targetPort": "web"},
                    {"port": 53, "protocol": "UDP"},
                    {"port": 443, "targetPort": 8443},
                ]
            }
        }
    )
    assert [str(each) for each in made.ports] == ["http 80→web", "53/UDP", "443→8443"]
    has = Pod("shop", "p", {}, ports=(PodPort(8080, "TCP", "web"),))
    assert [each.on(has) for each in made.ports] == [8080, 53, 8443]
    assert made.ports[0].on(Pod("shop", "q", {})) == 0
    assert [each.number for each in made.wanted("http")] == [80]
    assert [each.number for each in made.wanted("53")] == [53]
    assert made.wanted("8443") == []


def test_a_selector_that_misses_by_one_label() -> None:
    found = near(
        {"app": "web", "tier": "front"}, pods({"app": "web", "tier": "back"}, {"app": "x"})
    )
    assert found is not None
    assert (found.wanted, found.has, len(found.pods)) == ("tier=front", "tier=back", 1)
    typo = near({"app": "chekout"}, pods({"app": "checkout"}, {"app": "checkout"}, {"app": "cart"}))
    assert typo is not None
    assert (typo.wanted, typo.has, len(typo.pods)) == ("app=chekout", "app=checkout", 2)
    other = near({"app": "web"}, pods({"name": "web"}))
    assert other is not None
    assert (other.wanted, other.has) == ("app=web", "name=web")
    missing = near({"app": "web", "tier": "front"}, pods({"app": "web"}))
    assert missing is not None
    assert missing.has == "no tier"
    assert near({"app": "web"}, pods({"app": "ledger"}, {})) is None


def test_endpoints_of_a_pod_in_several_slices_are_one() -> None:
    def slice_(address: str, port: dict[str, Any], **conditions: bool) -> dict[str, Any]:
        end = {
            "addresses": [address],
            "conditions": conditions,
            "targetRef": {"kind": "Pod", "name": "web-0"},
        }
        return {"endpoints": [end], "ports": [port]}

    found = endpoints(
        [
            slice_("10.0.0.1", {"name": "http", "port": 8080}),
            slice_("fd00::1", {"name": "admin", "port": 9000}, ready=True),
            {"endpoints": [{"addresses": ["192.0.2.1"], "conditions": {"ready": False}}]},
        ]
    )
    assert [(each.pod, each.ready, each.ports) for each in found] == [
        ("web-0", True, (("http", 8080), ("admin", 9000))),
        ("", False, ()),
    ]


def status(**more: Any) -> dict[str, Any]:
    return {"metadata": {"name": "p"}, "status": more}


def test_why_a_pod_is_not_ready() -> None:
    ready = [{"type": "Ready", "status": "True"}]
    waiting = [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}]
    gate = {"readinessGates": [{"conditionType": "lb/ready"}]}
    contained = [{"type": "ContainersReady", "status": "True"}]
    cases: list[tuple[dict[str, Any], str]] = [
        (status(conditions=ready), ""),
        (status(containerStatuses=waiting), "CrashLoopBackOff"),
        (status(phase="Running"), "running, and its probe says not ready"),
        (status(phase="Pending"), "Pending"),
        (status(), "not ready"),
        ({**status(conditions=contained), "spec": gate}, "readiness gate lb/ready"),
        (
            {"metadata": {"deletionTimestamp": "2026"}, "status": {"conditions": ready}},
            "terminating",
        ),
        (status(containerStatuses=[{"state": {"waiting": {"reason": "Please delete it"}}}],
                phase="Running"), "running, and its probe says not ready"),
    ]  # fmt: skip
    for said, why in cases:
        kept = slim(said)
        assert kept is not None
        assert pod(kept).why == why


def test_sidecars_declare_ports_and_init_containers_that_end_do_not() -> None:
    spec = {
        "containers": [{"ports": [{"containerPort": 80, "name": "http"}]}],
        "initContainers": [
            {"restartPolicy": "Always", "ports": [{"containerPort": 15000}]},
            {"ports": [{"containerPort": 1}]},
        ],
    }
    kept = slim({"spec": spec})
    assert kept is not None
    assert [each.number for each in pod(kept).ports] == [80, 15000]
    cron = {"spec": {"jobTemplate": {"spec": {"template": {"spec": spec, "metadata": {}}}}}}
    assert [each.number for each in template(cron, "shop", "").ports] == [80, 15000]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["metadata", "spec", "status", "ports", "port", "name", "targetPort", "selector",
             "endpoints", "addresses", "conditions", "targetRef", "containers", "labels",
             "containerStatuses", "state", "waiting", "podIPs", "ip"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=10,
)  # fmt: skip
OBJECT = st.dictionaries(
    st.sampled_from(["metadata", "spec", "status", "endpoints", "ports"]), JUNK
)


@given(OBJECT)
def test_objects_of_any_shape_are_read(said: dict[str, Any]) -> None:
    service(said)
    endpoints([said])
    kept = slim(said)
    assert kept is not None
    made = pod(kept)
    template(said, "shop", "")
    near({"app": "web"}, [made])
