"""What a change is made of: steps in order, with whole objects, as they are kept until applied."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bailiwick_cluster.kinds import KindInfo
from bailiwick_cluster.parts import mapping
from bailiwick_cluster.upstream import Object
from bailiwick_cluster.upstream.writing import Place

Verb = Literal["apply", "patch", "put", "create", "delete"]
OnFailure = Literal["keep", "roll_back"]


class Step(BaseModel):
    """One object to write. `seen` is the mark it must have, empty where it must not be there.

    `body` is the manifest, the patch (of media type `content`) or the whole object; `effect` says
    in our words what is done. `force` takes over fields of other managers; `own` those of ours
    only, which count as others' to a server-side apply where an earlier patch or scale wrote them.
    `unchecked` steps were not rehearsed: what they stand in is made by the same change.
    """

    model_config = ConfigDict(frozen=True)

    verb: Verb
    kind: KindInfo
    namespace: str | None
    name: str
    effect: str
    seen: str = ""
    uid: str = ""
    content: str = ""
    force: bool = False
    own: bool = False
    takes: bool = False
    unchecked: bool = False
    body: Any = Field(default=None, repr=False)

    @property
    def place(self) -> Place:
        """Say where the object is."""
        return Place(self.kind, self.namespace, self.name)

    @property
    def told(self) -> str:
        """Name the object."""
        return self.place.told


class Release(BaseModel):
    """What Helm's own engine is to do, in place of steps of ours; `seen` is what it was planned on.

    `values` may hold secrets.
    """

    model_config = ConfigDict(frozen=True)

    namespace: str
    name: str
    chart: str
    version: str
    install: bool
    kinds: tuple[str, ...]
    seen: dict[str, str]
    values: dict[str, Any] = Field(repr=False)


class Change(BaseModel):
    """Everything that is done together, in this order. `undoes` names the plan it takes back."""

    model_config = ConfigDict(frozen=True)

    cluster: str
    steps: tuple[Step, ...] = Field(default=(), repr=False)
    on_failure: OnFailure = "keep"
    undoes: str = ""
    release: Release | None = None

    @property
    def namespace(self) -> str:
        """Name the one namespace that all of it is in; empty where there is no such."""
        found = {step.namespace or "" for step in self.steps}
        if self.release is not None:
            found.add(self.release.namespace)
        return found.pop() if len(found) == 1 else ""

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Name every namespace that is written in, and every one that is itself written."""
        inside = {step.namespace for step in self.steps if step.namespace}
        itself = {step.name for step in self.steps if step.kind.name == "Namespace"}
        release = {self.release.namespace} if self.release is not None else set[str]()
        return tuple(sorted(inside | itself | release))

    @property
    def kinds(self) -> list[str]:
        """Name the kinds, each once, by their canonical names."""
        of_release = self.release.kinds if self.release is not None else ()
        return sorted({*of_release, *(step.kind.name for step in self.steps)})

    @property
    def takes(self) -> bool:
        """Say whether fields of other managers are taken over, asked for or by a patch's nature."""
        return any(step.force or step.takes for step in self.steps)

    @property
    def deletes(self) -> bool:
        """Say whether anything is deleted; an upgrade removes what a chart no longer has."""
        upgrades = self.release is not None and not self.release.install
        return upgrades or any(step.verb == "delete" for step in self.steps)


def cleaned(found: Object) -> Object:
    """Return an object as somebody would write it anew: without what the API has put in."""
    from_api = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields",
                "selfLink", "deletionTimestamp", "deletionGracePeriodSeconds")  # fmt: skip
    about = {k: v for k, v in mapping(found, "metadata").items() if k not in from_api}
    return {**{k: v for k, v in found.items() if k != "status"}, "metadata": about}
