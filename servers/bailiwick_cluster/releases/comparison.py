"""Two manifests compared: which objects come, change and go, and in which fields. Pure."""

import difflib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from bailiwick_cluster.releases.documents import Document, Manifest
from bailiwick_cluster.releases.structure import (
    ABSENT,
    Both,
    Difference,
    both,
    differences,
    written,
)

_LONGEST = 160
"""Characters of one value in a difference."""
_MOST_LINES = 30
"""Lines that are shown of the difference of one long text."""
_HIDDEN = "(changed, and not shown)"


@dataclass(frozen=True, slots=True)
class Change:
    """One object that is in both, with what differs."""

    document: Document
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one manifest has more, less and other than another, in the order of the manifests."""

    created: tuple[Document, ...]
    changed: tuple[Change, ...]
    removed: tuple[Document, ...]
    same: int

    @property
    def empty(self) -> bool:
        """Say whether there is no difference at all."""
        return not (self.created or self.changed or self.removed)

    def counted(self) -> str:
        """Say how many of each: `1 object created, 2 changed, none removed`."""
        first = f"{len(self.created)} object{'' if len(self.created) == 1 else 's'} created"
        return f"{first}, {len(self.changed)} changed, {len(self.removed)} removed"


def compared(before: Manifest, after: Manifest) -> Comparison:
    """Compare two manifests object by object."""
    old = {each.key: each for each in before.documents}
    new = {each.key: each for each in after.documents}
    changed: list[Change] = []
    for key, document in new.items():
        if key in old:
            found = tuple(differences(both(old[key].body), both(document.body)))
            if found:
                changed.append(Change(document, found))
    kept = sum(key in old for key in new)
    return Comparison(
        tuple(each for key, each in new.items() if key not in old),
        tuple(changed),
        tuple(each for key, each in old.items() if key not in new),
        kept - len(changed),
    )


def told(found: Comparison, most: int = 6_000) -> str:
    """Write what changes, goes and comes, in the manner of a unified diff, within `most` bytes."""
    parts = [
        *(changed(f"~ {named(each.document)}", each.differences) for each in found.changed),
        *(f"- {named(each)}{' (stays: resource-policy keep)' if each.kept else ''}"
          for each in found.removed),
        *(f"+ {named(each)}" for each in found.created),
    ]  # fmt: skip
    return fitting(parts, most)


def fitting(parts: Sequence[str], most: int) -> str:
    """Join as many parts as fit, and say how many did not."""
    lines: list[str] = []
    used = 0
    for number, part in enumerate(parts):
        used += len(part.encode(errors="replace")) + 1
        if used > most and lines:
            return "\n".join([*lines, f"… and {len(parts) - number} objects more"])
        lines.append(part)
    return "\n".join(lines)


def named(document: Document) -> str:
    """Name an object as it is written: `Deployment web`."""
    return f"{document.kind or '(no kind)'} {document.name or '(no name)'}"


def changed(head: str, found: Sequence[Difference]) -> str:
    """Write the differences of two trees."""
    lines = [head]
    for each in found:
        lines += _lines(each)
    return "\n".join(lines)


def _lines(each: Difference) -> list[str]:
    where = written(each.path)
    if each.hidden:
        return [f"  {where}: {_HIDDEN}"]
    one, other = each.before.shown, each.after.shown
    if isinstance(one, str) and isinstance(other, str) and "\n" in one + other:
        return [f"  {where}:", *_long(one, other)]
    shown: list[str] = []
    shown += [f"-   {where}: {brief(one)}"] if each.before.there else []
    shown += [f"+   {where}: {brief(other)}"] if each.after.there else []
    return shown


def _long(one: str, other: str) -> list[str]:
    """Write how two texts of several lines differ."""
    diff = difflib.unified_diff(
        one.splitlines()[:2_000], other.splitlines()[:2_000], lineterm="", n=1
    )
    lines = [line[:_LONGEST] for line in diff if not line.startswith(("---", "+++", "@@"))]
    rest = len(lines) - _MOST_LINES
    kept = lines[:_MOST_LINES]
    return [*(f"{each[:1]}     {each[1:]}" for each in kept), *([f"  … {rest} lines"] * (rest > 0))]


def brief(value: Any) -> str:
    """Write a value on one line, as JSON unless it is plain text."""
    if value is ABSENT:
        return "(not there)"
    said = value if isinstance(value, str) and value else orjson.dumps(value).decode()
    said = said.replace("\n", "⏎")
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…(+{len(said) - _LONGEST})"


def values(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Write how the values of two revisions differ; empty where they do not."""
    found = list(differences(both(before), both(after)))
    return changed("~ values", found) if found else ""


def kinds(documents: Sequence[Document]) -> Counter[str]:
    """Count objects by kind."""
    return Counter(each.kind for each in documents)


__all__ = ["Both", "Change", "Comparison", "compared", "told"]
