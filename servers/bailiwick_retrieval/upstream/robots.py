"""What robots.txt asks of us (RFC 9309), with the Crawl-delay that many write into it.

The parser of the standard library takes `*` and `$` in a path for themselves and the first rule
that fits for the right one, so it would fetch what a site asks not to be fetched.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote

AGENT = "bailiwick"
MOST_BYTES = 500_000
LONGEST_PAUSE = 60.0
"""A longer Crawl-delay is cut: nobody waits for a day between two pages."""
_MOST_RULES = 5_000
_LONGEST = 1_000


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules for us. Without any, everything may be fetched."""

    rules: tuple[tuple[str, bool], ...] = ()
    pause: float = 0.0

    def allow(self, target: str) -> bool:
        """Tell whether a path with its query may be fetched: the longest rule that fits says."""
        path = _plain(target)
        verdict, longest = True, -1
        for pattern, allows in self.rules:
            # Of two equally long ones the one that allows is taken.
            better = len(pattern) > longest or (len(pattern) == longest and allows)
            if better and _fits(pattern, path):
                verdict, longest = allows, len(pattern)
        return verdict


NOTHING = Robots((("/", False),))
"""Nothing may be fetched."""


def read(text: str) -> Robots:
    """Read the group that names us, or else the one for all."""
    ours: list[tuple[str, str]] = []
    everybody: list[tuple[str, str]] = []
    named: set[str] = set()
    begun, known = False, False
    for key, value in _lines(text):
        if key == "user-agent":
            named = {value.lower()} if begun else named | {value.lower()}
            begun = False
            known = known or _us(named)
        else:
            begun = True
            if _us(named):
                ours.append((key, value))
            elif "*" in named:
                everybody.append((key, value))
    return _rules(ours if known else everybody)


def _us(named: set[str]) -> bool:
    return any(each.partition("/")[0].strip() == AGENT for each in named)


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.removeprefix("\ufeff").splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        key = key.strip().lower()
        if colon and key in ("user-agent", "allow", "disallow", "crawl-delay"):
            yield key, value.strip()


def _rules(said: list[tuple[str, str]]) -> Robots:
    rules = [
        (_plain(value), key == "allow")
        for key, value in said
        if key in ("allow", "disallow") and value and len(value) <= _LONGEST
    ]
    delays = [float(value) for key, value in said if key == "crawl-delay" and _number(value)]
    pause = min(max(delays, default=0.0), LONGEST_PAUSE)
    return Robots(tuple(rules[:_MOST_RULES]), pause)


def _number(value: str) -> bool:
    return re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", value) is not None


def _plain(path: str) -> str:
    """Write a path or pattern with the same escapes as any other of the same meaning."""
    return quote(
        unquote(path, errors="surrogateescape"), safe="/*$?&=+,;:@!'()~", errors="surrogateescape"
    )


def _fits(pattern: str, path: str) -> bool:
    """Match a path from its beginning; the first place where a part fits is as good as any."""
    ended = pattern.endswith("$")
    first, *parts = pattern.removesuffix("$").split("*")
    at = len(first)
    if not path.startswith(first):
        return False
    if not parts:
        return not ended or at == len(path)
    *parts, last = parts
    for part in parts:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return path.endswith(last, at) if ended else path.find(last, at) >= 0
