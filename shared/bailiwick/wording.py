"""Counts and ages as people write them, the same in every server."""

_UNITS = (("y", 31_536_000), ("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def many(count: int, one: str, more: str = "") -> str:
    """Write a count with its noun: `1 index`, `2 indexes`."""
    return f"{count} {one if count == 1 else more or one + 's'}"


def age(seconds: float) -> str:
    """Write how long something takes or is ago, in its largest unit: `3 d`, `12 min`."""
    for unit, size in _UNITS:
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "0 s"
