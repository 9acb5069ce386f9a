"""All that somebody may do: what is dangerous first, with the reason, then the rest in short."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bailiwick.shaping.answer import Answer, Table
from bailiwick.wording import many
from bailiwick_cluster.parts import named
from bailiwick_cluster.rights.binding import Binding
from bailiwick_cluster.rights.danger import DANGERS, dangers
from bailiwick_cluster.rights.evaluation import MASTERS, bound_rules, dangling
from bailiwick_cluster.rights.gathering import Read
from bailiwick_cluster.rights.rule import Rule
from bailiwick_cluster.rights.subject import Asked

_READS = frozenset({"get", "list", "watch"})
_EVERYWHERE = "everywhere"
_LISTED = 8
_PLACES = 3


@dataclass(slots=True)
class Right:
    """One dangerous right: where it holds, on which objects alone (none: all), through what."""

    rank: int
    spaces: set[str] = field(default_factory=set[str])
    names: set[str] = field(default_factory=set[str])
    through: dict[str, None] = field(default_factory=dict[str, None])

    def add(self, space: str, names: Sequence[str], through: str) -> None:
        """Take in one more rule that gives it."""
        self.names |= {*names}
        self.spaces.add(space)
        if through:
            self.through[through] = None

    @property
    def where(self) -> str:
        """Say where it holds."""
        return place(self.spaces)

    @property
    def why(self) -> str:
        """Say why it is dangerous, or that it is for some names only."""
        why = DANGERS[self.rank].why
        if not self.names:
            return why
        some = "1 name" if len(self.names) == 1 else f"{len(self.names)} names"
        return f"{why}, but for {some} only"

    @property
    def limit(self) -> str:
        """Say which objects it is limited to."""
        if not self.names:
            return ""
        some = sorted(self.names)
        return f" (only {', '.join(some[:3])}{' …' if len(some) > 3 else ''})"


@dataclass(slots=True)
class Profile:
    """What was found in all rules: dangers by rank; and whether it reads only, what, and where."""

    rights: dict[tuple[int, bool], Right] = field(default_factory=dict[tuple[int, bool], Right])
    rest: list[tuple[bool, str, str]] = field(default_factory=list[tuple[bool, str, str]])

    def add(self, rule: Rule, space: str, through: str) -> None:
        """Look at one rule, which holds in a namespace or (none) everywhere."""
        found = dangers(rule, wide=not space)
        for each in found:
            self.found(each.rank, space, each.names, through)
        if all(each.rank for each in found):
            self.also(rule, space)

    def found(self, rank: int, space: str, names: Sequence[str] = (), through: str = "") -> None:
        """Keep one danger."""
        self.rights.setdefault((rank, bool(names)), Right(rank)).add(space, names, through)

    def also(self, rule: Rule, space: str) -> None:
        """Keep what a rule is about for the lines below the table."""
        reads = set(rule.verbs) <= _READS
        self.rest += [(reads, resource, space) for resource in rule.resources]

    def spread(self, *, reads: bool) -> dict[str, set[str]]:
        """Return the resources of the rules that only read, or of the others, with the places."""
        found: dict[str, set[str]] = {}
        for how, resource, space in self.rest:
            if how == reads:
                found.setdefault(resource, set()).add(space)
        return found

    @property
    def worst(self) -> list[Right]:
        """Return the dangers, the worst first; one that holds everywhere before its like."""
        return [self.rights[key] for key in sorted(self.rights)]


def place(spaces: Iterable[str]) -> str:
    """Say where something holds: everywhere, or in which namespaces."""
    known = sorted(set(spaces))
    if "" in known:
        return _EVERYWHERE
    more = f" +{len(known) - 5}" if len(known) > 5 else ""
    return ", ".join(known[:5]) + more


def of_bindings(rules: Iterable[tuple[Binding, Rule]], namespace: str | None) -> Profile:
    """Look at all rules that hold for somebody, in one namespace or all."""
    made = Profile()
    for binding, rule in rules:
        if namespace is None or binding.namespace in ("", namespace):
            made.add(rule, binding.namespace, str(binding))
    return made


def answer(subject: Asked, read: Read, namespace: str | None, about: Sequence[str] = ()) -> Answer:
    """Say the worst first; then a table of what is dangerous, and a line for the rest."""
    made = of_bindings(bound_rules(read.book, subject.who), namespace)
    notes = [*about, *read.notes]
    if MASTERS in subject.who.groups:
        notes.insert(0, f"it is in {MASTERS}, which may do everything, whatever RBAC says")
    loose = dangling(read.book, subject.who)
    if loose:
        notes.append(f"bound to a role that is not there: {', '.join(map(str, loose[:3]))}")
    if subject.guessed:
        notes.append("groups of a user are known when they sign in only; add them:"
                     f" subject=user:{subject.label},group:…")  # fmt: skip
    return shown(subject, made, namespace, read.withheld, notes)


def shown(
    subject: Asked, made: Profile, namespace: str | None, withheld: str, notes: Sequence[str]
) -> Answer:
    """Make the answer of a profile."""
    rows = [
        (
            f"{DANGERS[right.rank].title}{right.limit}",
            right.where,
            right.why,
            _through(right),
        )
        for right in made.worst
    ]
    return Answer(
        _says(subject, made, namespace),
        Table(("MAY", "WHERE", "SO IT", "THROUGH"), rows, "RBAC") if rows else None,
        total=len(rows),
        withheld=withheld,
        notes=(*_rest(made), *notes),
    )


def _says(subject: Asked, made: Profile, namespace: str | None) -> str:
    where = f" in {namespace}" if namespace else ""
    if not made.rights:
        some = "nothing dangerous" if made.rest else "nothing: no rule names it or its groups"
        return f"{subject.label} may do {some}{where}"
    first = made.worst[0]
    more = len(made.rights) - 1
    told = f"{subject.label} may {DANGERS[first.rank].title} {_in(first.where)}"
    through = next(iter(first.through), "")
    return (
        f"{told}: {first.why}{f' ({through})' if through else ''}"
        + (f"; and {many(more, 'more dangerous right')}" if more else "")
    )  # fmt: skip


def _in(where: str) -> str:
    return where if where == _EVERYWHERE else f"in {where}"


def _through(right: Right) -> str:
    some = list(right.through)
    more = f" (+{len(some) - 1})" if len(some) > 1 else ""
    return f"{some[0]}{more}" if some else ""


def _rest(made: Profile) -> list[str]:
    """Say in a line for each place what else it may change, and what it may read."""
    told = {what for rank, _ in made.rights for what in DANGERS[rank].resources}
    lines: list[str] = []
    for reads, verb in ((False, "uses or changes"), (True, "reads")):
        by_place: dict[str, list[str]] = {}
        for what, spaces in made.spread(reads=reads).items():
            if what not in told and not what.startswith("selfsubject"):
                by_place.setdefault(place(spaces), []).append(what)
        for where, kept in sorted(by_place.items(), key=lambda item: -len(item[1]))[:_PLACES]:
            some = ", ".join(map(named, kept[:_LISTED]))
            more = f" and {len(kept) - _LISTED} more" if len(kept) > _LISTED else ""
            lines.append(f"{_in(where)} it {verb} {some}{more}")
    return lines
