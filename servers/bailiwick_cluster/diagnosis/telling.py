"""A diagnosis as an answer: the first line is the cause, and each finding fits in a few lines.

What is told in our own words are kinds, numbers and names of workloads; names of pods, and what
programs and controllers said, stand fenced in the table.
"""

from collections.abc import Collection, Sequence

from bailiwick.shaping.answer import Answer, Table
from bailiwick.wording import age, many
from bailiwick_cluster.diagnosis.finding import Finding, Layer, Ref, Severity, Step
from bailiwick_cluster.diagnosis.photographing import Taken

_OWNERS = 2
_CONSEQUENCES = 3
_EVIDENCE = 150
"""Characters of a finding's evidence."""
_FRAME = 300
"""Bytes of an answer beside its words: the fence, the head of the table, the counts."""
_WORDS = {Severity.DOWN: "down", Severity.DEGRADED: "degraded", Severity.RISK: "risk"}


def told(
    cluster: str,
    taken: Taken,
    found: Sequence[Finding],
    where: str,
    most: int,
    well: str,
    room: int = 4_000,
) -> Answer:
    """Write the findings of a place, at most as many as fit into `room` bytes.

    `well` is said where there are none.
    """
    says, gaps = _headline(found, where) or well, (*taken.notes, *_unread(taken))
    left = room - _FRAME - sum(map(_size, (says, taken.withheld, *gaps)))
    rows: list[tuple[str, ...]] = []
    notes: list[str] = []
    for number, each in enumerate(found[:most], 1):
        row, note = _row(number, each, taken.snapshot.now), _notes(number, each, cluster)
        left -= sum(map(_size, (*row, *note)))
        if left < 0 and rows:
            break
        rows.append(row)
        notes += note
    if rest := len(found) - len(rows):
        how = "give a larger limit" if len(rows) == most else "ask about one namespace"
        notes.append(f"{many(rest, 'more cause')} not shown: {how}")
    return Answer(
        says=says,
        table=Table(("#", "HOW", "SINCE", "OBJECTS", "EVIDENCE"), rows, "cluster")
        if rows
        else None,
        total=len(found) if found else None,
        withheld=taken.withheld,
        notes=(*notes, *gaps),
    )


def _size(words: str) -> int:
    """Count bytes, with what stands between these and the next."""
    return len(words.encode()) + 1


def _headline(found: Sequence[Finding], where: str) -> str:
    if not found:
        return ""
    first = sentence(found[0])
    if len(found) == 1:
        return f"{first} ({where})"
    harmless = sum(each.layer is Layer.ADVICE for each in found)
    hurting = len(found) - harmless
    more = [f"{many(hurting, 'cause')} of trouble"] if hurting else []
    more += [f"{many(harmless, 'risk')}"] if harmless else []
    return f"{first}. In all {' and '.join(more)} in {where}"


def sentence(finding: Finding) -> str:
    """Say a finding in one sentence, in our own words."""
    affected = _affected(finding)
    effect = f" {finding.sign.effect}" if finding.sign.effect else ""
    return f"{finding.sign.what}: {affected}{effect}" if affected else finding.sign.what


def _affected(finding: Finding) -> str:
    """Say how many objects of which workloads suffer."""
    owners = finding.owners.most_common()
    if not owners:
        return ""
    if len(owners) == 1 and finding.shown == {owners[0][0]}:
        own = owners[0][0]
        return "" if str(own) in finding.sign.what else str(own)
    kinds = {each.kind for each in finding.shown}
    what = kinds.pop().lower() if len(kinds) == 1 else "object"
    names = " and ".join(str(owner) for owner, _ in owners[:_OWNERS])
    more = len(owners) - _OWNERS
    rest = f" and {more} more" if more > 0 else ""
    return f"{many(len(finding.shown), what)} of {names}{rest}"


def _row(number: int, finding: Finding, now: float) -> tuple[str, ...]:
    names = sorted(each.name for each in finding.shown if each != finding.sign.about)
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    objects = f"{names[0]}{more}" if names else ""
    since = age(now - finding.since) if 0 < finding.since < now else ""
    lines = " / ".join(line.strip()[:_EVIDENCE] for line in finding.evidence if line.strip())
    return (str(number), _WORDS[finding.severity], since, objects, lines)


def _notes(number: int, finding: Finding, cluster: str) -> list[str]:
    """Write what a finding explains, and what to do next; the first line has told the first."""
    parts = [] if number == 1 else [sentence(finding)]
    follows = [sentence(each) for each in finding.below()]
    if follows:
        more = len(follows) - _CONSEQUENCES
        rest = f"; and {more} more" if more > 0 else ""
        parts.append(f"It explains: {'; '.join(follows[:_CONSEQUENCES])}{rest}")
    if finding.sign.step:
        parts.append(f"Next: {written(finding.sign.step, cluster)}")
    if meanwhile := _meanwhile(finding):
        parts.append(f"Meanwhile: {written(meanwhile, cluster)}")
    return [f"{number}. {'. '.join(parts)}"] if parts else []


def _meanwhile(finding: Finding) -> Step | None:
    """Give the way back to what served before, where a consequence of a finding knows one."""
    for each in finding.below():
        if each.sign.step is not None and each.sign.step.tool == "rollback_workload":
            return each.sign.step
    return None


def written(step: Step, cluster: str) -> str:
    """Write a step as the call of a tool."""
    given = {"cluster": cluster, **step.arguments}
    return f"{step.tool}({', '.join(f'{name}={_value(value)}' for name, value in given.items())})"


def _value(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool | int) else f'"{value}"'


def _unread(taken: Taken) -> list[str]:
    """Say what was not looked at, by reason."""
    reasons: dict[str, list[str]] = {}
    for kind, why in taken.snapshot.unread.items():
        reasons.setdefault(why, []).append(kind.split(".", maxsplit=1)[0])
    return [f"not looked at, {why}: {', '.join(sorted(kinds))}" for why, kinds in reasons.items()]


def about(finding: Finding, related: set[Ref]) -> bool:
    """Say whether a finding, or what it explains, touches any of these objects."""
    return any(each.touched & related for each in (finding, *finding.below()))


def within(finding: Finding, namespace: str | None, nodes: Collection[Ref] = ()) -> bool:
    """Say whether a finding, or what it explains, touches anything in a namespace.

    `nodes` are those that the namespace's pods run on: whatever is wrong with one is theirs, too.
    """
    if finding.sign.about in nodes:
        return True
    every = (finding, *finding.below())
    return namespace is None or any(
        namespace in (each.namespace, each.name if each.kind == "Namespace" else "")
        for one in every
        for each in one.touched
    )
