"""The summary of a pod: what runs in it, what it needs, and what touches it."""

from typing import Any

from bailiwick_cluster.describing.wanted import Single
from tests.parts.estate import made
from tests.servers.cluster.describing.world import DAY_AGO, HOUR_AGO, around, told

POD: dict[str, Any] = made(
    "Pod",
    "web-1",
    metadata={
        "labels": {"app": "web", "pod-template-hash": "5d8f"},
        "creationTimestamp": DAY_AGO,
        "ownerReferences": [{"kind": "ReplicaSet", "name": "web-5d8f", "controller": True}],
    },
    spec={
        "nodeName": "n1",
        "serviceAccountName": "web",
        "initContainers": [
            {"name": "migrate", "image": "migrate:1"},
            {"name": "proxy", "image": "proxy:1", "restartPolicy": "Always"},
        ],
        "containers": [
            {
                "name": "app",
                "image": "app:2",
                "command": ["/app", "--verbose"],
                "ports": [{"name": "http", "containerPort": 8080}, {"containerPort": 9090}],
                "resources": {"requests": {"cpu": "100m"}, "limits": {"memory": "64Mi"}},
                "readinessProbe": {"httpGet": {"port": 8080, "path": "/ready"}, "periodSeconds": 5},
                "livenessProbe": {"tcpSocket": {"port": "http"}, "failureThreshold": 9},
                "startupProbe": {"exec": {"command": ["true"]}},
                "envFrom": [{"secretRef": {"name": "db"}}],
                "env": [
                    {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "web", "key": "a"}}},
                    {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "web", "key": "b"}}},
                ],
            }
        ],
        "volumes": [
            {"name": "conf", "configMap": {"name": "web"}},
            {"name": "data", "persistentVolumeClaim": {"claimName": "data"}},
            {"name": "tmp", "emptyDir": {}},
            {"name": "log", "hostPath": {"path": "/var/log"}},
            {
                "name": "all",
                "projected": {"sources": [{"secret": {"name": "extra", "optional": True}}]},
            },
            {
                "name": "kube-api-access-x",
                "projected": {"sources": [{"configMap": {"name": "ca"}}]},
            },
        ],
    },
    status={
        "phase": "Running",
        "podIP": "10.0.0.1",
        "qosClass": "Burstable",
        "conditions": [
            {"type": "PodScheduled", "status": "True"},
            {
                "type": "Ready",
                "status": "False",
                "reason": "ContainersNotReady",
                "message": "unready: [app]",
                "lastTransitionTime": HOUR_AGO,
            },
        ],
        "initContainerStatuses": [
            {
                "name": "migrate",
                "state": {
                    "terminated": {
                        "reason": "Completed",
                        "exitCode": 0,
                        "startedAt": DAY_AGO,
                        "finishedAt": "2026-01-01T00:00:07Z",
                    }
                },
            },
            {"name": "proxy", "ready": True, "state": {"running": {"startedAt": DAY_AGO}}},
        ],
        "containerStatuses": [
            {
                "name": "app",
                "restartCount": 7,
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
                "lastState": {
                    "terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": HOUR_AGO}
                },
            }
        ],
    },
)


def test_a_pod_that_crashes() -> None:
    near = around(
        there=[("ConfigMap", "web"), ("PersistentVolumeClaim", "data")],
        missing=[("Secret", "db"), ("Secret", "extra"), ("ServiceAccount", "web")],
        Service=[made("Service", "web", spec={"selector": {"app": "web"}}), made("Service", "x")],
        PodDisruptionBudget=[
            made(
                "PodDisruptionBudget",
                "web",
                spec={"selector": {"matchLabels": {"app": "web"}}},
                status={"disruptionsAllowed": 1},
            )
        ],
    )
    owner = {"metadata": {"ownerReferences": [{"kind": "Deployment", "name": "web"}]}}
    near.singles[Single("ReplicaSet", "web-5d8f")] = owner
    headline, lines = told("Pod", POD, near)
    assert headline == "Running, container app: CrashLoopBackOff (before: OOMKilled)"
    assert (
        lines
        == """\
owner: ReplicaSet web-5d8f of Deployment web
age: 1 d
labels: app=web
runs: on n1, IP 10.0.0.1, QoS Burstable, as web (account MISSING)
conditions:
  Ready=False for 1 h ContainersNotReady: unready: [app]
  PodScheduled=True
containers:
  migrate (init): migrate:1
    ended: Completed, exit 0, ran 7 s, 23 h ago
    no requests; no limits
  proxy (sidecar): proxy:1
    running for 1 d
    no requests; no limits
    no probes
  app: app:2
    waiting: CrashLoopBackOff: back-off; 7 restarts
    before: OOMKilled, exit 137, 1 h ago
    requests cpu 100m; limits memory 64Mi
    probes: startup exec true every 10 s, fails at 3, readiness GET :8080/ready every 5 s, \
fails at 3, liveness tcp :http every 10 s, fails at 9
    ports http 8080/TCP, 9090/TCP
    runs /app --verbose
needs:
  Secret db (environment): MISSING
  ConfigMap web (volume conf, environment): there
  PersistentVolumeClaim data (volume data): there
  Secret extra (volume all): not there, which is allowed
other volumes: tmp emptyDir, log hostPath /var/log
touched by:
  PodDisruptionBudget web: 1 disruption allowed now
  Service web"""
    )


def test_a_pod_on_no_node_says_what_the_scheduler_has_to_heed() -> None:
    pod = made(
        "Pod",
        "p",
        spec={
            "nodeSelector": {"disk": "ssd"},
            "affinity": {"podAntiAffinity": {"x": 1}, "nodeAffinity": {}},
            "restartPolicy": "Never",
            "priorityClassName": "high",
            "schedulingGates": [{"name": "example.com/wait"}],
            "tolerations": [
                {"key": "gpu", "value": "yes", "effect": "NoSchedule"},
                {"operator": "Exists"},
                {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"},
            ],
        },
        status={"phase": "Pending", "reason": "Gated", "message": "waits"},
    )
    _, lines = told("Pod", pod, around(Service=[]))
    assert "runs: on no node yet, as default, priority high, restarts Never" in lines
    assert "why: Gated, waits" in lines
    assert "wants nodes with: disk=ssd" in lines
    assert "affinity: podAntiAffinity" in lines
    assert "tolerates: gpu=yes:NoSchedule, everything\n" in lines
    assert "gates: example.com/wait" in lines
    assert lines.endswith("touched by:\n  no Service chooses it")


def test_what_was_not_read_is_not_said_to_be_missing() -> None:
    _, lines = told("Pod", POD)
    assert "MISSING" not in lines
    assert "Secret db (environment)\n" in lines
    assert "Service" not in lines


def test_one_that_is_leaving() -> None:
    about = {"deletionTimestamp": HOUR_AGO, "finalizers": ["example.com/keep"]}
    _, lines = told("Pod", made("Pod", "p", metadata=about))
    assert "being deleted: 1 h ago, held by finalizers example.com/keep" in lines
