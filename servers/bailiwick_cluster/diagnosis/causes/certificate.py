"""A certificate that has ended, ends soon, or is not good yet.

Of Ingresses and Gateways (the Secrets they name), of webhooks and aggregated APIs (their
caBundle), and of cert-manager's Certificates (cert-manager.io/v1).
"""

from collections.abc import Iterator

from bailiwick.wording import age
from bailiwick_cluster.diagnosis.certificates import Validity, trusted
from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Severity, Sign, Step
from bailiwick_cluster.diagnosis.secured import TLS
from bailiwick_cluster.diagnosis.snapshot import Snapshot, ref
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.upstream import Object

MANAGED = "Certificate.cert-manager.io"
_SOON = 14 * 86_400.0
"""Seconds before its end from which a certificate is told."""
_HOOKS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each certificate that is not good, or not for long."""
    for found in snapshot.of(TLS):
        about = ref(found, "Secret")
        good = Validity(_seconds(found, "begins"), _seconds(found, "ends"))
        explains = tuple(ref(each, text(each, "kind")) for each in listing(found, "used"))
        yield from _judged(snapshot, about, good, f"the certificate in {about}", explains)
    for kind in _HOOKS:
        for configuration in snapshot.of(kind):
            for hook in listing(configuration, "webhooks"):
                bundle = text(hook, "clientConfig", "caBundle")
                yield from _bundled(snapshot, ref(configuration, kind), bundle)
    for api in snapshot.of("APIService"):
        yield from _bundled(snapshot, ref(api, "APIService"), text(api, "spec", "caBundle"))
    for managed in snapshot.of(MANAGED):
        yield from _managed(snapshot, managed)


def _bundled(snapshot: Snapshot, about: Ref, bundle: str) -> Iterator[Sign]:
    good = trusted(bundle) if bundle else None
    if good is not None:
        yield from _judged(snapshot, about, good, f"the CA that {about} trusts", ())


def _judged(
    snapshot: Snapshot, about: Ref, good: Validity, what: str, explains: tuple[Ref, ...]
) -> Iterator[Sign]:
    left = good.ends - snapshot.now
    if left <= 0:
        told, severity = f"{what} ended {age(-left)} ago", Severity.DOWN
    elif good.begins > snapshot.now:
        told, severity = f"{what} is good only in {age(good.begins - snapshot.now)}", Severity.DOWN
    elif left < _SOON:
        told, severity = f"{what} ends in {age(left)}", Severity.RISK
    else:
        return
    yield Sign(
        about=about,
        key=what,
        what=told,
        severity=severity,
        explains=explains,
        since=good.ends if left <= 0 else 0.0,
        step=_step(about),
    )


def _managed(snapshot: Snapshot, managed: Object) -> Iterator[Sign]:
    about = ref(managed, "Certificate")
    ends = moment(text(managed, "status", "notAfter"))
    for said in listing(managed, "status", "conditions"):
        if text(said, "type") == "Ready" and text(said, "status") == "False":
            ended = bool(ends) and ends < snapshot.now
            yield Sign(
                about=about,
                key="ready",
                what=f"{about} is not issued{' and its last one has ended' if ended else ''}",
                severity=Severity.DOWN if ended or not ends else Severity.RISK,
                evidence=(text(said, "message"),),
                since=moment(text(said, "lastTransitionTime")),
                explains=(Ref("Secret", about.namespace, text(managed, "spec", "secretName")),),
                step=Step(
                    "read_resource",
                    {"namespace": about.namespace, "kind": MANAGED, "name": about.name},
                ),
            )


def _step(about: Ref) -> Step:
    where = {"namespace": about.namespace} if about.namespace else {}
    return Step("read_resource", {**where, "kind": about.kind, "name": about.name})


def _seconds(found: Object, key: str) -> float:
    value = mapping(found).get(key)
    return float(value) if isinstance(value, int | float) else 0.0


CAUSE = Cause("certificate", Layer.EDGE, (), look)
