"""The ways in which somebody may do something, and all who may. As the API's authorizer. Pure.

Bindings of the cluster hold everywhere; those of a namespace for requests in it. Whoever is in
`system:masters` may do everything, whatever RBAC says.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bailiwick_cluster.rights.binding import Binding, Book, Role, Subject
from bailiwick_cluster.rights.rule import ALL, Rule, allows
from bailiwick_cluster.upstream.reviews import Attributes, Who

MASTERS = "system:masters"
_UNBOUND = 1_000_000


@dataclass(frozen=True, slots=True)
class Way:
    """Why somebody may: a binding names `subject`, and a rule of its role allows it."""

    binding: Binding
    rule: Rule
    subject: Subject

    def __str__(self) -> str:
        """Name the binding and the role."""
        return str(self.binding)


def ways(book: Book, who: Who, asked: Attributes) -> list[Way]:
    """Find every way in which somebody may do something; none: RBAC allows it not."""
    return [way for way in _allowing(book, asked) if way.subject.is_(who)]


def holders(book: Book, asked: Attributes) -> Mapping[Subject, Sequence[Way]]:
    """Find all whom bindings let do something, each with the ways."""
    found: dict[Subject, list[Way]] = {}
    for way in _allowing(book, asked):
        found.setdefault(way.subject, []).append(way)
    return found


def veiled(book: Book, who: Who, asked: Attributes) -> list[Binding]:
    """Find the bindings of somebody whose roles could not be read: each may be a way."""
    return [b for b in _bound(book, who) if book.hides(b) and _in_scope(b, asked)]


def dangling(book: Book, who: Who) -> list[Binding]:
    """Find the bindings of somebody whose roles are not there."""
    return [b for b in _bound(book, who) if book.role(b) is None and not book.hides(b)]


def spaces(book: Book, who: Who, asked: Attributes) -> list[str]:
    """Name the namespaces in which bindings of their own let somebody do it."""
    own = sorted({b.namespace for b in _bound(book, who)} - {""})
    return [name for name in own if ways(book, who, replace(asked, namespace=name))]


def granting(book: Book, asked: Attributes) -> list[str]:
    """Name the ClusterRoles that allow something, those that allow least beside it first.

    Those of the system itself are no offer, and neither is one that allows everything.
    """
    fit = [
        role
        for role in book.roles.values()
        if not role.namespace
        and not role.name.startswith("system:")
        and any(allows(rule, asked) for rule in role.rules)
    ]
    sized = [(_breadth(role), role.name) for role in fit]
    return [name for breadth, name in sorted(sized) if breadth < _UNBOUND]


def _breadth(role: Role) -> int:
    """Count what a role allows: verbs times resources."""
    return sum(_UNBOUND if ALL in rule.resources else len(rule.verbs) * len(rule.resources)
               for rule in role.rules)  # fmt: skip


def bound_rules(book: Book, who: Who) -> Iterator[tuple[Binding, Rule]]:
    """Go through every rule that holds for somebody somewhere, with its binding."""
    for binding in _bound(book, who):
        role = book.role(binding)
        for rule in role.rules if role else ():
            yield binding, rule


def _allowing(book: Book, asked: Attributes) -> Iterator[Way]:
    for binding in book.bindings:
        role = book.role(binding) if _in_scope(binding, asked) else None
        rule = next((r for r in role.rules if allows(r, asked)), None) if role else None
        if rule is not None:
            for subject in dict.fromkeys(binding.subjects):
                yield Way(binding, rule, subject)


def _in_scope(binding: Binding, asked: Attributes) -> bool:
    return binding.namespace in ("", asked.namespace)


def _bound(book: Book, who: Who) -> Iterable[Binding]:
    return (b for b in book.bindings if any(subject.is_(who) for subject in b.subjects))
