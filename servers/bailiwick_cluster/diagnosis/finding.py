"""What a diagnosis is made of: signs that causes see, and findings that people read."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from bailiwick_cluster.diagnosis.names import Ref
from bailiwick_cluster.diagnosis.snapshot import Snapshot


class Layer(IntEnum):
    """How deep a cause lies; of findings that hurt alike the deeper one is told first.

    Something of the whole cluster, of a node, of a namespace, of what a pod is made of, of its
    process; then what follows from pods: rollouts, traffic inside, traffic from outside; and last
    what does not hurt yet.
    """

    CLUSTER = 0
    NODE = 1
    NAMESPACE = 2
    PARTS = 3
    PROCESS = 4
    ROLLOUT = 5
    TRAFFIC = 6
    EDGE = 7
    ADVICE = 8


class Severity(IntEnum):
    """How much it hurts now."""

    RISK = 1
    DEGRADED = 2
    DOWN = 3


@dataclass(frozen=True, slots=True)
class Step:
    """What to do next: a call of one of our tools. The cluster is added where it is told."""

    tool: str
    arguments: Mapping[str, str | int | bool] = field(default_factory=dict[str, str | int | bool])


@dataclass(frozen=True, slots=True)
class LogOf:
    """Whose last lines would show more: a container of a pod, now or before its last restart."""

    namespace: str
    pod: str
    container: str
    previous: bool


@dataclass(frozen=True, slots=True)
class Sign:
    """One object that shows a cause.

    `about` is what is at fault, and signs with the same `about` and `key` are one finding. `what`
    says it in our own words, with names that are plain (`plain`) and numbers only; whatever else
    was written by others goes to `evidence`. `shown` is the object that suffers, `owner` the
    workload it belongs to, `effect` what it cannot do: `cannot start`.

    `explains` are objects whose trouble follows from this one, beside `shown`, its owners and
    `about`. `depends` are objects whose trouble would explain this sign: where other findings
    touch all of them, this is one of their consequences and no finding of its own. One that only
    `follows` is no trouble by itself, and is left out where nothing explains it.
    """

    about: Ref
    what: str
    key: str = ""
    shown: Ref | None = None
    owner: Ref | None = None
    effect: str = ""
    evidence: tuple[str, ...] = ()
    severity: Severity = Severity.DOWN
    explains: tuple[Ref, ...] = ()
    depends: tuple[Ref, ...] = ()
    follows: bool = False
    step: Step | None = None
    since: float = 0.0
    log: LogOf | None = None


Look = Callable[[Snapshot], Iterator[Sign]]


@dataclass(frozen=True, slots=True)
class Cause:
    """One way to fail, and how it is recognised. Without all of `needs` it is not looked for."""

    name: str
    layer: Layer
    needs: tuple[str, ...]
    look: Look


@dataclass(slots=True)
class Finding:
    """Signs of one cause about one thing. Counts objects by owner; `since` in seconds, 0 unknown.

    `consequences` are findings that this one explains.
    """

    cause: str
    layer: Layer
    sign: Sign
    severity: Severity
    owners: Counter[Ref] = field(default_factory=Counter[Ref])
    shown: set[Ref] = field(default_factory=set[Ref])
    explained: set[Ref] = field(default_factory=set[Ref])
    depends: set[Ref] = field(default_factory=set[Ref])
    evidence: list[str] = field(default_factory=list[str])
    consequences: list["Finding"] = field(default_factory=list["Finding"])
    since: float = 0.0

    @property
    def touched(self) -> set[Ref]:
        """Everything it is about, shows in, or explains."""
        return {self.sign.about, *self.shown, *self.owners, *self.explained}

    def below(self) -> Iterator["Finding"]:
        """Give everything that follows from this, the nearest first."""
        yield from self.consequences
        for each in self.consequences:
            yield from each.below()
