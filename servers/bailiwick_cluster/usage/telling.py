"""Usage in words: the line that answers, the rows, and why a row is where it is. Pure."""

import re
from collections.abc import Sequence

from bailiwick.wording import many
from bailiwick_cluster.demand import NOTHING, RESOURCES, Amount, Resource
from bailiwick_cluster.quantities import cpu, memory
from bailiwick_cluster.usage.shares import BUSY, NEAR, By, Share, Sort

PLAIN = re.compile(r"([a-z0-9-]{1,63}/)?([A-Za-z]{1,63}/)?[a-z0-9]([a-z0-9.:-]{0,251}[a-z0-9])?")
"""Names of objects as the API takes them; anything else is not told in our own words."""
_LITTLE = 0.2
"""Share of a request below which it is told as hardly used."""
_WORTH = Amount(0.1, 64 * 1024.0**2)
"""Less than this is no waste worth a word."""


def write(value: float, resource: Resource) -> str:
    """Write cores or bytes."""
    return cpu(value) if resource == "cpu" else memory(value)


def percent(part: float, whole: float) -> str:
    """Write a share: `17 %`; a little is never told as nothing."""
    if not whole:
        return "none"
    share = 100 * part / whole
    return "<1 %" if 0 < share < 0.5 else f"{share:.0f} %"


def says(found: Sequence[Share], by: By, sort: Sort, where: str, absent: str, has: Amount) -> str:
    """Answer in a line. `found` is ranked; `absent` says why usage is not known, where it is not.

    `has` is what all nodes offer, which then is what requests are compared with.
    """
    if not found:
        return f"nothing runs in {where}"
    if not any(share.measured or share.whole for share in found):
        return _requests(found, by, where, absent or "nothing is measured yet", has)
    if sort == "waste":
        return _wasted(found, by, where)
    return _fullest(found, sort, where) if by == "node" else _over(found, by, sort, where)


def _over(found: Sequence[Share], by: By, resource: Resource, where: str) -> str:
    measured = [share for share in found if share.measured]
    over = [share for share in measured if share.over(resource) > 0]
    near = sum(share.near(resource) >= NEAR for share in found)
    of = f"of {many(len(measured), by)} in {where}"
    first = measured[0]
    verb = "uses" if len(over) <= 1 else "use"
    they = "it" if len(over) <= 1 else "they"
    told = f"{len(over) or 'none'} {of} {verb} more {_word(resource)} than {they} asked for"
    worst = "worst" if over or near else "most"
    risk = f", {near} near the limit" if near else ""
    return f"{told}{risk}; {worst} {_plain(first.name)} {_compared(first, resource)}"


def _compared(share: Share, resource: Resource) -> str:
    asked, bound = share.paid.of(resource), share.bound.of(resource)
    of = f"of {write(asked, resource)} requested" if asked else "with none requested"
    limit = f"limit {write(bound, resource)}" if bound is not None else "no limit"
    return f"{write(share.used.of(resource), resource)} {of} ({limit})"


def _fullest(found: Sequence[Share], resource: Resource, where: str) -> str:
    busy = sum(share.full(resource) >= BUSY for share in found)
    first = found[0]
    has = first.has.of(resource) if first.has else 0.0
    used = (first.whole or first.used).of(resource)
    asked = first.asked.of(resource)
    return (
        f"{busy or 'none'} of {many(len(found), 'node')} in {where}"
        f" {'is' if busy <= 1 else 'are'} over {100 * BUSY:.0f} % of {_word(resource)}; fullest"
        f" {_plain(first.name)} uses {write(used, resource)} of {write(has, resource)}"
        f" ({percent(used, has)}), pods ask for {percent(asked, has)}"
    )


def _wasted(found: Sequence[Share], by: By, where: str) -> str:
    total = sum((share.waste for share in found), NOTHING)
    paid = sum((share.paid for share in found), NOTHING)
    shares = " and ".join(
        f"{write(total.of(each), each)} of {write(paid.of(each), each)} {_word(each)}"
        f" ({percent(total.of(each), paid.of(each))})"
        for each in RESOURCES
    )
    first = found[0]
    most = f"; most by {_plain(first.name)}: {_both(first.waste)}" if first.weight else ""
    return f"{many(len(found), by)} in {where} leave unused {shares} they asked for{most}"


def _requests(found: Sequence[Share], by: By, where: str, absent: str, has: Amount) -> str:
    """Say what is asked for where nobody measures what is used."""
    asked = sum((share.asked for share in found), NOTHING)
    parts = [
        f"{write(asked.of(each), each)}"
        + (f" of {write(most, each)} ({percent(asked.of(each), most)})" if most else "")
        + f" {_word(each)}"
        for each in RESOURCES
        for most in (has.of(each),)
    ]
    told = f"{many(len(found), by)} in {where} {'asks' if len(found) == 1 else 'ask'} for"
    offer = " that nodes offer" if has.cpu or has.memory else ""
    return f"usage is not known, {absent}; {told} {' and '.join(parts)}{offer}"


def _both(value: Amount) -> str:
    return f"{cpu(value.cpu)} CPU and {memory(value.memory)}"


def _word(resource: Resource) -> str:
    return "CPU" if resource == "cpu" else "memory"


def _plain(name: str) -> str:
    return name if PLAIN.fullmatch(name) else "?"


def columns(by: By) -> tuple[str, ...]:
    """Name the columns of the rows."""
    most = "allocatable" if by == "node" else "limit"
    count = () if by == "pod" else ("PODS",)
    return (by.upper(), *count, f"CPU used/asked/{most}", f"MEMORY used/asked/{most}", "WHY")


def row(share: Share, by: By) -> tuple[str, ...]:
    """Write one row."""
    count = () if by == "pod" else (str(share.pods),)
    return share.name, *count, *(_cell(share, each) for each in RESOURCES), why(share)


def _cell(share: Share, resource: Resource) -> str:
    used = share.whole or (share.used if share.measured else None)
    most = share.has.of(resource) if share.has else share.bound.of(resource)
    return "/".join(
        "-" if value is None else write(value, resource)
        for value in (used.of(resource) if used else None, share.asked.of(resource), most)
    )


def why(share: Share) -> str:
    """Say what is remarkable about a row, the worst first; empty where nothing is."""
    if share.has is not None:
        return ", ".join(filter(None, (_room(share, each) for each in RESOURCES)))
    if not share.measured:
        return "not measured"
    found = [each for resource in RESOURCES for each in _remarks(share, resource)]
    return ", ".join(told for _, told in sorted(found, key=lambda one: one[0])[:3])


def _room(share: Share, resource: Resource) -> str:
    has = share.has.of(resource) if share.has else 0.0
    used = f"{percent(share.whole.of(resource), has)} used, " if share.whole else ""
    return f"{_word(resource)} {used}{percent(share.asked.of(resource), has)} asked" if has else ""


def _remarks(share: Share, resource: Resource) -> list[tuple[int, str]]:
    what, used, asked = _word(resource), share.used.of(resource), share.paid.of(resource)
    near = share.near(resource)
    found: list[tuple[int, str]] = []
    if near >= NEAR:
        found.append((0, f"{what} {100 * near:.0f} % of limit"))
    if not asked:
        found.append((2, f"no {what} request"))
    elif used > asked:
        found.append((1, f"{what} {used / asked:.1f}x asked"))
    elif used < _LITTLE * asked and asked - used >= _WORTH.of(resource):
        found.append((3, f"{what} {percent(used, asked)} used"))
    if share.bound.of(resource) is None and resource == "memory":
        found.append((4, "no memory limit"))
    return found
