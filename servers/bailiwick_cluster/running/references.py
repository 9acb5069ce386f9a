"""What a pod needs of its namespace: the ConfigMaps, Secrets, claims and account it names. Pure."""

from collections.abc import Iterator
from typing import Any

from bailiwick_cluster.parts import listing, mapping, text

Reference = tuple[str, str]
"""Kind and name."""
_VOLUMES = (
    ("configMap", "name", "ConfigMap"),
    ("secret", "secretName", "Secret"),
    ("persistentVolumeClaim", "claimName", "PersistentVolumeClaim"),
)
_FROM = (
    ("configMap", "ConfigMap"), ("secret", "Secret"),
    ("configMapRef", "ConfigMap"), ("secretRef", "Secret"),
    ("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret"),
)  # fmt: skip


def references(spec: Any, *, needed: bool = False) -> set[Reference]:
    """Collect what a pod's spec names; with `needed` only that without which it cannot start."""
    found: set[Reference] = set()
    for kind, name, optional in _all(spec):
        if name and not (needed and optional):
            found.add((kind, name))
    return found


def _all(spec: Any) -> Iterator[tuple[str, str, bool]]:
    yield from _mounted(spec)
    for part in ("initContainers", "containers"):
        for container in listing(spec, part):
            for each in listing(container, "envFrom"):
                yield from _named(each)
            for each in listing(container, "env"):
                yield from _named(mapping(each, "valueFrom"))
    for secret in listing(spec, "imagePullSecrets"):
        yield "Secret", text(secret, "name"), True  # a pod starts without where the image is open
    yield "ServiceAccount", text(spec, "serviceAccountName"), False


def _mounted(spec: Any) -> Iterator[tuple[str, str, bool]]:
    for volume in listing(spec, "volumes"):
        for key, name, kind in _VOLUMES:
            yield kind, text(volume, key, name), _optional(mapping(volume, key))
        for source in listing(volume, "projected", "sources"):
            yield from _named(source)


def _named(holder: Any) -> Iterator[tuple[str, str, bool]]:
    for key, kind in _FROM:
        yield kind, text(holder, key, "name"), _optional(mapping(holder, key))


def _optional(holder: dict[str, Any]) -> bool:
    return holder.get("optional") is True
