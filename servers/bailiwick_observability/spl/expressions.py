"""What a search expression names: indexes, times, and whether every way through it names an index.

Splunk's `search` takes OR before AND, its `where` AND before OR: both are computed.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TypeAlias

from bailiwick_observability.spl.commands import listed
from bailiwick_observability.spl.parse import Pipeline
from bailiwick_observability.spl.tokens import Kind, Malformed, Token

_Bound: TypeAlias = tuple[bool, bool]
_FREE: _Bound = False, False
_DEEPEST = 40

TIMES = frozenset({"earliest", "latest", "_index_earliest", "_index_latest"})
OLD_TIMES = listed(
    "starttime endtime starttimeu endtimeu startdaysago starthoursago startminutesago "
    "startmonthsago enddaysago endhoursago endminutesago endmonthsago daysago hoursago minutesago "
    "monthsago searchtimespandays searchtimespanhours searchtimespanminutes "
    "searchtimespanmonths timeformat"
)
EVENT_TYPES = frozenset({"eventtype", "tag", "eventtypetag", "hosttag", "sourcetypetag"})
SAVED = frozenset({"savedsearch", "savedsplunk"})
RESERVED = TIMES | OLD_TIMES | EVENT_TYPES | SAVED | {"index"}
"""Names that steer where a search looks; a name that only looks like one is refused."""

_INDEX = re.compile(r"[a-z0-9_*][a-z0-9_*-]*\Z")
_PLAIN_FIELD = re.compile(r"'[\w.:{}-]*'\Z")
_SIGNS = re.compile(r"[^a-z0-9_.{}-]+")
_ODD = re.compile(r"[^a-z0-9_]")
_NAMES = frozenset({Kind.WORD, Kind.STRING, Kind.FIELD})


@dataclass(slots=True)
class Finding:
    """What was found in one expression."""

    indexes: set[str] = field(default_factory=set[str])
    times: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    complaints: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    or_first: bool = False
    and_first: bool = False
    event_types: list[int] = field(default_factory=list[int])


def find(args: Iterable[Token | Pipeline]) -> Finding:
    """Read a search expression, or raise Malformed where its parentheses do not fit.

    Index names come in lower case as Splunk takes them, wildcards as written.
    """
    reader = _Reader([*args])
    reader.finding.or_first, reader.finding.and_first = reader.whole()
    return reader.finding


def is_open(index: str) -> bool:
    """Tell whether an index pattern means every index, or every internal one."""
    return not index.strip("*_")


class _Reader:
    """Walks one expression."""

    def __init__(self, items: list[Token | Pipeline]) -> None:
        self.finding = Finding()
        self._items = items
        self._end = len(items)
        self._next = 0
        self._depth = 0
        self._continues = False
        """The name at hand may be the second half of one: ind"ex"=name."""
        self._follows_name = False

    def whole(self) -> _Bound:
        bound = self._level()
        item = self._peek()
        if item is not None:
            raise Malformed("a ) closes nothing: remove it, or quote it", item.at)
        return bound

    def _peek(self, ahead: int = 0) -> Token | Pipeline | None:
        place = self._next + ahead
        return self._items[place] if place < self._end else None

    def _is(self, kind: Kind, ahead: int = 0) -> bool:
        item = self._peek(ahead)
        return isinstance(item, Token) and item.kind is kind

    def _says(self, word: str, ahead: int = 0) -> bool:
        """Tell whether a word stands here that is no field's name."""
        item = self._peek(ahead)
        if not isinstance(item, Token) or item.kind is not Kind.WORD:
            return False
        return item.text.lower() == word and not self._is(Kind.OPERATOR, ahead + 1)

    def _level(self) -> _Bound:
        """Read until the closing parenthesis or the end."""
        terms: list[tuple[bool, _Bound]] = []
        either = False
        while (item := self._peek()) is not None and not self._is(Kind.RIGHT):
            if isinstance(item, Token) and item.kind is Kind.COMMA:
                self._next += 1
            elif (joint := self._says("or")) or self._says("and"):
                either = joint
                self._next += 1
            else:
                terms.append((either, self._term()))
                either = False
        return _joined(terms)

    def _term(self) -> _Bound:
        if self._is(Kind.LEFT):
            return self._group()
        if self._says("not"):
            self._next += 1
            if self._peek() is not None and not self._is(Kind.RIGHT):
                self._deeper(self._term)
            return _FREE
        item = self._peek()
        self._next += 1
        if isinstance(item, Token) and item.kind in _NAMES:
            return self._named(item)
        if isinstance(item, Token):
            raise Malformed("nothing stands before this sign: write name=value", item.at)
        return _FREE  # a search in brackets

    def _deeper(self, read: Callable[[], _Bound]) -> _Bound:
        self._depth += 1
        if self._depth > _DEEPEST:
            item = self._peek()
            at = item.at if item else 0
            raise Malformed("parentheses nest too deep: write a simpler search", at)
        bound = read()
        self._depth -= 1
        return bound

    def _group(self) -> _Bound:
        opened = self._peek()
        self._next += 1
        bound = self._deeper(self._level)
        if not self._is(Kind.RIGHT):
            at = opened.at if opened else 0
            raise Malformed("a ( is never closed: close it, or quote it", at)
        self._next += 1
        return bound

    def _named(self, name: Token) -> _Bound:
        """Read what begins with a name: a comparison, a list, a function, or just a word."""
        before = self._items[self._next - 2] if self._next > 1 else None
        named = isinstance(before, Token) and before.kind in _NAMES
        self._continues = named and not name.gap
        self._follows_name = isinstance(before, Token) and before.lower in RESERVED
        if _has_colons(name) and not self._is(Kind.OPERATOR):
            return self._indexed(name)
        if self._is(Kind.OPERATOR):
            return self._compared(name)
        skip = 1 if self._says("not") else 0
        if self._says("in", skip) and self._is(Kind.LEFT, skip + 1):
            self._next += skip + 1
            return self._listed(name, none_of=bool(skip))
        if self._is(Kind.LEFT) and not self._gap():
            self._group()  # TERM(...) and its like look for text, whatever the text is
            return _FREE
        self._quoted(name)
        return _FREE

    def _gap(self) -> bool:
        item = self._peek()
        return item is None or item.gap

    def _indexed(self, name: Token) -> _Bound:
        """Read field::value, which means field=value of an indexed field."""
        subject, _, value = name.value.partition("::")
        if not subject and self._follows_name:
            self._complain("write a name and its value together: index::name", name)
        if subject.lower() == "tag":
            return self._noted("tag", "=", None, name)
        glued = not value and not self._gap()
        return self._noted(self._subject(name, subject), "=", None if glued else value, name)

    def _compared(self, name: Token) -> _Bound:
        sign = self._items[self._next]
        operator = sign.text if isinstance(sign, Token) else ""
        self._next += 1
        value = self._peek()
        subject = self._subject(name, name.value)
        if not isinstance(value, Token) or value.kind not in _NAMES:
            return self._noted(subject, operator, None, name)
        self._next += 1
        return self._noted(subject, operator, value.value, value)

    def _listed(self, name: Token, *, none_of: bool) -> _Bound:
        subject = self._subject(name, name.value)
        start = self._next
        self._group()
        sign = "!=" if none_of else "="
        values = _values(self._items[start + 1 : self._next - 1])
        bounds = [self._noted(subject, sign, value, name) for value in values]
        whole = bool(bounds) and all(bound[0] for bound in bounds)
        return whole, whole

    def _subject(self, name: Token, written: str) -> str:
        """Return the name compared where it matters, and refuse what could be taken for one."""
        lower = written.lower()
        head = lower.partition("::")[0]
        subject = head if lower in RESERVED or head == "tag" else ""
        odd = name.kind is not Kind.WORD if subject else _resembles(lower)
        if odd or self._continues:
            self._complain("write a name plainly, without quotes or signs: index=name", name)
        self._quoted(name)
        return subject

    def _quoted(self, name: Token) -> None:
        """Refuse a name in apostrophes that is more than a name: they may not be quotes here."""
        if name.kind is Kind.FIELD and not _PLAIN_FIELD.match(name.text):
            self._complain("an apostrophe is a letter here: use double quotes", name)

    def _noted(self, subject: str, operator: str, value: str | None, at: Token) -> _Bound:
        if subject == "index":
            return self._index(operator, value, at)
        if subject in TIMES | OLD_TIMES:
            self._time(subject, operator, value, at)
        elif subject in EVENT_TYPES:
            self.finding.event_types.append(at.at)
        elif subject in SAVED:
            self._complain("a saved search is named in a search: write out what it says", at)
        return _FREE

    def _index(self, operator: str, value: str | None, at: Token) -> _Bound:
        index = (value or "").lower()
        if not _INDEX.match(index) or operator not in ("=", "!=") or self._goes_on():
            self._complain("write an index plainly: index=name, or index IN (one, other)", at)
            return _FREE
        self.finding.indexes.add(index)
        bound = operator == "=" and not is_open(index)
        return bound, bound

    def _goes_on(self) -> bool:
        """Tell whether what follows a value may be taken for a part of it."""
        item = self._peek()
        if isinstance(item, Token) and (item.gap or item.kind is Kind.RIGHT):
            return item.kind is Kind.OPERATOR
        return item is not None and not item.gap

    def _time(self, subject: str, operator: str, value: str | None, at: Token) -> None:
        self.finding.times.append((subject, value or ""))
        if subject in OLD_TIMES:
            self._complain(f"{subject} is an old way to say a time: use earliest and latest", at)
        elif operator != "=" or not value:
            self._complain(f"write {subject} plainly: {subject}=-24h", at)

    def _complain(self, sentence: str, at: Token) -> None:
        self.finding.complaints.append((sentence, at.at))


def _resembles(name: str) -> bool:
    """Tell whether a name matches one that steers, by a pattern or but for signs."""
    if "*" in name and any(fnmatchcase(steering, name) for steering in RESERVED):
        return True
    return _ODD.sub("", name) in RESERVED or not RESERVED.isdisjoint(_SIGNS.split(name))


def _has_colons(name: Token) -> bool:
    """Tell field::value from a quoted text that has colons in it."""
    head, colons, _ = name.lower.partition("::")
    return bool(colons) and (name.kind is not Kind.STRING or head.strip() in RESERVED)


def _plain(item: Token | Pipeline) -> str | None:
    return item.value if isinstance(item, Token) and item.kind in _NAMES else None


def _values(items: list[Token | Pipeline]) -> list[str | None]:
    """Return the values in a list; None for what is no plain one, or two without a gap."""
    values: list[str | None] = []
    apart = True
    for item in items:
        value = _plain(item)
        if not (isinstance(item, Token) and item.kind is Kind.COMMA):
            values.append(value if apart or item.gap else None)
        apart = value is None
    return values


def _joined(terms: list[tuple[bool, _Bound]]) -> _Bound:
    """Join terms, each with whether an OR stood before it, in both orders of precedence."""
    any_of: list[list[bool]] = [[]]
    all_of: list[list[bool]] = [[]]
    for either, (or_first, and_first) in terms:
        if not either:
            any_of.append([])
        else:
            all_of.append([])
        any_of[-1].append(or_first)
        all_of[-1].append(and_first)
    return (
        any(bool(group) and all(group) for group in any_of),
        bool(terms) and all(any(group) for group in all_of),
    )
