"""Lines of a summary: labels, ages, amounts, and cuts where something is too long. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from bailiwick.wording import age
from bailiwick_cluster.moments import moment
from bailiwick_cluster.parts import listing, mapping, number, text

MOST = 12
"""Entries of one list that are shown; the others are counted."""
_WIDEST = 200


@dataclass(slots=True)
class Lines:
    """Lines under each other; what says nothing makes no line."""

    now: float
    found: list[str] = field(default_factory=list[str])

    def add(self, label: str, *parts: str) -> None:
        """Write `label: part, part`, of the parts that say something."""
        said = ", ".join(part for part in parts if part)
        if said:
            self.found.append(cut(f"{label}: {said}"))

    def under(self, label: str, entries: Iterable[str], most: int = MOST) -> None:
        """Write a label, and each entry indented under it."""
        every = [entry for entry in entries if entry]
        if not every:
            return
        self.found.append(f"{label}:")
        self.found += [f"  {cut(entry)}" for entry in every[:most]]
        if len(every) > most:
            self.found.append(f"  and {len(every) - most} more")

    def ago(self, said: str) -> str:
        """Write how long ago a time of the API is: `3 d ago`; nothing where there is none."""
        return f"{self.age(said)} ago" if moment(said) else ""

    def age(self, said: str) -> str:
        """Write an age; nothing where there is none."""
        return age(max(self.now - moment(said), 0)) if moment(said) else ""


def cut(said: str, most: int = _WIDEST) -> str:
    """Put text on one line of at most `most` characters."""
    flat = " ".join(said.split()) if "\n" in said else said
    return flat if len(flat) <= most else f"{flat[: most - 1]}…"


def some(names: Iterable[str], most: int = 6) -> str:
    """Name some, and count the others."""
    every = [name for name in names if name]
    more = len(every) - most
    return ", ".join(every[:most]) + (f" and {more} more" if more > 0 else "")


def counted(words: Iterable[str]) -> str:
    """Count words, the most frequent first: `3 Running, 1 Pending`."""
    return ", ".join(f"{count} {word}" for word, count in Counter(words).most_common(8))


def pairs(said: Mapping[str, Any], sign: str = "=") -> str:
    """Write `a=b, c=d` of what is text or a number."""
    shown = [f"{key}{sign}{value}" for key, value in said.items() if isinstance(value, str | int)]
    return some(shown, 10)


def resources(said: Mapping[str, Any]) -> str:
    """Write `cpu 100m, memory 1Gi`."""
    return pairs(said, " ")


def value(node: Any, *path: str) -> str:
    """Write what stands at a path, text or number, such as a port or a percentage."""
    *parents, last = path
    found = mapping(node, *parents).get(last)
    if isinstance(found, bool):
        return str(found).lower()
    return str(cast("Any", found)) if isinstance(found, str | int | float) else ""


def name(found: Any) -> str:
    """Return the name of an object."""
    return text(found, "metadata", "name")


def conditions(found: Any, lines: Lines, good: Iterable[str]) -> None:
    """Write the conditions that are not as they should be in full, the others by name.

    Those in `good` should be true, all others false. What several say alike is said once.
    """
    fine, bad = list[str](), dict[str, list[str]]()
    for one in listing(found, "status", "conditions"):
        kind, status = text(one, "type"), text(one, "status")
        told = f"{kind}={status}"
        if (status == "True") == (kind in good) and status != "Unknown":
            fine.append(told)
            continue
        since = lines.age(text(one, "lastTransitionTime"))
        why = ": ".join(filter(None, (text(one, "reason"), text(one, "message"))))
        bad.setdefault(f"{f' for {since}' if since else ''} {why}".rstrip(), []).append(told)
    entries = [f"{some(kinds)}{why}" for why, kinds in bad.items()]
    lines.under("conditions", [*entries, *([some(fine, 10)] if fine else [])])


def ready(found: Any) -> bool:
    """Say whether a pod's own condition says that it is ready."""
    return any(
        text(one, "type") == "Ready" and text(one, "status") == "True"
        for one in listing(found, "status", "conditions")
    )


def restarts(found: Any) -> int:
    """Add up how often a pod's containers were restarted."""
    return sum(number(one, "restartCount") for one in listing(found, "status", "containerStatuses"))
