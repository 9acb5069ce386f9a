"""Where an object is that somebody waits for, and which watch finds out about it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """An object: `kind` by its one name, `namespace` empty where the kind has none."""

    cluster: str
    kind: str
    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class Key:
    """What one watch is about, and as whom the cluster is asked: see `Clusters.acting`."""

    cluster: str
    kind: str
    namespace: str
    acting: str

    @classmethod
    def of(cls, place: Place, acting: str) -> "Key":
        """Say which watch finds out about an object."""
        return cls(place.cluster, place.kind, place.namespace, acting)
