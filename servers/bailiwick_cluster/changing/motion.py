"""When an object counts as another than the one looked at, and what of it is put back. Pure.

Controllers keep notes in annotations of the objects they work on, as a Deployment's revision; such
a note is no more a change of what people wrote than the status is.
"""

from typing import Any

from bailiwick_cluster.changing.step import cleaned
from bailiwick_cluster.fingerprint import fingerprint
from bailiwick_cluster.parts import mapping, text
from bailiwick_cluster.upstream import Object

_NOTES = (
    "deployment.kubernetes.io/",
    "deprecated.daemonset.template.generation",
    "pv.kubernetes.io/",
    "volume.kubernetes.io/",
    "volume.beta.kubernetes.io/",
    "autoscaling.alpha.kubernetes.io/",
    "control-plane.alpha.kubernetes.io/",
)
ABSENT = ""


def mark(found: Object | None) -> str:
    """Digest what people wrote of an object, empty for one that is not there."""
    if found is None:
        return ABSENT
    about = dict(mapping(found, "metadata"))
    notes = {k: v for k, v in mapping(about, "annotations").items() if not noted(k)}
    about["annotations"] = notes
    return fingerprint({**found, "metadata": about})


def noted(annotation: str) -> bool:
    """Say whether an annotation is a controller's own note."""
    return annotation.startswith(_NOTES)


def restored(earlier: Object, now: Object) -> Object:
    """Write the object as it was, over what it is: its notes and its version are those of now.

    The earlier managers of fields go with it, so that ours does not stay the owner of what it no
    longer sets.
    """
    kept = cleaned(earlier)
    about: dict[str, Any] = dict(mapping(kept, "metadata"))
    notes = {k: v for k, v in mapping(about, "annotations").items() if not noted(k)}
    notes |= {k: v for k, v in mapping(now, "metadata", "annotations").items() if noted(k)}
    about["annotations"] = notes
    if not notes:
        del about["annotations"]
    for key in ("uid", "resourceVersion"):
        about[key] = text(now, "metadata", key)
    managed = mapping(earlier, "metadata").get("managedFields")
    if managed:
        about["managedFields"] = managed
    return {**kept, "metadata": about}
