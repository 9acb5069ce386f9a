"""An admission webhook whose Service is away: with failurePolicy Fail it stops every write it sees.

ValidatingWebhookConfiguration and MutatingWebhookConfiguration of admissionregistration.k8s.io/v1.
What was refused because of it is `admission`'s, and folds in here.
"""

from collections.abc import Iterator

from bailiwick_cluster.diagnosis.containers import ready
from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Severity, Sign, Step
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.parts import listing, mapping, text, words
from bailiwick_cluster.upstream import Object

KINDS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each webhook that has to answer and cannot."""
    for kind in KINDS:
        for configuration in snapshot.of(kind):
            for hook in listing(configuration, "webhooks"):
                if text(hook, "failurePolicy") != "Ignore":
                    yield from _away(snapshot, ref(configuration, kind), hook)


def _away(snapshot: Snapshot, about: Ref, hook: Object) -> Iterator[Sign]:
    namespace, name = (text(hook, "clientConfig", "service", key) for key in ("namespace", "name"))
    whole = snapshot.namespace is None or snapshot.namespace == namespace
    if not name or not whole or not snapshot.has("Service"):
        return
    behind = Ref("Service", plain(namespace), plain(name))
    service = snapshot.find("Service", namespace, name)
    if service is None:
        why, depends = "is not there", ()
    else:
        selector = mapping(service, "spec", "selector")
        pods = snapshot.selected(namespace, selector) if selector else []
        if not selector or any(ready(pod) for pod in pods) or not snapshot.has("Pod"):
            return
        why, depends = "has no ready endpoints", (behind,)
    yield Sign(
        about=about,
        key=text(hook, "name"),
        what=f"{about} stops {_writes(hook)}: its {behind} {why}, and its failurePolicy is Fail",
        severity=Severity.DOWN,
        depends=depends,
        step=Step("read_resource", {"kind": about.kind, "name": about.name}),
    )


def _writes(hook: Object) -> str:
    """Say which writes it sees."""
    rules = listing(hook, "rules")
    verbs = sorted({verb.lower() for rule in rules for verb in words(rule, "operations")})
    what = sorted({each for rule in rules for each in words(rule, "resources")})
    shown = (
        ", ".join(plain(each) if each != "*" else "everything" for each in what[:3]) or "nothing"
    )
    how = "/".join(verb for verb in verbs if verb.isalpha()) or "every write"
    return f"{how} of {shown}"


CAUSE = Cause("webhook", Layer.CLUSTER, ("Service",), look)
