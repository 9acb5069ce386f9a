"""A preview told: the answer first, then differences, findings, and what to do next. Pure."""

from collections import Counter
from collections.abc import Sequence

from bailiwick.shaping.answer import Answer, Block
from bailiwick.wording import many
from bailiwick_cluster.parts import named
from bailiwick_cluster.preparing.difference import difference
from bailiwick_cluster.preparing.impact import restarting, workloads
from bailiwick_cluster.preparing.previewing import Preview
from bailiwick_cluster.preparing.rehearsal import Rehearsed
from bailiwick_cluster.upstream import Object
from bailiwick_cluster.upstream.writing import Owned

_ROOM = 7_400
"""Characters of the whole; the tool's budget is a little more."""
_FINDINGS = 2_000
_NOTES = 2_000
_LEAST = 260
"""Characters of one difference below which it tells nothing."""
_WIDEST = 180
_MOST_WORDS = 400
_FORCE = (
    "force=true takes these fields over, if the policy allows it; whoever manages them may set"
    " them back, so change them there if you can"
)


def answer(made: Preview) -> Answer:
    """Tell all of it."""
    says, findings = _says(made), _within(_findings(made), _FINDINGS, _MOST_WORDS)
    notes = _few(_notes(made))
    room = _ROOM - len(says) - len(findings) - sum(map(len, notes))
    shown = made.changed[: max(room // _LEAST, 1)]
    if more := len(made.changed) - len(shown):
        notes.append(f"{many(more, 'more object')} not shown here")
    blocks = [Block("findings", findings)] if findings else []
    return Answer(says, blocks=(*blocks, *_differences(shown, room)), notes=tuple(notes))


def _few(notes: Sequence[str]) -> list[str]:
    """Keep as many notes as fit, and say how many do not."""
    kept: list[str] = []
    room = _NOTES
    for each in notes:
        room -= len(each)
        if room < 0 and kept:
            return [*kept, f"{len(notes) - len(kept)} more notes not shown here"]
        kept.append(each)
    return kept


def _says(made: Preview) -> str:
    verbs = Counter(each.verb for each in made.found if each.refused is None)
    told = ", ".join(f"{verbs[verb]} {verb}" for verb in ("created", "changed", "unchanged")
                     if verbs[verb])  # fmt: skip
    if not made.stands:
        return f"cannot be applied as it is in {made.where}: {_blocks(made)}. No plan was made"
    if not made.changed:
        return f"nothing would change in {made.where}: {many(len(made.found), 'object')} as wanted"
    first = (
        f"{many(len(made.changed), 'object')} would change in {made.where}: {told};"
        f" {restarting(workloads(made.changed))}; {_contested(made)}"
    )
    warns = "".join(f"; BUT {each}" for each in made.impact.warns[:4])
    more = len(made.impact.warns) - 4
    warns += f" and {more} more warnings below" if more > 0 else ""
    return f"{first}{warns}. {made.plan}"


def _blocks(made: Preview) -> str:
    """Say what stands in the way, the first of each sort by name."""
    refused = [each.refused for each in made.found if each.refused is not None]
    contested = [each for each in made.found if each.conflicts]
    parts = [f"{each.place.told} {each.why}" for each in refused[:2]]
    if len(refused) > 2:
        parts.append(f"{len(refused) - 2} more refused")
    parts += [
        f"{each.place.told} conflicts with {_managers(each.others)}" for each in contested[:2]
    ]
    if len(contested) > 2:
        parts.append(f"{len(contested) - 2} more conflict")
    if made.lacking:
        parts.append(f"your RBAC lacks {', '.join(made.lacking[:4])}")
    return "; ".join(parts)


def _managers(owned: Sequence[Owned]) -> str:
    names = sorted({named(each.manager) for each in owned})
    return ", ".join(names[:3])


def _contested(made: Preview) -> str:
    taken = [each for each in made.changed if each.others]
    if not taken:
        return "no conflicts"
    return "takes fields over from " + _managers([one for each in taken for one in each.others])


def _findings(made: Preview) -> list[str]:
    """Write down what others said: refusals, who owns what, warnings. All of it is fenced."""
    lines: list[str] = []
    for each in made.found:
        told = each.place.told
        if each.refused is not None and each.refused.words:
            lines.append(f"refused {told}: {each.refused.words}")
        by: dict[str, list[str]] = {}
        for one in each.others:
            by.setdefault(one.manager, []).append(one.field)
        how = "conflict" if each.conflicts else "takes over"
        for manager, fields in by.items():
            more = f" and {len(fields) - 6} more" if len(fields) > 6 else ""
            lines.append(f"{how} {told}: {manager} owns {', '.join(fields[:6])}{more}")
        lines += [f"warning {told}: {one}" for one in each.warnings[:3]]
    return lines


def _differences(shown: Sequence[Rehearsed], room: int) -> list[Block]:
    """Show every object's difference, changed ones before new ones, each within its share."""
    order = sorted(shown, key=lambda each: each.before is None)
    blocks: list[Block] = []
    for at, each in enumerate(order):
        share = max(room // (len(order) - at), _LEAST) - 80  # what the fence around it takes
        said = _within(difference(each.before, _shown(each)), share)
        room -= len(said) + 80
        blocks.append(Block(each.place.told, said))
    return blocks


def _shown(each: Rehearsed) -> Object | None:
    """Show what is new as it was written; what the API adds by default says little."""
    return each.item.body if each.before is None and not each.item.content else each.after


def _within(lines: Sequence[str], room: int, widest: int = _WIDEST) -> str:
    kept: list[str] = []
    for at, line in enumerate(lines):
        short = line if len(line) <= widest else f"{line[:widest]}…"
        room -= len(short) + 1
        if room < 0 and kept:
            kept.append(f"… {many(len(lines) - at, 'more line')}")
            break
        kept.append(short)
    return "\n".join(kept)


def _notes(made: Preview) -> list[str]:
    notes = [f"warning: {each}" for each in made.impact.warns[4:14]]
    notes += made.impact.lines[:20]
    unchecked = [each.place.told for each in made.found if each.unchecked]
    if unchecked:
        some = ", ".join(unchecked[:8])
        notes.append(f"not checked by the API, what they are in is made by this change: {some}")
    unchanged = [each for each in made.found if each.refused is None and each.verb == "unchanged"]
    if unchanged and made.changed:
        notes.append(f"left out, as they are as wanted: {_some(unchanged)}")
    if any(each.conflicts for each in made.found):
        notes.append(_FORCE)
    if made.lacking:
        notes.append(f"ask for these rights, or somebody who has them: {', '.join(made.lacking)}")
    if made.unable and made.stands:
        notes.append(f"taking it back would need rights you lack: {', '.join(made.unable)}")
    return notes


def _some(found: Sequence[Rehearsed]) -> str:
    said = ", ".join(each.place.told for each in found[:5])
    return f"{said} and {len(found) - 5} more" if len(found) > 5 else said
