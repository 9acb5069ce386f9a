"""An aggregated API is away: whatever it serves cannot be read, and namespaces cannot be deleted.

APIServiceCondition `Available` of apiregistration.k8s.io/v1.
"""

from collections.abc import Iterator

from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Severity, Sign, Step
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, text

_WHY = {
    "ServiceNotFound": "its Service is not there",
    "EndpointsNotFound": "its Service has no endpoints",
    "MissingEndpoints": "its Service has no ready endpoints",
    "ServicePortError": "its Service lacks the port",
    "FailedDiscoveryCheck": "it does not answer the API",
}


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each API service that is not available."""
    for api in snapshot.of("APIService"):
        for said in listing(api, "status", "conditions"):
            if text(said, "type") != "Available" or text(said, "status") == "True":
                continue
            about = ref(api, "APIService")
            namespace, name = (
                text(api, "spec", "service", "namespace"),
                text(api, "spec", "service", "name"),
            )
            behind = Ref("Service", plain(namespace), plain(name)) if name else None
            why = _WHY.get(text(said, "reason"), "see the evidence")
            through = f" (Service {behind.namespace}/{behind.name})" if behind else ""
            yield Sign(
                about=about,
                what=f"{about} is away{through}: {why}",
                severity=Severity.DEGRADED,
                depends=(behind,) if behind else (),
                evidence=(text(said, "message"),),
                since=moment(text(said, "lastTransitionTime")),
                step=Step("explain_traffic", {"namespace": namespace, "to": f"svc/{name}"})
                if behind
                else Step("read_resource", {"kind": "APIService", "name": about.name}),
            )


CAUSE = Cause("apiservice", Layer.EDGE, ("APIService",), look)
