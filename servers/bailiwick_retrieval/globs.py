"""Globs over paths: which documents a collection takes, and which files a rule speaks of.

`*` and `?` stay inside one name, `[a-z]` and `[!a-z]` are one character of it, `**` as a whole name
stands for any number of folders. A glob is matched from the top and takes hidden names like others.
A glob that ends with `/` means all below. They run in linear time, whoever wrote them.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from bailiwick.shaping.linear import whole

LONGEST = 512
_BELOW = "/**"


@lru_cache(maxsize=2_048)
def matcher(glob: str) -> Callable[[str], bool]:
    """Compile a glob; raise ValueError where it is none."""
    return whole(expression(glob))


def expression(glob: str) -> str:
    """Write a glob as a regular expression for a whole path; raise ValueError where it is none."""
    names = _names(glob)
    last = len(names) - 1
    parts: list[str] = []
    for at, name in enumerate(names):
        if name != "**":
            parts.append(_name(name) + ("/" if at < last else ""))
        elif at < last:
            parts.append("(?:[^/]+/)*")
        else:
            parts.append("(?:[^/]+/)*[^/]+")
    return "".join(parts)


def _names(glob: str) -> list[str]:
    """Split a glob at its slashes, with runs of `**` as one."""
    if len(glob) > LONGEST:
        raise ValueError(f"a glob has at most {LONGEST} characters")
    text = unicodedata.normalize("NFC", glob).removeprefix("/")
    names = (text + "**" if text.endswith("/") else text).split("/")
    if any(name in ("", ".", "..") for name in names):
        raise ValueError(f"{glob!r} is no glob: it has an empty name, `.` or `..`")
    return [
        name for at, name in enumerate(names) if name != "**" or at == 0 or names[at - 1] != "**"
    ]


def _name(name: str) -> str:
    """Write what stands between two slashes."""
    parts: list[str] = []
    at = 0
    while at < len(name):
        char = name[at]
        at += 1
        if char == "*":
            parts.append("[^/]*" if not parts or parts[-1] != "[^/]*" else "")
        elif char == "?":
            parts.append("[^/]")
        elif char == "[":
            written, at = _class(name, at)
            parts.append(written)
        else:
            if char == "\\":
                char, at = _quoted(name, at)
            parts.append(re.escape(char))
    return "".join(parts)


def _quoted(name: str, at: int) -> tuple[str, int]:
    """Take the character behind a backslash."""
    if at >= len(name):
        raise ValueError("a glob ends with a backslash that quotes nothing")
    return name[at], at + 1


def _class(name: str, at: int) -> tuple[str, int]:
    """Write the class that begins behind `[`, and say where the name goes on."""
    negated = name[at : at + 1] in ("!", "^")
    start = at + negated
    end = name.find("]", start + 1)
    if end < 0:
        raise ValueError(f"{name!r} has a `[` without its `]`; `\\[` is the character")
    ranges: list[str] = []
    for low, high in _ranges(name[start:end]):
        if low > high:
            raise ValueError(f"{low}-{high} in {name!r} is no range")
        # A class is part of a name, and a name has no slash.
        ranges += _without(low, high)
    inside = "".join(ranges)
    if negated:
        return f"[^/{inside}]", end + 1
    return f"[{inside}]" if inside else r"[^\x00-\x{10FFFF}]", end + 1


def _ranges(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(text):
        ranged = text[at + 1 : at + 2] == "-" and at + 2 < len(text)
        yield text[at], text[at + 2] if ranged else text[at]
        at += 3 if ranged else 1


def _without(low: str, high: str) -> Iterator[str]:
    """Write a range without the slash in it."""
    for first, last in ((low, min(high, ".")), (max(low, "0"), high)):
        if first <= last:
            yield rf"\x{{{ord(first):X}}}-\x{{{ord(last):X}}}"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which paths a collection takes, and which folders can be passed by."""

    _taken: Callable[[str], bool]
    _left: Callable[[str], bool]
    _passed: Callable[[str], bool]
    _entered: Callable[[str], bool]

    @classmethod
    def of(cls, include: Iterable[str], exclude: Iterable[str]) -> "Selection":
        """Compile the globs; raise ValueError where one is none."""
        taken = tuple(include)
        left = [f"{each}**" if each.endswith("/") else each for each in exclude]
        # To leave a folder out is to leave all out that is below.
        passed = [each.removesuffix(_BELOW) or "**" for each in left]
        below = [f"{each}{_BELOW}" for each in passed]
        return cls(_any(taken), _any([*left, *below]), _any(passed), _any(_folders(taken)))

    def takes(self, path: str) -> bool:
        """Tell whether a document of that path belongs to it."""
        return self._taken(path) and not self._left(path)

    def leaves(self, path: str) -> bool:
        """Tell whether a path is left out by name, or lies below one that is."""
        return self._left(path)

    def enters(self, folder: str) -> bool:
        """Tell whether a folder may hold a document that belongs to it."""
        return self._entered(folder) and not self._passed(folder)


def _any(globs: Iterable[str]) -> Callable[[str], bool]:
    written = [expression(each) for each in globs]
    if not written:
        return lambda _: False
    return whole("|".join(f"(?:{each})" for each in written))


def _folders(globs: Iterable[str]) -> Iterator[str]:
    """Give globs of the folders on the way to what globs match."""
    for glob in globs:
        names = _names(glob)
        for at, name in enumerate(names[:-1] if names[-1] != "**" else names, 1):
            yield "/".join(names[:at])
            if name == "**":
                break
