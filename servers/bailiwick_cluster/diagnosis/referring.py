"""What a pod refers to and cannot do without: ConfigMaps, Secrets, claims, and where from. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bailiwick_cluster.diagnosis.finding import Ref
from bailiwick_cluster.diagnosis.snapshot import plain
from bailiwick_cluster.parts import listing, mapping, text
from bailiwick_cluster.upstream import Object


@dataclass(frozen=True, slots=True)
class Use:
    """One object that a pod needs: which keys of it, and the volume that brings it, if one."""

    about: Ref
    keys: tuple[str, ...] = ()
    volume: str = ""


def uses(pod: Object) -> Iterator[Use]:
    """Give each ConfigMap and Secret that a pod needs to start; optional ones are left out."""
    namespace = text(pod, "metadata", "namespace")
    for part in ("initContainers", "containers"):
        for container in listing(pod, "spec", part):
            yield from _environment(namespace, container)
    for volume in listing(pod, "spec", "volumes"):
        named = text(volume, "name")
        sources = [volume, *listing(volume, "projected", "sources")]
        for source in sources:
            yield from _source(namespace, source, named)


def _environment(namespace: str, container: Object) -> Iterator[Use]:
    for source in listing(container, "envFrom"):
        yield from _named(namespace, source, "configMapRef", "ConfigMap")
        yield from _named(namespace, source, "secretRef", "Secret")
    for variable in listing(container, "env"):
        source = mapping(variable, "valueFrom")
        yield from _named(namespace, source, "configMapKeyRef", "ConfigMap")
        yield from _named(namespace, source, "secretKeyRef", "Secret")


def _source(namespace: str, source: Object, volume: str) -> Iterator[Use]:
    yield from _named(namespace, source, "configMap", "ConfigMap", volume)
    yield from _named(namespace, source, "secret", "Secret", volume)


def _named(
    namespace: str, source: dict[str, Any], part: str, kind: str, volume: str = ""
) -> Iterator[Use]:
    found = mapping(source, part)
    name = text(found, "name") or text(found, "secretName")
    if name and found.get("optional") is not True:
        own = text(found, "key")
        keys = (own,) if own else tuple(text(item, "key") for item in listing(found, "items"))
        yield Use(Ref(kind, namespace, plain(name)), keys, volume)


def claims(pod: Object) -> Iterator[tuple[str, Ref]]:
    """Give the name of each volume of a pod that is a claim, and the claim."""
    about = mapping(pod, "metadata")
    namespace = text(about, "namespace")
    for volume in listing(pod, "spec", "volumes"):
        named = text(volume, "name")
        claim = text(volume, "persistentVolumeClaim", "claimName")
        if "ephemeral" in volume:
            claim = f"{text(about, 'name')}-{named}"
        if claim:
            yield named, Ref("PersistentVolumeClaim", namespace, plain(claim))
