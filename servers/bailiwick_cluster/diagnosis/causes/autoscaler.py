"""An autoscaler that cannot read its metric, cannot scale its target, or stands at its maximum.

Conditions of HorizontalPodAutoscaler autoscaling/v2: AbleToScale, ScalingActive, ScalingLimited.
"""

from collections.abc import Iterator

from bailiwick.wording import many
from bailiwick_cluster.diagnosis.containers import ready
from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Severity, Sign, Step
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, number, text
from bailiwick_cluster.upstream import Object

METRICS = Ref("APIService", "", "v1beta1.metrics.k8s.io")
_METRIC = {
    "FailedGetResourceMetric": "it cannot read cpu or memory of its pods",
    "FailedGetContainerResourceMetric": "it cannot read cpu or memory of a container",
    "FailedGetPodsMetric": "it cannot read its metric of pods",
    "FailedGetObjectMetric": "it cannot read its metric of an object",
    "FailedGetExternalMetric": "it cannot read its external metric",
    "InvalidMetricSourceType": "its metric is of no known kind",
    "InvalidSelector": "its target has no selector that can be read",
    "ScalingDisabled": "its target is scaled to 0, and so it sleeps",
}
_SCALE = {
    "FailedGetScale": "its target is not there, or cannot be scaled",
    "FailedUpdateScale": "its target refuses to be scaled",
}


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each autoscaler that cannot do its work, or has no room left."""
    for autoscaler in snapshot.of("HorizontalPodAutoscaler"):
        said = {text(c, "type"): c for c in listing(autoscaler, "status", "conditions")}
        if _false(said, "AbleToScale"):
            yield _sign(snapshot, autoscaler, said["AbleToScale"], _SCALE)
        elif _false(said, "ScalingActive"):
            if text(said["ScalingActive"], "reason") != "ScalingDisabled":
                yield _sign(snapshot, autoscaler, said["ScalingActive"], _METRIC)
        elif _at_most(autoscaler, said):
            yield _full(autoscaler)


def _false(said: dict[str, Object], kind: str) -> bool:
    return text(said.get(kind, {}), "status") == "False"


def _at_most(autoscaler: Object, said: dict[str, Object]) -> bool:
    limited = said.get("ScalingLimited", {})
    most = number(autoscaler, "spec", "maxReplicas")
    return (
        text(limited, "status") == "True"
        and text(limited, "reason") == "TooManyReplicas"
        and number(autoscaler, "status", "currentReplicas") >= most > 0
    )


def _sign(
    snapshot: Snapshot, autoscaler: Object, condition: Object, reasons: dict[str, str]
) -> Sign:
    about, target = ref(autoscaler, "HorizontalPodAutoscaler"), _target(autoscaler)
    pods = snapshot.pods_of(target)
    unready = [ref(pod, "Pod") for pod in pods if not ready(pod)]
    why = reasons.get(text(condition, "reason"), "see the evidence")
    requests = _unasked(snapshot, target, autoscaler)
    return Sign(
        about=about,
        what=f"{about} does not scale {target}: {requests or why}",
        severity=Severity.DEGRADED,
        # without metrics of any pod there is nothing to average: that follows from the pods
        depends=tuple(unready) if unready and len(unready) == len(pods) else _api(snapshot),
        evidence=(text(condition, "message"),),
        since=moment(text(condition, "lastTransitionTime")),
        step=Step("query_usage", {"namespace": about.namespace, "by": "pod"}),
    )


def _api(snapshot: Snapshot) -> tuple[Ref, ...]:
    """Depend on the metrics API where it is known to be away."""
    api = snapshot.find(METRICS.kind, METRICS.namespace, METRICS.name)
    away = [
        c
        for c in listing(api, "status", "conditions")
        if text(c, "type") == "Available" and text(c, "status") != "True"
    ]
    return (METRICS,) if away else ()


def _unasked(snapshot: Snapshot, target: Ref, autoscaler: Object) -> str:
    """Say which container lacks the request that a utilisation is a share of."""
    shares = {
        text(each, "resource", "name")
        for each in listing(autoscaler, "spec", "metrics")
        if text(each, "resource", "target", "type") == "Utilization"
    }
    workload = snapshot.find(target.kind, target.namespace, target.name)
    for container in listing(workload, "spec", "template", "spec", "containers"):
        requests = {
            **mapping(container, "resources", "limits"),
            **mapping(container, "resources", "requests"),
        }
        for resource in sorted(shares - requests.keys()):
            name = plain(text(container, "name"))
            return f"container {name} requests no {plain(resource)} that usage could be a share of"
    return ""


def _full(autoscaler: Object) -> Sign:
    about, most = (
        ref(autoscaler, "HorizontalPodAutoscaler"),
        number(autoscaler, "spec", "maxReplicas"),
    )
    return Sign(
        about=about,
        key="most",
        what=f"{about} stands at its maximum of {many(most, 'replica')} and wants more",
        severity=Severity.RISK,
        step=Step("query_usage", {"namespace": about.namespace, "by": "workload"}),
    )


def _target(autoscaler: Object) -> Ref:
    target = mapping(autoscaler, "spec", "scaleTargetRef")
    namespace = text(autoscaler, "metadata", "namespace")
    return Ref(plain(text(target, "kind")), plain(namespace), plain(text(target, "name")))


CAUSE = Cause("autoscaler", Layer.ROLLOUT, ("HorizontalPodAutoscaler",), look)
