"""What somebody may do or not: a verb and a resource as people write them, as the API sees them."""

import re
from dataclasses import dataclass, replace

from bailiwick.errors import BadRequest
from bailiwick_cluster.kinds import BUILTIN, canonical
from bailiwick_cluster.upstream import Kubernetes
from bailiwick_cluster.upstream.reviews import Attributes

RESOURCE = r"^(/[A-Za-z0-9._~/*-]*|[A-Za-z0-9.*-]+(/[A-Za-z0-9._*/-]+)?)?$"
_FULL = re.compile(r"([a-z][a-z0-9-]*)\.([a-z0-9][a-z0-9.-]*)")
_SPOKEN = {
    "exec": ("create", "exec"),
    "attach": ("create", "attach"),
    "portforward": ("create", "portforward"),
    "port-forward": ("create", "portforward"),
    "evict": ("create", "eviction"),
    "logs": ("get", "log"),
    "log": ("get", "log"),
    "scale": ("patch", "scale"),
}
"""What people call verbs and RBAC knows as a verb on a subresource."""
_OTHERS = {
    **dict.fromkeys(("users", "groups", "componentstatuses"), ""),
    **dict.fromkeys(("uids", "userextras", "tokenreviews", "selfsubjectreviews"),
                    "authentication.k8s.io"),
    **dict.fromkeys(("subjectaccessreviews", "selfsubjectaccessreviews", "selfsubjectrulesreviews"),
                    "authorization.k8s.io"),
    **dict.fromkeys(("certificatesigningrequests", "signers"), "certificates.k8s.io"),
    **dict.fromkeys(("validatingadmissionpolicies", "mutatingadmissionpolicies"),
                    "admissionregistration.k8s.io"),
    **dict.fromkeys(("flowschemas", "prioritylevelconfigurations"), "flowcontrol.apiserver.k8s.io"),
    "runtimeclasses": "node.k8s.io",
    "csidrivers": "storage.k8s.io",
    "securitycontextconstraints": "security.openshift.io",
}  # fmt: skip
"""Groups of resources that are in no namespace and have no kind here, or no objects at all."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request, what to call it in a sentence, and whether it can be narrowed to a namespace."""

    asked: Attributes
    label: str
    spaced: bool

    @property
    def where(self) -> str:
        """Say where: in a namespace, in all, or nothing for what is in none."""
        if self.asked.namespace:
            return f" in {self.asked.namespace}"
        return " in every namespace" if self.spaced else ""


async def wanted(
    kubernetes: Kubernetes, verb: str, resource: str, name: str, namespace: str | None
) -> Wanted:
    """Read a question, or raise BadRequest with what to say instead."""
    if resource.startswith("/"):
        return _path(verb, resource, name, namespace)
    plural, _, sub = resource.partition("/")
    if verb in _SPOKEN and not sub:
        verb, sub = _SPOKEN[verb]
    group, plural, spaced, called = await _resource(kubernetes, plural)
    asked = Attributes(verb, group, plural, sub, namespace or "", name)
    if called == "Namespace" and name:
        asked = replace(asked, namespace=_same(name, namespace))  # as the API itself sees it
    elif namespace and not spaced:
        raise BadRequest(f"{called} is not in a namespace; leave `namespace` out")
    label = f"{verb} {called}{f'/{sub}' if sub else ''}{f' {name}' if name else ''}"
    return Wanted(asked, label, spaced)


def _path(verb: str, path: str, name: str, namespace: str | None) -> Wanted:
    if name or namespace:
        raise BadRequest("a path has neither name nor namespace; leave both out")
    return Wanted(Attributes(verb, path=path), f"{verb} {path}", spaced=False)


async def _resource(kubernetes: Kubernetes, plural: str) -> tuple[str, str, bool, str]:
    """Return group, plural, whether it is in namespaces, and what to call it."""
    if plural == "*":
        return "*", "*", True, "anything"
    if plural in _OTHERS:
        return _OTHERS[plural], plural, False, plural
    kind = _kind(plural)
    if kind is not None:
        info = BUILTIN.get(kind) or await kubernetes.kind(kind)
        return info.group, info.plural, info.namespaced, info.name
    if found := _FULL.fullmatch(plural):
        group = "" if found[2] == "core" else found[2]
        return group, found[1], True, plural
    raise BadRequest(
        f"no resource {plural!r} is known; say a kind (`Pod`, `Certificate.cert-manager.io`) or"
        " the plural with its group (`certificates.cert-manager.io`), perhaps with `/subresource`"
    )


def _kind(said: str) -> str | None:
    try:
        return canonical(said)
    except ValueError:
        return None


def _same(name: str, namespace: str | None) -> str:
    if namespace not in (None, name):
        raise BadRequest(f"namespace {name} is not in {namespace}; leave `namespace` out")
    return name
