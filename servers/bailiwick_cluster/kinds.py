"""One name per kind, so that a policy which names it cannot be talked round.

Kubernetes' own kinds are called by their kind alone (`Deployment`, `Secret`), whatever alias a
caller used; everything else is `Kind.group` (`Route.route.openshift.io`). No I/O.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KindInfo:
    """Where a kind is served. `name` is the canonical one."""

    name: str
    group: str
    version: str
    plural: str
    namespaced: bool

    def path(self, namespace: str | None = None, name: str | None = None) -> str:
        """Return the API path of the collection, or of one object. The parts must be checked."""
        root = f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"
        inside = f"/namespaces/{namespace}" if namespace and self.namespaced else ""
        return f"{root}{inside}/{self.plural}{f'/{name}' if name else ''}"


_TABLE = """
v1 Pod pods po n | v1 Service services svc n | v1 ConfigMap configmaps cm n | v1 Secret secrets - n
v1 Namespace namespaces ns - | v1 Node nodes no - | v1 Event events ev n
v1 ServiceAccount serviceaccounts sa n | v1 PersistentVolumeClaim persistentvolumeclaims pvc n
v1 PersistentVolume persistentvolumes pv - | v1 Endpoints endpoints ep n
v1 ResourceQuota resourcequotas quota n | v1 LimitRange limitranges limits n
v1 ReplicationController replicationcontrollers rc n
apps/v1 Deployment deployments deploy n | apps/v1 ReplicaSet replicasets rs n
apps/v1 StatefulSet statefulsets sts n | apps/v1 DaemonSet daemonsets ds n
apps/v1 ControllerRevision controllerrevisions - n
batch/v1 Job jobs - n | batch/v1 CronJob cronjobs cj n
autoscaling/v2 HorizontalPodAutoscaler horizontalpodautoscalers hpa n
policy/v1 PodDisruptionBudget poddisruptionbudgets pdb n
networking.k8s.io/v1 Ingress ingresses ing n | networking.k8s.io/v1 IngressClass ingressclasses - -
networking.k8s.io/v1 NetworkPolicy networkpolicies netpol n
discovery.k8s.io/v1 EndpointSlice endpointslices - n | coordination.k8s.io/v1 Lease leases - n
rbac.authorization.k8s.io/v1 Role roles - n
rbac.authorization.k8s.io/v1 RoleBinding rolebindings - n
rbac.authorization.k8s.io/v1 ClusterRole clusterroles - -
rbac.authorization.k8s.io/v1 ClusterRoleBinding clusterrolebindings - -
storage.k8s.io/v1 StorageClass storageclasses sc - | storage.k8s.io/v1 CSINode csinodes - -
storage.k8s.io/v1 VolumeAttachment volumeattachments - -
scheduling.k8s.io/v1 PriorityClass priorityclasses pc -
apiextensions.k8s.io/v1 CustomResourceDefinition customresourcedefinitions crd -
apiregistration.k8s.io/v1 APIService apiservices - -
admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration validatingwebhookconfigurations - -
admissionregistration.k8s.io/v1 MutatingWebhookConfiguration mutatingwebhookconfigurations - -
"""


def _builtin() -> tuple[dict[str, KindInfo], dict[str, str]]:
    """Read the table: kinds by canonical name, and every alias in lower case."""
    kinds: dict[str, KindInfo] = {}
    aliases: dict[str, str] = {}
    for row in re.split(r"[|\n]", _TABLE.strip()):
        where, kind, plural, short, scope = row.split()
        group, _, version = where.rpartition("/")
        kinds[kind] = KindInfo(kind, group, version, plural, scope == "n")
        for alias in {kind.lower(), plural, short} - {"-"}:
            aliases[alias] = kind
            aliases[f"{alias}.{group}" if group else f"{alias}.core"] = kind
    return kinds, aliases


BUILTIN, _ALIASES = _builtin()
_CUSTOM = re.compile(r"[A-Z][A-Za-z0-9]{0,62}\.[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?")


def canonical(text: str) -> str:
    """Return the one name of a kind, or raise ValueError with what to say instead."""
    kind = _ALIASES.get(text.strip().lower()) if text.isascii() else None
    if kind is not None:
        return kind
    if _CUSTOM.fullmatch(text):
        return text
    raise ValueError(
        "not a kind that Kubernetes has itself; say a custom one as `Kind.group`,"
        " e.g. `Certificate.cert-manager.io` (list CustomResourceDefinition to find it)"
    )


def custom(kinds: Mapping[str, KindInfo], name: str) -> list[str]:
    """Name the served kinds that `name` may have meant."""
    kind = name.split(".", maxsplit=1)[0].lower()
    return sorted(known for known in kinds if known.split(".")[0].lower() == kind)[:5]
