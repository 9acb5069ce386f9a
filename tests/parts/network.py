"""A namespace `bank` with a ledger, `shop` before it, and the policies between them, in memory."""

from typing import Any

from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.upstream import Object
from tests.parts.kept import Kept

TO_LEDGER: dict[str, Any] = {"namespace": "bank", "to": "svc/ledger"}
CILIUM = KindInfo("CiliumNetworkPolicy.cilium.io", "cilium.io", "v2", "ciliumnetworkpolicies", True)
_GATEWAY = "gateway.networking.k8s.io"
ROUTE = KindInfo(f"HTTPRoute.{_GATEWAY}", _GATEWAY, "v1", "httproutes", True)
GRANT = KindInfo(f"ReferenceGrant.{_GATEWAY}", _GATEWAY, "v1beta1", "referencegrants", True)


def about(name: str, space: str, **labels: str) -> Object:
    return {"name": name, "namespace": space, "labels": labels}


def pod(name: str, space: str, *, ready: bool = True, **labels: str) -> Object:
    return {
        "metadata": about(name, space, **labels),
        "spec": {
            "nodeName": f"node-{name[-1]}",
            "containers": [{"ports": [{"containerPort": 8080, "name": "http"}]}],
        },
        "status": {
            "phase": "Running",
            "podIP": f"10.0.0.{sum(map(ord, name)) % 250}",
            "conditions": [{"type": "Ready", "status": str(ready)}],
        },
    }


def service(name: str, space: str, target: int | str = 8080, **spec: Any) -> Object:
    return {
        "metadata": about(name, space),
        "spec": {
            "selector": {"app": name},
            "ports": [{"name": "http", "port": 80, "targetPort": target}],
            **spec,
        },
    }


def slices(name: str, space: str, *pods: str, ready: bool = True) -> Object:
    return {
        "metadata": about(f"{name}-x", space, **{"kubernetes.io/service-name": name}),
        "ports": [{"name": "http", "port": 8080}],
        "endpoints": [
            {
                "addresses": ["10.0.0.9"],
                "conditions": {"ready": ready},
                "nodeName": f"node-{each[-1]}",
                "targetRef": {"kind": "Pod", "name": each},
            }
            for each in pods
        ],
    }


def deployment(name: str, space: str) -> Object:
    template: Object = {"metadata": {"labels": {"app": name}}, "spec": {"containers": []}}
    return {
        "metadata": about(name, space),
        "spec": {"selector": {"matchLabels": {"app": name}}, "template": template},
    }


def policy(name: str, space: str, **spec: Any) -> Object:
    return {"metadata": about(name, space), "spec": {"podSelector": {}, **spec}}


DENY = policy("deny-all", "bank", policyTypes=["Ingress"])
FROM_SHOP = policy(
    "from-shop", "bank",
    ingress=[{"from": [{"namespaceSelector": {"matchLabels": {"team": "front"}}}],
              "ports": [{"port": 8080}]}],
)  # fmt: skip
FROM_API = policy(
    "from-api", "bank",
    ingress=[{"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "api"}}}]}],
)  # fmt: skip


def eu(*policies: Object, closed: frozenset[str] = frozenset(), **more: Any) -> Kept:
    found: dict[str, list[Object]] = {
        "Namespace": [
            {"metadata": {"name": "shop", "labels": {"team": "front"}}},
            {"metadata": {"name": "bank", "labels": {"team": "back"}}},
        ],
        "Pod": [
            pod("web-0", "shop", app="web"),
            pod("web-1", "shop", app="web"),
            pod("api-0", "shop", app="api"),
            pod("ledger-0", "bank", app="ledger"),
            pod("ledger-1", "bank", app="ledger"),
        ],
        "Service": [service("ledger", "bank"), service("web", "shop")],
        "Deployment": [deployment("web", "shop"), deployment("idle", "shop")],
        "EndpointSlice": [slices("ledger", "bank", "ledger-0", "ledger-1")],
        "NetworkPolicy": [*policies],
    }
    served = {each.name: each for each in (CILIUM, ROUTE, GRANT) if each.name in more}
    return Kept({**found, **more}, closed, served)


def first(text: str) -> str:
    return text.splitlines()[0]
