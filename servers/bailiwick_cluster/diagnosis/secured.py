"""The certificates that let traffic in: of Secrets only the certificate is read, never the key."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bailiwick.errors import Forbidden, UpstreamError
from bailiwick_cluster.diagnosis.certificates import validity
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parts import listing, text
from bailiwick_cluster.upstream import Kubernetes, Object

TLS = "TLS certificate"
"""Not a kind of the API: what is known of the certificate in a Secret, and who uses it."""
_MOST = 40
"""Secrets that are read in one diagnosis."""
_GATEWAY = "Gateway.gateway.networking.k8s.io"
Place = tuple[str, str]


def places(objects: Mapping[str, Sequence[Object]]) -> dict[Place, list[Object]]:
    """Find the Secrets that hold certificates: by namespace and name, with who uses each."""
    found: dict[Place, list[Object]] = {}
    for kind, each, name in (*_ingresses(objects), *_gateways(objects)):
        about = {key: text(each, "metadata", key) for key in ("namespace", "name")}
        found.setdefault((about["namespace"], name), []).append({"kind": kind, "metadata": about})
    return found


def _ingresses(objects: Mapping[str, Sequence[Object]]) -> Iterator[tuple[str, Object, str]]:
    for ingress in objects.get("Ingress", ()):
        for part in listing(ingress, "spec", "tls"):
            if name := text(part, "secretName"):
                yield "Ingress", ingress, name


def _gateways(objects: Mapping[str, Sequence[Object]]) -> Iterator[tuple[str, Object, str]]:
    for gateway in objects.get(_GATEWAY, ()):
        for listener in listing(gateway, "spec", "listeners"):
            for part in listing(listener, "tls", "certificateRefs"):
                if not text(part, "namespace") and (name := text(part, "name")):
                    yield "Gateway", gateway, name


async def certificates(
    kubernetes: Kubernetes, wanted: Mapping[Place, Iterable[Object]]
) -> tuple[list[Object], str]:
    """Read until when each is good; return what was found, and why the rest was not read."""
    found: list[Object] = []
    refused = 0
    for (namespace, name), used in list(wanted.items())[:_MOST]:
        try:
            secret = await kubernetes.exact(BUILTIN["Secret"], namespace, name)
        except Forbidden:
            refused += 1
            continue
        except UpstreamError:  # not there, which the Ingress's own cause tells
            continue
        good = validity(text(secret, "data", "tls.crt"))
        if good is not None:
            found.append(
                {
                    "metadata": {"namespace": namespace, "name": name},
                    "begins": good.begins,
                    "ends": good.ends,
                    "used": list(used),
                }
            )
    if refused:
        return found, "the cluster's RBAC refuses"
    return found, f"more than {_MOST}" if len(wanted) > _MOST else ""
