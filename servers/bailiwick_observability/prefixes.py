"""A long list of names as a tree of what they begin with, for an overview in few bytes."""

from collections.abc import Sequence


def tree(names: Sequence[str], rows: int) -> list[tuple[str, int, str]]:
    """Group names into at most about `rows` prefixes: prefix, how many, an example.

    The largest group is split as long as there is room, so the rows are alike in size.
    """
    groups = _split("", sorted(names))
    while len(groups) < rows:
        largest = max(groups, key=lambda prefix: len(groups[prefix]), default="")
        if len(groups.get(largest, ())) < max(8, len(names) // rows):
            break
        parts = _split(largest, groups[largest])
        if parts.keys() == {largest} or len(groups) + len(parts) - 1 > rows:
            break
        del groups[largest]
        groups |= parts
    ranked = sorted(groups.items(), key=lambda one: (-len(one[1]), one[0]))
    told = [_row(prefix, members) for prefix, members in ranked[:rows]]
    rest = ranked[rows:]
    if rest:
        told.append((f"({len(rest)} more)", sum(len(m) for _, m in rest), rest[0][0]))
    return told


def _row(prefix: str, members: Sequence[str]) -> tuple[str, int, str]:
    if len(members) == 1:
        return members[0], 1, ""
    return f"{prefix}*", len(members), members[0][len(prefix) :]


def _split(prefix: str, names: Sequence[str]) -> dict[str, list[str]]:
    """Split by the next word after a prefix; words end with `_`, `:` or `.`."""
    parts: dict[str, list[str]] = {}
    for name in names:
        end = next((n for n in range(len(prefix), len(name)) if name[n] in "_:."), len(name) - 1)
        parts.setdefault(name[: end + 1], []).append(name)
    return parts
