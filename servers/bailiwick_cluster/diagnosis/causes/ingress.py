"""An Ingress that leads nowhere: no such Service, port, class or certificate."""

from collections.abc import Iterator

from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Severity, Sign, Step
from bailiwick_cluster.diagnosis.routing import backends, trouble
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.upstream import Object

_DEFAULT = "ingressclass.kubernetes.io/is-default-class"
_OLD = "kubernetes.io/ingress.class"


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each backend, class and certificate of an Ingress that is not there."""
    for ingress in snapshot.of("Ingress"):
        about = ref(ingress, "Ingress")
        yield from _led(snapshot, ingress, about)
        yield from _classed(snapshot, ingress, about)
        yield from _secured(snapshot, ingress, about)


def _led(snapshot: Snapshot, ingress: Object, about: Ref) -> Iterator[Sign]:
    for backend in dict.fromkeys(backends(ingress)):
        service = backend.service
        step = Step(
            "explain_traffic", {"namespace": service.namespace, "to": f"svc/{service.name}"}
        )
        if why := trouble(snapshot, backend):
            what = f"{about} leads to {service}, {why}"
            yield Sign(about=about, key=str(backend), what=what, step=step)
        else:
            yield Sign(
                about, f"{about} leads there", str(service), depends=(service,), follows=True
            )


def _classed(snapshot: Snapshot, ingress: Object, about: Ref) -> Iterator[Sign]:
    if not snapshot.has("IngressClass") or _OLD in mapping(ingress, "metadata", "annotations"):
        return
    name = text(ingress, "spec", "ingressClassName")
    if name:
        why = f"of class {plain(name)}, which is not there"
        if snapshot.lacks("IngressClass", "", name):
            yield _sign(about, "class", f"{about} is {why}: no controller serves it")
    elif snapshot.of("IngressClass") and not any(_default(c) for c in snapshot.of("IngressClass")):
        yield _sign(about, "class", f"{about} names no class, and none is the default")


def _default(found: Object) -> bool:
    return text(mapping(found, "metadata", "annotations"), _DEFAULT) == "true"


def _secured(snapshot: Snapshot, ingress: Object, about: Ref) -> Iterator[Sign]:
    for each in listing(ingress, "spec", "tls"):
        name = text(each, "secretName")
        if name and snapshot.lacks("Secret", about.namespace, name):
            what = f"{about} wants its certificate from Secret {plain(name)}, which is not there"
            yield _sign(about, f"tls {name}", what)


def _sign(about: Ref, key: str, what: str) -> Sign:
    step = Step(
        "read_resource", {"namespace": about.namespace, "kind": "Ingress", "name": about.name}
    )
    return Sign(about=about, key=key, what=what, severity=Severity.DOWN, step=step)


CAUSE = Cause("ingress", Layer.EDGE, ("Ingress",), look)
