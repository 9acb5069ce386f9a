"""What a pod's specification refers to: ConfigMaps, Secrets, claims, its account. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bailiwick_cluster.parts import listing, mapping, text

POD = ("spec",)
TEMPLATE = ("spec", "template", "spec")
"""Where the specification of a pod is, in a pod and in what makes pods."""
OWN_VOLUME = "kube-api-access-"
"""How the volume is called that every pod is given."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One object that is needed; `how` says for what, `optional` that it may be missing."""

    kind: str
    name: str
    how: str
    optional: bool = False


def references(found: Any, *path: str) -> list[Reference]:
    """Return what the pod specification at `path` refers to, each way of using it once."""
    spec = mapping(found, *(path or POD))
    every = [*_volumes(spec), *_environment(spec), *_pulling(spec)]
    return list(dict.fromkeys(each for each in every if each.name))


def _volumes(spec: Any) -> Iterator[Reference]:
    for volume in listing(spec, "volumes"):
        if text(volume, "name").startswith(OWN_VOLUME):
            continue
        how = f"volume {text(volume, 'name')}"
        yield from _mounted(volume, how)
        for source in listing(volume, "projected", "sources"):
            yield from _mounted(source, how)


def _mounted(volume: Any, how: str) -> Iterator[Reference]:
    config, secret = mapping(volume, "configMap"), mapping(volume, "secret")
    yield Reference("ConfigMap", text(config, "name"), how, _optional(config))
    said = text(secret, "secretName") or text(secret, "name")
    yield Reference("Secret", said, how, _optional(secret))
    claim = text(volume, "persistentVolumeClaim", "claimName")
    yield Reference("PersistentVolumeClaim", claim, how)


def _environment(spec: Any) -> Iterator[Reference]:
    for container in containers(spec):
        for each in listing(container, "envFrom"):
            config, secret = mapping(each, "configMapRef"), mapping(each, "secretRef")
            yield Reference("ConfigMap", text(config, "name"), "environment", _optional(config))
            yield Reference("Secret", text(secret, "name"), "environment", _optional(secret))
        for each in listing(container, "env"):
            source = mapping(each, "valueFrom")
            config, secret = mapping(source, "configMapKeyRef"), mapping(source, "secretKeyRef")
            yield Reference("ConfigMap", text(config, "name"), "environment", _optional(config))
            yield Reference("Secret", text(secret, "name"), "environment", _optional(secret))


def _pulling(spec: Any) -> Iterator[Reference]:
    for each in listing(spec, "imagePullSecrets"):
        yield Reference("Secret", text(each, "name"), "image pull", optional=True)


def containers(spec: Any) -> list[dict[str, Any]]:
    """Return all containers of a pod specification, those that come first included."""
    return [*listing(spec, "initContainers"), *listing(spec, "containers")]


def _optional(reference: Any) -> bool:
    return mapping(reference).get("optional") is True


def account(found: Any, *path: str) -> str:
    """Return the service account that a pod runs as."""
    return text(found, *(path or POD), "serviceAccountName") or "default"
