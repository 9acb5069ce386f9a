"""Which buckets a query confines itself to, read so that it is never fewer than it reads."""

from collections.abc import Sequence

from bailiwick_observability.dql.tokens import Kind, Malformed, Token, value

_FIELD = "dt.system.bucket"
_LOOSE = frozenset({"or", "xor", "not"})


def listed(said: Sequence[Token]) -> set[str]:
    """Read `{"a", "b_*"}` or one text, or raise Malformed."""
    inside = _texts(said)
    if inside is None and len(said) > 2 and said[0].text == "{" and said[-1].text == "}":
        inside = _texts(said[1:-1])
    if not inside:
        at = said[0].at if said else 0
        raise Malformed('buckets are written as texts: bucket:{"a", "b"}', at, "fetch")
    return inside


def filtered(said: Sequence[Token]) -> set[str]:
    """Read what a filter demands of the bucket; empty where it would let others through."""
    depth, parts = 0, list[list[Token]]([[]])
    for token in said:
        if token.kind is Kind.SIGN:
            depth += (token.text in "({[") - (token.text in ")}]")
        if not depth and token.lower in _LOOSE:
            return set()
        if not depth and token.lower == "and":
            parts.append([])
        else:
            parts[-1].append(token)
    return next((found for part in parts if (found := _demanded(part))), set[str]())


def _demanded(part: Sequence[Token]) -> set[str]:
    """Read `dt.system.bucket == "a"`, and in() and matchesValue() of it."""
    if len(part) == 3 and part[1].text == "==" and _names(part[0]):
        return _texts(part[2:]) or set()
    if len(part) < 6 or part[0].lower not in ("in", "matchesvalue"):
        return set()
    if (part[1].text, part[3].text, part[-1].text) != ("(", ",", ")") or not _names(part[2]):
        return set()
    inside = part[4:-1]
    if inside[0].text == "{" and inside[-1].text == "}":
        inside = inside[1:-1]
    return _texts(inside) or set()


def _names(token: Token) -> bool:
    return token.kind in (Kind.WORD, Kind.FIELD) and token.name == _FIELD


def _texts(said: Sequence[Token]) -> set[str] | None:
    """Read texts with commas between them; None for anything else."""
    if not said or any(token.text != "," for token in said[1::2]):
        return None
    if any(token.kind is not Kind.STRING for token in said[::2]):
        return None
    return {value(token) for token in said[::2]}
