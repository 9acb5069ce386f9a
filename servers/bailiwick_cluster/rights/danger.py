"""Rights that lead to more than they say, the worst first, and why each is dangerous. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bailiwick_cluster.rights.rule import ALL, Rule, allows
from bailiwick_cluster.upstream.reviews import Attributes

_WRITE = ("create", "update", "patch")
_RBAC = "rbac.authorization.k8s.io"
_HOOKS = "admissionregistration.k8s.io"


@dataclass(frozen=True, slots=True)
class Danger:
    """A dangerous right: any of `verbs` on any of `resources` (of `group`; with subresource).

    `wide` ones work where they hold for the whole cluster only.
    """

    title: str
    why: str
    verbs: Sequence[str]
    group: str
    resources: Sequence[str]
    wide: bool = False

    def probes(self, namespace: str = "") -> Iterator[Attributes]:
        """Make the requests that somebody with this right may send, one each."""
        for resource in self.resources:
            plural, _, sub = resource.partition("/")
            for verb in self.verbs:
                yield Attributes(verb, self.group, plural, sub, namespace)


DANGERS: tuple[Danger, ...] = (
    Danger("do everything", "no limit at all", (ALL,), ALL, (ALL,)),
    Danger("escalate roles", "can write itself any right", ("escalate",), _RBAC,
           ("clusterroles", "roles")),
    Danger("bind roles", "can bind any role to itself", ("bind",), _RBAC,
           ("clusterroles", "roles")),
    Danger("impersonate", "acts as anybody, also as admin", ("impersonate",), "",
           ("users", "groups"), wide=True),
    Danger("impersonate service accounts", "acts as any of them", ("impersonate",), "",
           ("serviceaccounts",)),
    Danger("use nodes/proxy", "runs commands in every container, unaudited", ("get", "create"), "",
           ("nodes/proxy",), wide=True),
    Danger("change admission webhooks", "reads and rewrites whatever is sent to the API", _WRITE,
           _HOOKS, ("mutatingwebhookconfigurations", "validatingwebhookconfigurations",
                    "mutatingadmissionpolicies"), wide=True),
    Danger("approve certificates", "signs in as anybody it makes a certificate for",
           ("update", "patch"), "certificates.k8s.io", ("certificatesigningrequests/approval",),
           wide=True),
    Danger("change APIServices", "takes over whole APIs and who asks them", _WRITE,
           "apiregistration.k8s.io", ("apiservices",), wide=True),
    Danger("read Secrets", "gets passwords, keys, tokens of accounts", ("get", "list", "watch"), "",
           ("secrets",)),
    Danger("create service account tokens", "signs in as any account there", ("create",), "",
           ("serviceaccounts/token",)),
    Danger("exec into Pods", "runs commands with each pod's account and Secrets",
           ("create", "get"), "", ("pods/exec", "pods/attach")),
    Danger("debug Pods", "adds containers with each pod's account and Secrets",
           ("update", "patch"), "", ("pods/ephemeralcontainers",)),
    Danger("create Pods", "runs code as any account there, mounts any Secret there",
           ("create",), "", ("pods", "replicationcontrollers")),
    Danger("change workloads", "runs code as any account there, mounts any Secret there", _WRITE,
           "apps", ("deployments", "daemonsets", "statefulsets", "replicasets")),
    Danger("change Jobs", "runs code as any account there, mounts any Secret there", _WRITE,
           "batch", ("jobs", "cronjobs")),
    Danger("create PersistentVolumes", "reaches files of nodes (hostPath)", _WRITE, "",
           ("persistentvolumes",), wide=True),
    Danger("use security context constraints", "may run privileged pods", ("use",),
           "security.openshift.io", ("securitycontextconstraints",)),
    Danger("change Nodes", "moves or stops everything that runs on them",
           ("update", "patch", "delete"), "", ("nodes", "nodes/status"), wide=True),
    Danger("bind its own roles", "hands its own rights on, hard to see", _WRITE, _RBAC,
           ("clusterrolebindings", "rolebindings")),
    Danger("change Secrets", "replaces credentials that others trust", (*_WRITE, "delete"), "",
           ("secrets",)),
    Danger("forward ports", "reaches pods past every NetworkPolicy",
           ("create", "get"), "", ("pods/portforward", "pods/proxy", "services/proxy")),
    Danger("change NetworkPolicies", "opens or cuts the network", (*_WRITE, "delete"),
           "networking.k8s.io", ("networkpolicies",)),
    Danger("change endpoints", "leads a Service's traffic elsewhere", _WRITE, "", ("endpoints",)),
    Danger("change EndpointSlices", "leads a Service's traffic elsewhere", _WRITE,
           "discovery.k8s.io", ("endpointslices",)),
    Danger("delete namespaces", "everything in them goes", ("delete",), "", ("namespaces",)),
    Danger("change definitions of kinds", "deleting one deletes every object of it",
           (*_WRITE, "delete"), "apiextensions.k8s.io", ("customresourcedefinitions",), wide=True),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """A danger in a rule: its place in DANGERS, and the objects it is limited to, if it is."""

    rank: int
    names: Sequence[str]

    @property
    def danger(self) -> Danger:
        """The danger itself."""
        return DANGERS[self.rank]


def dangers(rule: Rule, *, wide: bool) -> list[Found]:
    """Find what is dangerous in a rule, which holds everywhere (`wide`) or in a namespace."""
    found: list[Found] = []
    for rank, danger in enumerate(DANGERS):
        if danger.wide and not wide:
            continue
        if any(_allows_some(rule, probe) for probe in danger.probes()):
            found.append(Found(rank, tuple(rule.names)))
            if rank == 0 and not rule.names:
                return found  # whatever else it may is in that
    return found


def _allows_some(rule: Rule, probe: Attributes) -> bool:
    """Say whether a rule allows it for some object; creating knows no name, so a limit ends it."""
    if not rule.names:
        return allows(rule, probe)
    named = Attributes(
        probe.verb, probe.group, probe.resource, probe.subresource, name=rule.names[0]
    )
    return (probe.verb != "create" or bool(probe.subresource)) and allows(rule, named)
