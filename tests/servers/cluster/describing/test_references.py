"""What a pod refers to: each way once, whether it may be missing, and whose account it uses."""

from bailiwick_cluster.describing.digests import owned, pod, state, using
from bailiwick_cluster.describing.references import TEMPLATE, Reference, account, references
from tests.parts.estate import made

SPEC = {
    "serviceAccountName": "web",
    "imagePullSecrets": [{"name": "pull"}],
    "initContainers": [{"env": [{"valueFrom": {"secretKeyRef": {"name": "first"}}}]}],
    "containers": [
        {
            "envFrom": [
                {"secretRef": {"name": "all", "optional": True}},
                {"configMapRef": {"name": "conf"}},
            ],
            "env": [
                {"name": "A", "value": "plain"},
                {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "conf"}}},
                {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "x"}}},
            ],
        }
    ],
    "volumes": [
        {"name": "tls", "secret": {"secretName": "tls"}},
        {"name": "kube-api-access-1", "projected": {"sources": [{"configMap": {"name": "ca"}}]}},
        "odd",
    ],
}
EVERY = {
    Reference("Secret", "tls", "volume tls"),
    Reference("Secret", "first", "environment"),
    Reference("Secret", "all", "environment", optional=True),
    Reference("ConfigMap", "conf", "environment"),
    Reference("Secret", "pull", "image pull", optional=True),
}


def test_every_way_of_referring() -> None:
    found = references({"spec": SPEC})
    assert set(found) == EVERY
    assert len(found) == len(EVERY)
    template = {"spec": {"template": {"spec": SPEC}}}
    assert set(references(template, *TEMPLATE)) == EVERY
    assert account(template, *TEMPLATE) == "web"
    assert account({}) == "default"
    assert references({"spec": {"containers": "odd", "volumes": [{}]}}) == []


def test_who_uses_an_object() -> None:
    web = made("Pod", "web-1", spec=SPEC)
    kept = using("Secret", "tls")(web)
    assert kept is not None
    assert kept["ways"] == ["volume tls"]
    assert using("Secret", "other")(web) is None
    account_of = using("ServiceAccount", "web")(web)
    assert account_of is not None
    assert account_of["ways"] == ["its account"]


def test_what_an_object_owns() -> None:
    mine = made("Pod", "p", metadata={"ownerReferences": [{"uid": "u"}]})
    assert owned("u")(mine) == {"metadata": {"name": "p"}}
    assert owned("x")(mine) is None


def test_how_a_pod_is_in_a_word() -> None:
    def said(**status: object) -> str:
        return state({"status": status})

    ready = [{"type": "Ready", "status": "True"}]
    assert said(phase="Running", conditions=ready) == "Running"
    assert said(phase="Running") == "unready"
    assert said(phase="Failed", reason="Evicted") == "Evicted"
    assert said() == "Unknown"
    waiting = [{"state": {"waiting": {"reason": "ImagePullBackOff"}}}]
    assert said(phase="Pending", containerStatuses=waiting) == "ImagePullBackOff"
    assert said(phase="Pending", initContainerStatuses=waiting) == "ImagePullBackOff"
    done = [{"state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}]
    assert said(phase="Succeeded", containerStatuses=done) == "Succeeded"
    failed = [{"state": {"terminated": {"exitCode": 2}}}]
    assert said(phase="Failed", containerStatuses=failed) == "Error"
    assert state({"metadata": {"deletionTimestamp": "x"}}) == "Terminating"
    assert pod({"spec": {"nodeName": "n"}})["node"] == "n"
