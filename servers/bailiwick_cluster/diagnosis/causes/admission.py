"""Pods that the API does not let in: Pod Security, constraints of OpenShift, webhooks, policies.

Pod Security Standards and the words of their checks: k8s.io/pod-security-admission. What quotas
and limit ranges refuse is `quota`'s, what is not there `missing`'s.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Sign, Step
from bailiwick_cluster.diagnosis.refusing import Refusal, refusals
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.diagnosis.steps import spec
from bailiwick_cluster.parts import listing, text

_LEVEL = re.compile(
    r'violates PodSecurity "(privileged|baseline|restricted):[a-z0-9.]{1,12}": (.*)'
)
_CHECKS = {
    "allowPrivilegeEscalation != false": "allowPrivilegeEscalation",
    "unrestricted capabilities": "capabilities",
    "non-default capabilities": "capabilities",
    "runAsNonRoot != true": "runAsNonRoot",
    "runAsUser=0": "runAsUser",
    "seccompProfile": "seccompProfile",
    "host namespaces": "host namespaces",
    "hostPath volumes": "hostPath",
    "hostPort": "hostPort",
    "hostProcess": "hostProcess",
    "privileged (": "privileged",
    "procMount": "procMount",
    "seLinuxOptions": "seLinuxOptions",
    "forbidden sysctls": "sysctls",
    "restricted volume types": "volume types",
    "AppArmor": "AppArmor",
}
_CONSTRAINED = (
    "runAsUser", "runAsGroup", "fsGroup", "supplementalGroups", "seLinuxOptions", "privileged",
    "allowPrivilegeEscalation", "capabilities", "hostNetwork", "hostPID", "hostIPC", "hostPath",
    "hostPort", "seccomp",
)  # fmt: skip
_DENIED = re.compile(r'admission webhook "([^"\s]{1,253})" denied the request')
_CALLED = re.compile(r'failed (?:calling|to call) webhook "([^"\s]{1,253})"')
_POLICY = re.compile(r"ValidatingAdmissionPolicy '([^'\s]{1,253})'")
_AWAY = (
    ("its Service is not there", r'service "[^"]*" not found'),
    ("its Service has no endpoints", r"no endpoints available"),
    ("nothing listens where it should be", r"connection refused"),
    ("its certificate is not trusted", r"x509|certificate"),
    ("its name is not known", r"no such host"),
    ("it does not answer in time", r"deadline exceeded|timeout"),
)
_WEBHOOKS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")


@dataclass(frozen=True, slots=True)
class _Told:
    """What refuses, in our words."""

    about: Ref
    key: str
    what: str
    step: Step
    depends: tuple[Ref, ...] = ()


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each controller whose pods are refused."""
    readers = {
        "security": _security,
        "constraint": _constraint,
        "webhook": _webhook,
        "policy": _policy,
        "other": _other,
    }
    for refusal in refusals(snapshot, "security", "constraint", "webhook", "policy", "other"):
        told = readers[refusal.by](snapshot, refusal)
        yield Sign(
            about=told.about,
            key=told.key,
            what=told.what,
            shown=refusal.shown,
            owner=refusal.owner,
            effect="cannot make pods",
            evidence=(refusal.message,),
            depends=told.depends,
            since=refusal.since,
            step=told.step,
        )


def _security(_: Snapshot, refusal: Refusal) -> _Told:
    namespace = refusal.shown.namespace
    found = _LEVEL.search(refusal.message)
    level = found[1] if found else "its level"
    said = found[2] if found else refusal.message
    broken = sorted({field for check, field in _CHECKS.items() if check in said})
    named = f": {', '.join(broken)}" if broken else ""
    return _Told(
        Ref("Namespace", "", plain(namespace)),
        f"{level} {broken}",
        f"namespace {plain(namespace)} enforces Pod Security {level}, which the pods break{named}",
        spec(refusal.owner),
    )


def _constraint(_: Snapshot, refusal: Refusal) -> _Told:
    account = plain(
        text(refusal.object, "spec", "template", "spec", "serviceAccountName") or "default"
    )
    broken = [field for field in _CONSTRAINED if field in refusal.message]
    named = f": {', '.join(broken)}" if broken else ""
    about = Ref("ServiceAccount", refusal.shown.namespace, account)
    return _Told(
        about,
        "constraint",
        f"{about} may use no security context constraint (SCC) that allows what the pods ask"
        f"{named}",
        spec(refusal.owner),
    )


def _webhook(snapshot: Snapshot, refusal: Refusal) -> _Told:
    denied, called = _DENIED.search(refusal.message), _CALLED.search(refusal.message)
    found = denied or called
    name = found[1] if found else ""
    about = _configuration(snapshot, name) or Ref("Webhook", "", plain(name))
    step = spec(about) if about.kind in _WEBHOOKS else spec(refusal.owner)
    if denied:
        what = f"admission webhook {plain(name)} refuses the pods, for a reason of its own"
        return _Told(about, f"denied {refusal.owner}", what, spec(refusal.owner))
    why = next((why for why, said in _AWAY if re.search(said, refusal.message)), "")
    what = f"admission webhook {plain(name)} cannot be asked{f': {why}' if why else ''}"
    return _Told(about, "away", what, step, depends=(about,))


def _configuration(snapshot: Snapshot, webhook: str) -> Ref | None:
    """Find which configuration a webhook stands in."""
    for kind in _WEBHOOKS:
        for found in snapshot.of(kind):
            if any(text(each, "name") == webhook for each in listing(found, "webhooks")):
                return ref(found, kind)
    return None


def _policy(_: Snapshot, refusal: Refusal) -> _Told:
    found = _POLICY.search(refusal.message)
    about = Ref("ValidatingAdmissionPolicy", "", plain(found[1]) if found else "?")
    return _Told(about, str(refusal.owner), f"{about} refuses the pods", spec(refusal.owner))


def _other(_: Snapshot, refusal: Refusal) -> _Told:
    what = f"the API refuses the pods of {refusal.owner}"
    return _Told(refusal.owner, "other", what, spec(refusal.owner))


CAUSE = Cause("admission", Layer.NAMESPACE, (), look)
