"""Who may do something: people and groups first, through which binding, and where."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bailiwick.errors import Forbidden
from bailiwick.shaping.answer import Answer, Table
from bailiwick.wording import many
from bailiwick_cluster.parts import named
from bailiwick_cluster.rights.binding import Book, Subject
from bailiwick_cluster.rights.evaluation import Way, holders
from bailiwick_cluster.rights.gathering import Read
from bailiwick_cluster.rights.question import Wanted
from bailiwick_cluster.rights.rule import matched
from bailiwick_cluster.rights.subject import EVERYBODY, NOBODY

_SHOWN = 20
_NAMED = 4
_NOUNS = {"Group": "group", "User": "user", "ServiceAccount": "service account"}
_EVERYWHERE = "everywhere"


@dataclass(slots=True)
class Holder:
    """Somebody who may, in these namespaces (none: everywhere), and the first way found."""

    subject: Subject
    way: Way
    spaces: list[str]

    @property
    def system(self) -> bool:
        """Say whether it belongs to Kubernetes itself."""
        everybody = self.subject.name in (EVERYBODY, NOBODY, "system:serviceaccounts")
        own = self.subject.name.startswith("system:") and not everybody
        return own or self.subject.namespace == "kube-system"

    @property
    def urgency(self) -> tuple[bool, bool, str, str, str]:
        """Sort everybody first, then people and groups, then accounts, by name."""
        wide = self.subject.name in (EVERYBODY, NOBODY)
        kind = self.subject.kind
        return not wide, kind == "ServiceAccount", kind, self.subject.namespace, self.subject.name

    @property
    def label(self) -> str:
        """Name it in a sentence of ours."""
        if self.subject.kind == "ServiceAccount":
            return f"sa {named(self.subject.namespace)}/{named(self.subject.name)}"
        return f"{_NOUNS[self.subject.kind]} {named(self.subject.name)}"


def found(book: Book, wanted: Wanted) -> list[Holder]:
    """Find all who may: where asked, or of a question about all namespaces in any of them."""
    known = {s: Holder(s, w[0], []) for s, w in holders(book, wanted.asked).items()}
    if wanted.spaced and not wanted.asked.namespace:
        for space in sorted({b.namespace for b in book.bindings} - {""}):
            inside = holders(book, replace(wanted.asked, namespace=space))
            _add(known, {s: w for s, w in inside.items() if w[0].binding.namespace}, space)
    return sorted(known.values(), key=lambda each: each.urgency)


def _add(known: dict[Subject, Holder], more: Mapping[Subject, Sequence[Way]], space: str) -> None:
    for subject, ways in more.items():
        holder = known.get(subject)
        if holder is None:
            known[subject] = Holder(subject, ways[0], [space])
        elif holder.spaces:  # who may everywhere needs no list of places
            holder.spaces.append(space)


def answer(read: Read, wanted: Wanted, sees: Callable[[str], bool]) -> Answer:
    """Say how many may and name the first, then list them; the system's own are only counted."""
    if read.nothing:
        raise Forbidden(
            "the cluster does not let you list role bindings, so who may cannot be told;"
            " ask about one: `subject`"
        )
    every = found(read.book, wanted)
    shown = [h for h in every if not h.system and (h.subject.namespace == "" or _seen(h, sees))]
    hidden = sorted({h.subject.namespace for h in every if not h.system and not _seen(h, sees)})
    own = sum(h.system for h in every)
    withheld = [read.withheld, *(f"accounts of {named(name)} (policy)" for name in hidden)]
    return Answer(
        f"{_count(shown)} may {wanted.label}{_where(wanted)}{_first(shown)}",
        Table(
            ("WHO", "NAME", "WHERE", "THROUGH", "RULE"),
            [_row(holder, wanted) for holder in shown[:_SHOWN]],
            "RBAC",
        )
        if shown
        else None,
        total=len(shown),
        withheld=", ".join(dict.fromkeys(part for part in withheld if part)),
        notes=(*_notes(read, wanted, own), *read.notes),
    )


def _seen(holder: Holder, sees: Callable[[str], bool]) -> bool:
    return not holder.subject.namespace or sees(holder.subject.namespace)


def _where(wanted: Wanted) -> str:
    if wanted.spaced and not wanted.asked.namespace:
        return " in some namespace or all"
    return wanted.where


def _count(shown: Iterable[Holder]) -> str:
    kinds = [holder.subject.kind for holder in shown]
    told = [many(kinds.count(k), noun) for k, noun in _NOUNS.items() if k in kinds]
    return ", ".join(told) if told else "nobody but the system"


def _first(shown: Sequence[Holder]) -> str:
    if not shown:
        return ""
    more = f" and {len(shown) - _NAMED} more" if len(shown) > _NAMED else ""
    return f": {', '.join(holder.label for holder in shown[:_NAMED])}{more}"


def _row(holder: Holder, wanted: Wanted) -> tuple[str, ...]:
    subject = holder.subject
    name = f"{subject.namespace}/{subject.name}" if subject.namespace else subject.name
    some = ", ".join(holder.spaces[:6])
    more = f" +{len(holder.spaces) - 6}" if len(holder.spaces) > 6 else ""
    place = f"{some}{more}" or wanted.asked.namespace or _EVERYWHERE
    return (
        _NOUNS[subject.kind],
        name,
        place,
        str(holder.way),
        matched(holder.way.rule, wanted.asked),
    )


def _notes(read: Read, wanted: Wanted, own: int) -> list[str]:
    notes: list[str] = []
    if own:
        notes.append(f"not shown: {many(own, 'holder')} of the system (system:*, kube-system)")
    asked = wanted.asked
    if asked.resource == "secrets" and asked.verb in ("get", "list", "watch", "*"):
        notes.append("whoever may create Pods or exec into them there gets at its Secrets, too:"
                     " ask verb=create resource=pods")  # fmt: skip
    hidden = sum(read.book.hides(binding) for binding in read.book.bindings)
    if hidden:
        notes.append(f"{many(hidden, 'binding')} with roles that you may not read are left out")
    notes.append("members of groups are not known to the API; nor what other authorizers allow")
    return notes
