"""An OpenShift cluster operator that is degraded or away, or an upgrade that is stuck.

ClusterOperator and ClusterVersion of config.openshift.io/v1.
"""

from collections.abc import Iterator

from bailiwick_cluster.diagnosis.finding import Cause, Layer, Severity, Sign, Step
from bailiwick_cluster.diagnosis.snapshot import Snapshot, ref
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, text

OPERATOR = "ClusterOperator.config.openshift.io"
VERSION = "ClusterVersion.config.openshift.io"
_BAD = {
    (OPERATOR, "Available", "False"): ("is not available", Severity.DOWN),
    (OPERATOR, "Degraded", "True"): ("is degraded", Severity.DEGRADED),
    (OPERATOR, "Upgradeable", "False"): ("keeps the cluster from being upgraded", Severity.RISK),
    (VERSION, "Failing", "True"): ("cannot get on with its upgrade", Severity.DEGRADED),
    (VERSION, "Available", "False"): ("is not available", Severity.DOWN),
    (VERSION, "Invalid", "True"): ("asks for a version that cannot be had", Severity.RISK),
}


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each condition that is bad."""
    for kind in (OPERATOR, VERSION):
        for found in snapshot.of(kind):
            about = ref(found, kind.split(".", maxsplit=1)[0])
            for said in listing(found, "status", "conditions"):
                bad = _BAD.get((kind, text(said, "type"), text(said, "status")))
                if bad is None:
                    continue
                what, severity = bad
                yield Sign(
                    about=about,
                    key=text(said, "type"),
                    what=f"{about} {what}",
                    severity=severity,
                    evidence=(text(said, "message"),),
                    since=moment(text(said, "lastTransitionTime")),
                    step=Step("read_resource", {"kind": kind, "name": about.name}),
                )


CAUSE = Cause("operator", Layer.CLUSTER, (OPERATOR,), look)
