"""Events of the API grouped by what is alike: reason, kind of object, and message. Pure.

The API keeps an event for each object and message; a hundred pods of one Deployment that lack one
Secret are a hundred of them, and one group here.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bailiwick.shaping.templates import Templates
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import mapping, number, text
from bailiwick_cluster.upstream import Object

WARNING = "Warning"
_MESSAGE = 1_000


@dataclass(frozen=True, slots=True)
class Event:
    """One event: how often between `first` and `last` (seconds since 1970; 0 where not told).

    `node` is where whoever told it runs, and whose clock it was told by; empty where not said.
    """

    type: str
    reason: str
    kind: str
    namespace: str
    name: str
    message: str
    count: int
    first: float
    last: float
    node: str = ""


@dataclass(slots=True)
class Group:
    """Events that are alike. `objects` counts by `namespace/name`."""

    type: str
    reason: str
    kind: str
    message: str
    count: int = 0
    first: float = 0.0
    last: float = 0.0
    objects: Counter[str] = field(default_factory=Counter[str])

    def add(self, event: Event) -> None:
        """Take one event in."""
        self.count += event.count
        where = f"{event.namespace}/{event.name}" if event.namespace else event.name
        self.objects[where] += event.count
        if event.last >= self.last:
            self.message = event.message or self.message
        self.last = max(self.last, event.last)
        self.first = min(self.first or event.first, event.first or self.first)


def slim(found: Object) -> Object | None:
    """Keep of an event what is told: of core/v1 and events.k8s.io/v1 alike."""
    about = mapping(found, "involvedObject") or mapping(found, "regarding")
    series = mapping(found, "series")
    last = (
        text(series, "lastObservedTime")
        or text(found, "lastTimestamp")
        or text(found, "eventTime")
        or text(found, "metadata", "creationTimestamp")
    )
    first = text(found, "firstTimestamp") or text(found, "eventTime") or last
    return {
        "type": text(found, "type"),
        "reason": text(found, "reason"),
        "kind": text(about, "kind"),
        "namespace": text(about, "namespace"),
        "name": text(about, "name"),
        "message": (text(found, "message") or text(found, "note"))[:_MESSAGE],
        "count": max(number(series, "count"), number(found, "count"), 1),
        "first": first,
        "last": last,
        **({"node": node} if (node := text(found, "source", "host")) else {}),
    }


def events(found: Iterable[Object]) -> list[Event]:
    """Read what `slim` kept."""
    return [
        Event(
            type=text(each, "type"),
            reason=text(each, "reason"),
            kind=text(each, "kind"),
            namespace=text(each, "namespace"),
            name=text(each, "name"),
            message=text(each, "message"),
            count=number(each, "count", default=1),
            first=moment(text(each, "first")),
            last=moment(text(each, "last")),
            node=text(each, "node"),
        )
        for each in found
    ]


def grouped(found: Sequence[Event]) -> list[Group]:
    """Group events; warnings first, then what happened last and most often."""
    alike: dict[tuple[str, str, str], Templates] = {}
    for event in found:
        key = (event.type, event.reason, event.kind)
        alike.setdefault(key, Templates()).add(_masked(event))
    groups: dict[tuple[str, str, str, str], Group] = {}
    for event in found:
        key = (event.type, event.reason, event.kind)
        template = alike[key].of(_masked(event))
        group = groups.setdefault((*key, template), Group(*key, event.message))
        group.add(event)
    return sorted(groups.values(), key=_urgency)


def _masked(event: Event) -> str:
    """Take the object's own name out of its message: it is what varies."""
    return event.message.replace(event.name, "<name>") if event.name else event.message


def _urgency(group: Group) -> tuple[bool, float, int, str]:
    minutes = group.last // 300
    return group.type != WARNING, -minutes, -group.count, group.reason
