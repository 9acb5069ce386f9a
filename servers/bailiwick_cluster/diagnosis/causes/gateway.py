"""A Gateway that is not programmed, and routes to it that are refused or lead nowhere.

Conditions of gateway.networking.k8s.io/v1: Accepted, Programmed, ResolvedRefs, per listener and
per parent.
"""

from collections.abc import Iterator

from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Severity, Sign, Step
from bailiwick_cluster.diagnosis.routing import referred, trouble
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, text
from bailiwick_cluster.upstream import Object

GATEWAY = "Gateway.gateway.networking.k8s.io"
ROUTE = "HTTPRoute.gateway.networking.k8s.io"
_TOLD = {
    "Accepted": "is not accepted by its controller",
    "Programmed": "is not programmed: it takes no traffic yet",
    "ResolvedRefs": "names something that cannot be used",
}


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each Gateway and each HTTPRoute that does not carry traffic."""
    for gateway in snapshot.of(GATEWAY):
        about = _named(gateway, GATEWAY)
        yield from _conditions(about, listing(gateway, "status", "conditions"), GATEWAY, ())
        for each in listing(gateway, "status", "listeners"):
            name = plain(text(each, "name"))
            yield from _conditions(about, listing(each, "conditions"), GATEWAY, (), name)
    for route in snapshot.of(ROUTE):
        yield from _route(snapshot, route)


def _route(snapshot: Snapshot, route: Object) -> Iterator[Sign]:
    about = _named(route, ROUTE)
    for parent in listing(route, "spec", "parentRefs"):
        where = text(parent, "namespace") or about.namespace
        if text(parent, "kind") not in ("", "Gateway"):
            continue  # a mesh's route is for a Service
        if snapshot.lacks(GATEWAY, where, text(parent, "name")):
            named = f"{plain(where)}/{plain(text(parent, 'name'))}"
            what = f"{about} is for Gateway {named}, which is not there"
            yield Sign(
                about=about, key=f"parent {parent.get('name')}", what=what, step=_step(about, ROUTE)
            )
    for parent in listing(route, "status", "parents"):
        where = text(parent, "parentRef", "namespace") or about.namespace
        gateway = Ref("Gateway", plain(where), plain(text(parent, "parentRef", "name")))
        yield from _conditions(about, listing(parent, "conditions"), ROUTE, (gateway,))
    for backend in dict.fromkeys(referred(route)):
        if why := trouble(snapshot, backend):
            step = Step(
                "explain_traffic",
                {"namespace": backend.service.namespace, "to": f"svc/{backend.service.name}"},
            )
            yield Sign(
                about=about,
                key=str(backend),
                what=f"{about} leads to {backend.service}, {why}",
                step=step,
            )
        else:
            yield Sign(
                about,
                f"{about} leads there",
                str(backend.service),
                depends=(backend.service,),
                follows=True,
            )


def _conditions(
    about: Ref, said: list[Object], kind: str, depends: tuple[Ref, ...], listener: str = ""
) -> Iterator[Sign]:
    for each in said:
        type_ = text(each, "type")
        if type_ in _TOLD and text(each, "status") == "False":
            part = f" (listener {listener})" if listener else ""
            yield Sign(
                about=about,
                key=f"{type_} {listener}",
                what=f"{about}{part} {_TOLD[type_]}",
                severity=Severity.DOWN,
                evidence=(text(each, "message"),),
                since=moment(text(each, "lastTransitionTime")),
                depends=depends if type_ == "Accepted" else (),
                step=_step(about, kind),
            )


def _named(found: Object, kind: str) -> Ref:
    return ref(found, kind.split(".", maxsplit=1)[0])


def _step(about: Ref, kind: str) -> Step:
    return Step("read_resource", {"namespace": about.namespace, "kind": kind, "name": about.name})


CAUSE = Cause("gateway", Layer.EDGE, (), look)
