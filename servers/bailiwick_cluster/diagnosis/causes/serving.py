"""A model that is not served: a KServe InferenceService that is not ready, and why.

serving.kserve.io/v1beta1: conditions PredictorReady, IngressReady, Ready, and modelStatus, whose
lastFailureInfo says what loading failed with. GPUs that do not fit are `scheduling`'s.
"""

from collections.abc import Iterator

from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Severity, Sign, Step
from bailiwick_cluster.diagnosis.snapshot import Snapshot, ref
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.upstream import Object

KIND = "InferenceService.serving.kserve.io"
_LABEL = "serving.kserve.io/inferenceservice"
_WHY = {
    "ModelLoadFailed": "its model could not be loaded",
    "RuntimeUnhealthy": "its runtime is not healthy",
    "NoSupportingRuntime": "no serving runtime takes its model's format",
    "RuntimeNotRecognized": "its serving runtime is not there",
    "InvalidPredictorSpec": "its predictor is not valid",
}


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each service of a model that is not ready."""
    for service in snapshot.of(KIND):
        said = {text(c, "type"): c for c in listing(service, "status", "conditions")}
        ready = said.get("Ready")
        if ready is None or text(ready, "status") == "True":
            continue
        yield _sign(snapshot, service, said, ready)


def _sign(snapshot: Snapshot, service: Object, said: dict[str, Object], ready: Object) -> Sign:
    about = ref(service, "InferenceService")
    failure = mapping(service, "status", "modelStatus", "lastFailureInfo")
    first = next((said[k] for k in ("PredictorReady", "IngressReady") if _bad(said, k)), ready)
    why = _WHY.get(text(failure, "reason")) or f"{_part(text(first, 'type'))} is not ready"
    pods = snapshot.selected(about.namespace, {_LABEL: about.name})
    failing = tuple(ref(pod, "Pod") for pod in pods if pod.get("troubled"))
    return Sign(
        about=about,
        what=f"{about} does not serve: {why}",
        severity=Severity.DOWN,
        evidence=tuple(line for line in (text(failure, "message"), text(first, "message")) if line),
        since=moment(text(ready, "lastTransitionTime")),
        depends=failing or _deployment(about, first),
        step=Step(
            "read_logs",
            {"namespace": about.namespace, "name": about.name + "-predictor", "kind": "Deployment"},
        ),
    )


def _bad(said: dict[str, Object], kind: str) -> bool:
    return kind in said and text(said[kind], "status") != "True"


def _part(kind: str) -> str:
    return {"PredictorReady": "its predictor", "IngressReady": "its ingress"}.get(kind, "it")


def _deployment(about: Ref, first: Object) -> tuple[Ref, ...]:
    """Depend on the predictor's Deployment where no pod of it was made."""
    if text(first, "type") != "PredictorReady":
        return ()
    return (Ref("Deployment", about.namespace, f"{about.name}-predictor"),)


CAUSE = Cause("serving", Layer.TRAFFIC, (KIND, "Pod"), look)
