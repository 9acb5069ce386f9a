"""Scenarios: trouble that a namespace is put into, and what a diagnosis must say of it.

A file of `practice/scenarios` begins with a header, `Scenario` below; the objects follow it, with
NAMESPACE where the name of their namespace goes.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import yaml

from bailiwick_cluster.kinds import BUILTIN
from practice.api import Applier, documents
from practice.steps import Steps

FOLDER = Path(__file__).parents[2] / "practice" / "scenarios"
FILES = sorted(FOLDER.glob("*.yaml"))
_SECONDS = 40
_MERGE = {"Content-Type": "application/merge-patch+json"}
_LET_GO = orjson.dumps({"metadata": {"finalizers": None}})
_ACCOUNT = "default"


@dataclass(frozen=True)
class Awaited:
    """Something that must have come true: as many objects, with a value at a path.

    A path has dots, and goes into all items of a list: `status.conditions.type`. Without a value
    anything will do.
    """

    kind: str
    name: str = ""
    labels: dict[str, str] = field(default_factory=dict[str, str])
    path: str = "metadata.name"
    value: Any = None
    count: int = 1

    def among(self, found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the objects that are as awaited."""
        return [each for each in found if self._is(each)]

    def _is(self, each: dict[str, Any]) -> bool:
        about = each["metadata"]
        named = not self.name or about["name"] == self.name
        labelled = self.labels.items() <= about.get("labels", {}).items()
        there = list(values(each, self.path.split(".")))
        return named and labelled and (bool(there) if self.value is None else self.value in there)


@dataclass(frozen=True)
class Patch:
    """What simulated nodes cannot show: a status that is told, and events of the same objects.

    `skip` leaves out so many of the objects, by name, and `most` bounds the rest.
    """

    kind: str
    name: str = ""
    labels: dict[str, str] = field(default_factory=dict[str, str])
    count: int = 1
    most: int = 1_000
    skip: int = 0
    status: dict[str, Any] = field(default_factory=dict[str, Any])
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def awaited(self) -> Awaited:
        """The objects it is for; a pod must have been given to a node."""
        path = "spec.nodeName" if self.kind == "Pod" and self.status else "metadata.name"
        return Awaited(self.kind, self.name, self.labels, path, count=self.count)


@dataclass(frozen=True)
class Scenario:
    """One file. `asks` are calls of tools beside the one that is always made: of the namespace.

    All of `says` are sought in our own words, and `first` in the first line, of every answer;
    `inside` in what is fenced. `findings` counts root causes in the namespace. What is `healthy`
    has none. Objects of a second document are applied once all of `before` has come true, and
    those in `deleted` (kind and name) are then deleted.

    One that is `wide` is about the cluster itself: what names NAMESPACE is looked for in a picture
    of all of it, taken with an administrator's rights, as it would be `later` seconds on.
    """

    scenario: str
    asks: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    says: list[str] = field(default_factory=list[str])
    first: str = ""
    inside: list[str] = field(default_factory=list[str])
    never: list[str] = field(default_factory=list[str])
    findings: int = 1
    before: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    deleted: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    wait: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    patches: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    healthy: bool = False
    wide: bool = False
    later: float = 0.0


def header(file: Path, namespace: str) -> Scenario:
    """Read what a file says of itself, for the namespace that it is put into."""
    text = file.read_text().replace("NAMESPACE", namespace)
    return Scenario(**next(yaml.load_all(text, Loader=yaml.CSafeLoader)))


@dataclass
class Staged:
    """A scenario on the ground, in a namespace of its own."""

    scenario: Scenario
    namespace: str
    link: httpx.Client
    steps: Steps = field(default_factory=lambda: Steps(quiet=True))
    settled: bool = False
    later: list[list[dict[str, Any]]] = field(default_factory=list[list[dict[str, Any]]])
    around: list[str] = field(default_factory=list[str])
    """Paths of what is in no namespace or in another, and must be taken away as well."""

    def apply(self, file: Path) -> None:
        """Put the first objects into the namespace; later ones wait for these."""
        texts = file.read_text().replace("NAMESPACE", self.namespace).split("\n---\n")
        first, *self.later = [documents(text) for text in texts[1:]] or [[]]
        spaces = [each for each in first if each["kind"] == "Namespace"]
        inside = [each for each in first if each["kind"] != "Namespace"]
        space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}}
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": _ACCOUNT}}
        named = {each["metadata"]["name"] for each in spaces}
        own = [] if self.namespace in named else [space]
        self._apply([*own, *spaces, account, *inside])

    def _apply(self, found: Sequence[dict[str, Any]]) -> None:
        for each in found:
            info = BUILTIN[each["kind"]]
            if info.namespaced:
                each["metadata"].setdefault("namespace", self.namespace)
            elif (info.name, each["metadata"]["name"]) != ("Namespace", self.namespace):
                self.around.append(info.path(None, each["metadata"]["name"]))
            if (space := each["metadata"].get("namespace", self.namespace)) != self.namespace:
                self.around.append(info.path(space, each["metadata"]["name"]))
        Applier(self.link).apply(found)

    def settle(self) -> None:
        """Tell the statuses that are told, and wait for all that is waited for."""
        if self.settled:
            return
        for awaited in self.scenario.before:
            self._await(Awaited(**awaited))
        for found in self.later:
            self._apply(found)
        for gone in self.scenario.deleted:
            info = BUILTIN[gone["kind"]]
            self.link.delete(info.path(self.namespace, gone["name"])).raise_for_status()
        for patch in self.scenario.patches:
            self._patch(Patch(**patch))
        for awaited in self.scenario.wait:
            self._await(Awaited(**awaited))
        self.settled = True

    def remove(self) -> None:
        """Take the namespace and what is around it away, without waiting for its end."""
        for path in self.around:
            self.link.patch(path, headers=_MERGE, content=_LET_GO)
        for path in (*self.around, f"/api/v1/namespaces/{self.namespace}"):
            self.link.delete(path)

    def listed(self, kind: str) -> list[dict[str, Any]]:
        """Return all objects of a kind in the namespace; all there are of what is in none."""
        answer = self.link.get(BUILTIN[kind].path(self.namespace))
        answer.raise_for_status()
        return list(answer.json()["items"])

    def _await(self, awaited: Awaited) -> list[dict[str, Any]]:
        def met() -> list[dict[str, Any]]:
            found = awaited.among(self.listed(awaited.kind))
            return found if len(found) >= awaited.count else []

        return self.steps.until(met, f"{awaited} in {self.scenario.scenario}", _SECONDS, 0.3)

    def _patch(self, patch: Patch) -> None:
        for each in self._await(patch.awaited)[patch.skip :][: patch.most]:
            name = each["metadata"]["name"]
            if patch.status:
                path = f"{BUILTIN[patch.kind].path(self.namespace, name)}/status"
                told = orjson.dumps(_named({"status": patch.status}, name))
                self.link.patch(path, headers=_MERGE, content=told).raise_for_status()
            for number, event in enumerate(patch.events):
                self._tell(each, patch.kind, _named(event, name), number)

    def _tell(self, of: dict[str, Any], kind: str, event: dict[str, Any], number: int) -> None:
        about = of["metadata"]
        named = {"name": f"{about['name'][:200]}.{about['uid'][:8]}{number}"}
        involved = {"kind": kind, "name": about["name"], "uid": about["uid"]}
        if space := about.get("namespace"):
            involved["namespace"] = space
        stamp = about["creationTimestamp"]
        body = {
            "metadata": {**named, "namespace": self.namespace},
            "involvedObject": involved,
            "type": "Warning",
            "firstTimestamp": stamp,
            "lastTimestamp": stamp,
            "count": 1,
            **event,
        }
        path = BUILTIN["Event"].path(self.namespace)
        self.link.post(path, json=body).raise_for_status()


def values(node: Any, path: Sequence[str]) -> Iterator[Any]:
    """Give what stands at a path, in every item of the lists on the way."""
    if isinstance(node, list):
        for item in node:  # pyright: ignore[reportUnknownVariableType]
            yield from values(item, path)
    elif not path:
        yield node
    elif isinstance(node, dict) and path[0] in node:
        yield from values(node[path[0]], path[1:])


def _named(given: Any, name: str) -> Any:
    """Put an object's own name where POD stands."""
    if isinstance(given, dict):
        return {key: _named(value, name) for key, value in given.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(given, list):
        return [_named(value, name) for value in given]  # pyright: ignore[reportUnknownVariableType]
    return re.sub(r"\bPOD\b", name, given) if isinstance(given, str) else given
