"""May somebody do something: what RBAC says and why, what the API says, and what would allow it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bailiwick.shaping.answer import Answer, Block, Table
from bailiwick.wording import many
from bailiwick_cluster.parts import named
from bailiwick_cluster.rights.evaluation import (
    MASTERS,
    Way,
    dangling,
    granting,
    spaces,
    veiled,
    ways,
)
from bailiwick_cluster.rights.gathering import Read
from bailiwick_cluster.rights.question import Wanted
from bailiwick_cluster.rights.rule import Rule, matched
from bailiwick_cluster.rights.subject import Asked
from bailiwick_cluster.upstream.reviews import Attributes, Verdict

_SHOWN = 5
_VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
_UNSURE = "the API does not let you ask about others, so this is read from RBAC alone"
_OTHERS = "another authorizer (a webhook, or the one for nodes) decides, too"


@dataclass(frozen=True, slots=True)
class May:
    """One question with all that is known about it."""

    subject: Asked
    wanted: Wanted
    read: Read
    said: Verdict | None

    @property
    def found(self) -> list[Way]:
        """The ways that RBAC gives."""
        return ways(self.read.book, self.subject.who, self.wanted.asked)

    @property
    def master(self) -> bool:
        """Say whether the subject stands above RBAC."""
        return MASTERS in self.subject.who.groups

    @property
    def complete(self) -> bool:
        """Say whether all that RBAC holds for this question could be read."""
        needed = {"ClusterRoleBinding"}
        if self.wanted.asked.namespace:
            needed |= {"RoleBinding"}
        hidden = veiled(self.read.book, self.subject.who, self.wanted.asked)
        return self.subject.known and not needed & self.read.book.gaps and not hidden


def answer(may: May) -> Answer:
    """Answer yes or no first, then why, then what is not known."""
    found = may.found
    allowed = bool(found) or may.master
    if may.said is not None:
        allowed = may.said.allowed
    known = allowed or may.complete or may.said is not None
    head = "yes" if allowed else "no" if known else "not known"
    can = "may" if allowed else "may not" if known else "may perhaps"
    elsewhere = [] if allowed else _elsewhere(may)
    says = f"{head}: {may.subject.label} {can} {may.wanted.label}{may.wanted.where}"
    return Answer(
        says=says + (_why(may, found) if allowed else _but(elsewhere)),
        table=_table(found, may.wanted.asked)
        if len(found) > 1 or (found and _limited(found[0].rule))
        else None,
        blocks=_words(may.said, found, may),
        withheld=may.read.withheld,
        notes=(*_doubts(may, found), *(() if allowed else _missing(may)), *may.read.notes),
    )


def _why(may: May, found: Sequence[Way]) -> str:
    if may.master:
        return f": it is in {MASTERS}, which stands above RBAC"
    if not found:
        return "" if may.complete else " (the API says so; why could not be read)"
    more = f", and {many(len(found) - 1, 'other way')}" if len(found) > 1 else ""
    through = "" if found[0].subject.kind != "Group" else f" (group {named(found[0].subject.name)})"
    return f": {found[0]}{through}{more}"


def _but(elsewhere: Sequence[str]) -> str:
    if not elsewhere:
        return ""
    more = f" and {len(elsewhere) - _SHOWN} more" if len(elsewhere) > _SHOWN else ""
    return f"; it may in {', '.join(elsewhere[:_SHOWN])}{more}"


def _elsewhere(may: May) -> list[str]:
    """Name the namespaces where it may, of a question about all of them."""
    if may.wanted.asked.namespace or not may.wanted.spaced:
        return []
    return spaces(may.read.book, may.subject.who, may.wanted.asked)


def _doubts(may: May, found: Sequence[Way]) -> list[str]:
    """Say where RBAC as read and the API differ, and what was not compared."""
    notes: list[str] = []
    ours = bool(found) or may.master
    if may.said is None:
        notes.append(_UNSURE)
    elif may.said.allowed and not ours and may.complete:
        notes.append(f"the API says yes and no rule of RBAC does: {_OTHERS}")
    elif ours and not may.said.allowed:
        through = found[0] if found else MASTERS
        notes.append(f"RBAC allows it ({through}); the API says no: {_OTHERS}, or it just changed")
    hidden = veiled(may.read.book, may.subject.who, may.wanted.asked)
    if hidden and not ours:
        told = ", ".join(map(str, hidden[:3]))
        notes.append(f"{many(len(hidden), 'binding')} whose role you may not read: {told}")
    if may.subject.guessed and not ours:
        notes.append("groups of a user are known when they sign in only; add them:"
                     f" subject=user:{may.subject.label},group:…")  # fmt: skip
    return notes


def _missing(may: May) -> list[str]:
    """Say what somebody may do instead, and the smallest rule that would allow it."""
    asked = may.wanted.asked
    notes: list[str] = []
    may_do = [v for v in _VERBS if ways(may.read.book, may.subject.who, replace(asked, verb=v))]
    if may_do and not asked.path:
        notes.append(f"on the same it may: {', '.join(may_do)}")
    loose = dangling(may.read.book, may.subject.who)
    if loose:
        notes.append(f"bound to a role that is not there: {', '.join(map(str, loose[:3]))}")
    notes.append(f"would allow it (nothing was changed): {smallest(may.subject, may.wanted)}")
    if roles := [named(name) for name in granting(may.read.book, asked)[:2]]:
        notes.append(f"ClusterRoles that allow it, with more: {', '.join(roles)}")
    return notes


def smallest(subject: Asked, wanted: Wanted) -> str:
    """Write the smallest role that allows a request, and to whom it would be bound."""
    asked = wanted.asked
    kind = "Role" if asked.namespace and not asked.path else "ClusterRole"
    place = f" in {asked.namespace}" if kind == "Role" else ""
    return f"{kind}{place} with {_rule(asked)}, bound to {_bound(subject)}"


def _rule(asked: Attributes) -> str:
    if asked.path:
        return f'{{nonResourceURLs: ["{asked.path}"], verbs: [{asked.verb}]}}'
    names = f", resourceNames: [{asked.name}]" if asked.name else ""
    return (
        f'{{apiGroups: ["{asked.group}"], resources: ["{asked.combined}"]{names},'
        f" verbs: [{asked.verb}]}}"
    )


def _bound(subject: Asked) -> str:
    if subject.kind == "group":
        return subject.label
    return subject.label if subject.label.startswith("sa ") else f"user {subject.label}"


def _limited(rule: Rule) -> bool:
    return bool(rule.names)


def _table(found: Sequence[Way], asked: Attributes) -> Table:
    rows = [(str(w), w.subject.kind, w.subject.name, matched(w.rule, asked)) for w in found]
    return Table(("THROUGH", "NAMES", "WHOM", "RULE"), rows[:_SHOWN], "RBAC")


def _words(said: Verdict | None, found: Sequence[Way], may: May) -> tuple[Block, ...]:
    """Quote the API where it says more than RBAC explains."""
    if said is None:
        return ()
    explained = said.allowed and (bool(found) or may.master)
    told = said.trouble if explained else f"{said.reason} {said.trouble}"
    return (Block("the API's reason", told[:600]),) if told.strip() else ()
