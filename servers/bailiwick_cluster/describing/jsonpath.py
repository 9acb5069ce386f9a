"""JSONPath as `kubectl` reads it: `.spec.containers[*].image`, `[?(@.type=="Ready")]`. Pure.

Understood: fields, quoted names, a backslash before a dot that is part of a name, `[0]`, `[-1]`,
`[1:3]`, `[0,2]`, `[*]`, `..name`, and filters with one comparison. Not `range`, nor functions:
whoever asks gives several paths.
"""

import operator
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from bailiwick.errors import BadRequest

MOST = 500
"""Values of one path."""
_MOST_VISITED = 50_000
_NAME = re.compile(r"(?:\\.|[^.\[\](){}'\"\s,\\=<>!])+")
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_WHOLE = re.compile(r"-?[0-9]{1,9}")
_SLICE = re.compile(r"(-?[0-9]{1,9})?:(-?[0-9]{1,9})?(?::([1-9][0-9]{0,8}))?")
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")
_FILTER = re.compile(r"\?\(\s*@(.*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?)\s*)?\)", re.DOTALL)
_WORDS = {"true": True, "false": False, "null": None, "nil": None}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pick:
    """Takes fields by name and entries by number; of both, those that are there."""

    keys: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Every:
    """Takes all fields or entries; `deep` also those of what is inside, and itself."""

    deep: bool = False


@dataclass(frozen=True, slots=True)
class Range:
    """Takes entries `start` to `stop`, every `step`th."""

    start: int | None
    stop: int | None
    step: int | None


@dataclass(frozen=True, slots=True)
class Where:
    """Takes the entries in which a path is there, or compares so with a value."""

    path: tuple["Step", ...]
    sign: str
    value: str | float | bool | None


Step = Pick | Every | Range | Where


def parsed(source: str) -> tuple[Step, ...]:
    """Take a path apart, or raise BadRequest that says where it cannot be read."""
    return _Reader(source).steps()


def values(tree: Any, steps: Sequence[Step]) -> list[Any]:
    """Return what a path leads to, in order; nothing where it leads nowhere."""
    found = _Walk().values(tree, steps)
    if len(found) > MOST:
        raise BadRequest(f"a path leads to more than {MOST} values; narrow it with a filter")
    return found


@dataclass(slots=True)
class _Walk:
    """Counts what is looked at: two `..` in a row are quick to write and slow to answer."""

    left: int = _MOST_VISITED

    def values(self, tree: Any, steps: Sequence[Step]) -> list[Any]:
        found = [tree]
        for step in steps:
            found = [each for node in found for each in self._counted(self._taken(node, step))]
        return found

    def _counted(self, found: Iterator[Any]) -> Iterator[Any]:
        for each in found:
            self.left -= 1
            if self.left < 0:
                raise BadRequest("a path visits too much; write it without `..`")
            yield each

    def _taken(self, node: Any, step: Step) -> Iterator[Any]:
        if isinstance(step, Pick):
            yield from _picked(node, step.keys)
        elif isinstance(step, Every):
            yield from _deep(node) if step.deep else _inside(node)
        elif isinstance(node, list):
            entries = cast("list[Any]", node)
            if isinstance(step, Range):
                yield from entries[step.start : step.stop : step.step]
            else:
                yield from (each for each in entries if self._holds(each, step))

    def _holds(self, node: Any, where: Where) -> bool:
        found = self.values(node, where.path)
        if not where.sign:
            return bool(found)
        return any(_compares(each, where.sign, where.value) for each in found)


def _picked(node: Any, keys: Sequence[str | int]) -> Iterator[Any]:
    for key in keys:
        if isinstance(node, dict) and isinstance(key, str) and key in node:
            yield cast("dict[str, Any]", node)[key]
        elif isinstance(node, list) and isinstance(key, int):
            entries = cast("list[Any]", node)
            yield from entries[key:][:1] if -len(entries) <= key else ()


def _inside(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        yield from cast("dict[str, Any]", node).values()
    elif isinstance(node, list):
        yield from cast("list[Any]", node)


def _deep(node: Any) -> Iterator[Any]:
    waiting = [node]
    while waiting:
        at = waiting.pop()
        yield at
        waiting += reversed(list(_inside(at)))


def _compares(found: Any, sign: str, value: str | float | bool | None) -> bool:
    if sign in ("==", "!="):
        alike = isinstance(found, bool) == isinstance(value, bool) and found == value
        return alike is (sign == "==")
    numbers = isinstance(found, int | float) and isinstance(value, int | float)
    words = isinstance(found, str) and isinstance(value, str)
    return (numbers or words) and _COMPARE[sign](found, value)


class _Reader:
    """Reads one path from left to right."""

    def __init__(self, source: str, before: int = 0) -> None:
        bare = source.strip()
        self._before = before
        self._at = 1 if bare.startswith("{") else 0
        self._text = bare[:-1] if self._at and bare.endswith("}") else bare

    def steps(self) -> tuple[Step, ...]:
        if self._text[self._at : self._at + 1] in ("$", "@"):
            self._at += 1
        elif self._text[self._at : self._at + 1] not in (".", "["):
            return (self._name(), *self._rest())
        elif self._text[self._at :] == ".":
            return ()
        return tuple(self._rest())

    def _rest(self) -> Iterator[Step]:
        while self._at < len(self._text):
            if self._text.startswith("..", self._at):
                self._at += 2
                yield Every(deep=True)
                yield self._bracket() if self._text.startswith("[", self._at) else self._name()
            elif self._text.startswith(".", self._at):
                self._at += 1
                if not self._text.startswith("[", self._at):
                    yield self._name()
            elif self._text.startswith("[", self._at):
                yield self._bracket()
            else:
                raise self._wrong("`.name` or `[…]`")

    def _name(self) -> Step:
        if self._text.startswith("*", self._at):
            self._at += 1
            return Every()
        found = _NAME.match(self._text, self._at)
        if found is None:
            raise self._wrong("a name")
        self._at = found.end()
        return Pick((re.sub(r"\\(.)", r"\1", found[0]),))

    def _bracket(self) -> Step:
        inside = self._inside()
        step = self._entry(inside.strip())
        self._at += len(inside) + 2
        return step

    def _inside(self) -> str:
        """Return what stands up to the bracket that closes this one."""
        depth, quote = 0, ""
        for at in range(self._at, len(self._text)):
            mark = self._text[at]
            if quote:
                quote = "" if mark == quote else quote
            elif mark in "'\"":
                quote = mark
            elif mark in "[]":
                depth += 1 if mark == "[" else -1
                if not depth:
                    return self._text[self._at + 1 : at]
        raise self._wrong("a `]` that closes this")

    def _entry(self, inside: str) -> Step:
        if inside in ("*", ""):
            if not inside:
                raise self._wrong("a number, a quoted name, `*` or a filter")
            return Every()
        if inside.startswith("?"):
            return self._filter(inside)
        if found := _SLICE.fullmatch(inside):
            return Range(*(int(each) if each else None for each in found.groups()))
        return Pick(tuple(self._key(each.strip()) for each in _apart(inside)))

    def _key(self, said: str) -> str | int:
        if found := _QUOTED.fullmatch(said):
            return found[1] if found[1] is not None else found[2]
        if _WHOLE.fullmatch(said):
            return int(said)
        raise self._wrong("a number, a quoted name, `*` or a filter")

    def _filter(self, inside: str) -> Step:
        found = _FILTER.fullmatch(inside)
        if found is None:
            raise self._wrong('a filter such as `[?(@.type=="Ready")]`')
        path, sign, value = found.groups()
        if "?" in path:
            raise self._wrong("a filter without another one in it")
        inner = _Reader(path or ".", self._at + found.start(1) + 1).steps()
        return Where(inner, sign or "", self._value(value) if sign else None)

    def _value(self, said: str) -> str | float | bool | None:
        if found := _QUOTED.fullmatch(said):
            return found[1] if found[1] is not None else found[2]
        if _NUMBER.fullmatch(said):
            return float(said)
        if said in _WORDS:
            return _WORDS[said]
        raise self._wrong("a value in quotes, a number, true or false after the comparison")

    def _wrong(self, wanted: str) -> BadRequest:
        at = self._before + self._at + 1
        return BadRequest(f"cannot read the path at position {at}: expected {wanted}")


def _apart(inside: str) -> list[str]:
    """Take a list apart at the commas that are not within quotes."""
    return re.findall(r"'[^']*'|\"[^\"]*\"|[^,]+", inside)
