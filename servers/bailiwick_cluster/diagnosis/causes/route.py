"""An OpenShift Route that its router refused, or that leads nowhere.

Condition `Admitted` of route.openshift.io/v1, per ingress controller.
"""

from collections.abc import Iterator

from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Sign, Step
from bailiwick_cluster.diagnosis.routing import routed, trouble
from bailiwick_cluster.diagnosis.snapshot import Snapshot, ref
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, text
from bailiwick_cluster.upstream import Object

ROUTE = "Route.route.openshift.io"
_WHY = {
    "HostAlreadyClaimed": "another Route has its host already",
    "ExtendedValidationFailed": "its certificate or its hosts are not valid",
    "RouteNotAdmitted": "the router's rules do not let it in",
}


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each Route that is refused, and for each backend that is not there."""
    for route in snapshot.of(ROUTE):
        about = ref(route, "Route")
        step = Step(
            "read_resource", {"namespace": about.namespace, "kind": ROUTE, "name": about.name}
        )
        yield from _refused(route, about, step)
        for backend in dict.fromkeys(routed(route)):
            if why := trouble(snapshot, backend):
                what = f"{about} leads to {backend.service}, {why}"
                yield Sign(about=about, key=str(backend), what=what, step=step)
            else:
                behind = backend.service
                yield Sign(
                    about, f"{about} leads there", str(behind), depends=(behind,), follows=True
                )


def _refused(route: Object, about: Ref, step: Step) -> Iterator[Sign]:
    for ingress in listing(route, "status", "ingress"):
        for said in listing(ingress, "conditions"):
            if text(said, "type") == "Admitted" and text(said, "status") == "False":
                why = _WHY.get(text(said, "reason"), "see the evidence")
                yield Sign(
                    about=about,
                    key="admitted",
                    what=f"{about} is not admitted: {why}",
                    evidence=(text(said, "message"),),
                    since=moment(text(said, "lastTransitionTime")),
                    step=step,
                )


CAUSE = Cause("route", Layer.EDGE, (ROUTE,), look)
