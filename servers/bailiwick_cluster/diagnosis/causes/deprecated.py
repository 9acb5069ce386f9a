"""An API version that is going away and is still written with, or still stored.

Who wrote an object with which version stands in its managed fields; what later releases no longer
serve is in the Kubernetes deprecation guide. Of custom kinds the definition itself says which of
its versions are deprecated, and in which versions objects are still stored.
"""

from collections.abc import Iterator

from bailiwick_cluster.diagnosis.finding import Cause, Layer, Ref, Severity, Sign, Step
from bailiwick_cluster.diagnosis.snapshot import Snapshot, plain, ref
from bailiwick_cluster.diagnosis.versions import GONE, WRITTEN
from bailiwick_cluster.parts import listing, text, words
from bailiwick_cluster.upstream import Object


def look(snapshot: Snapshot) -> Iterator[Sign]:
    """Give a sign for each old version in use: one finding a version and writer."""
    for kind in snapshot.objects:
        for found in snapshot.of(kind):
            for each in listing(found, WRITTEN):
                yield _written(ref(found, kind), each)
    for definition in snapshot.of("CustomResourceDefinition"):
        yield from _custom(definition)


def _written(about: Ref, by: Object) -> Sign:
    version, manager = text(by, "version"), plain(text(by, "manager"))
    return Sign(
        about=Ref("API", "", version),
        key=manager,
        what=f"{manager} writes with {version}, which Kubernetes {GONE.get(version, '?')} no longer"
        " serves",
        shown=about,
        owner=about,
        effect="written so",
        severity=Severity.RISK,
        step=Step(
            "read_resource",
            {"namespace": about.namespace, "kind": about.kind, "name": about.name, "part": "full"},
        ),
    )


def _custom(definition: Object) -> Iterator[Sign]:
    about = ref(definition, "CustomResourceDefinition")
    versions = {text(v, "name"): v for v in listing(definition, "spec", "versions")}
    for stored in words(definition, "status", "storedVersions"):
        version = versions.get(stored, {})
        gone = stored not in versions or version.get("served") is False
        if gone or version.get("deprecated") is True:
            how = "no longer served" if gone else "deprecated"
            yield Sign(
                about=about,
                key=stored,
                what=f"{about} may still have objects stored as {plain(stored)}, which is {how}",
                evidence=(text(version, "deprecationWarning"),),
                severity=Severity.RISK,
                step=Step("read_resource", {"kind": about.kind, "name": about.name}),
            )


CAUSE = Cause("deprecated", Layer.ADVICE, (), look)
