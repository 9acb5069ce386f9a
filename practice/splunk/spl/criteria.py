"""What the search command looks for: terms, phrases and comparisons, joined by AND, OR and NOT."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import ge, gt, le, lt

from practice.splunk.spl.values import Row, Value, many, number

Known = Mapping[str, str]
COMPARE = {"<": lt, "<=": le, ">": gt, ">=": ge}


class Criterion(ABC):
    """Something that a row meets or not."""

    @abstractmethod
    def meets(self, row: Row) -> bool:
        """Tell whether a row meets it."""

    def could(self, known: Known) -> bool:
        """Tell whether a row of which only this is known could meet it."""
        return True

    def indexes(self) -> Iterator[str]:
        """Name the indexes that it asks for."""
        yield from ()


@dataclass(frozen=True)
class Always(Criterion):
    """Met by every row, or by none."""

    answer: bool = True

    def meets(self, row: Row) -> bool:
        """Tell."""
        return self.answer

    def could(self, known: Known) -> bool:
        """Tell."""
        return self.answer


@lru_cache(maxsize=512)
def wildcard(pattern: str, gap: str = ".*") -> re.Pattern[str]:
    """Compile a pattern with asterisks, whatever its letters' case."""
    parts = map(re.escape, pattern.split("*"))
    return re.compile(gap.join(parts), re.IGNORECASE | re.DOTALL)


class Term(Criterion):
    """A word or phrase of the raw text, between letters that separate words."""

    def __init__(self, word: str) -> None:
        core = wildcard(word, r'[^\s,;"]*').pattern
        before = r"(?<![A-Za-z0-9])" if word[:1].isalnum() else ""
        after = r"(?![A-Za-z0-9])" if word[-1:].isalnum() else ""
        self._find = re.compile(before + core + after, re.IGNORECASE).search

    def meets(self, row: Row) -> bool:
        """Look for it."""
        raw = row.get("_raw")
        return isinstance(raw, str) and self._find(raw) is not None


@dataclass(frozen=True)
class Comparison(Criterion):
    """A field against a value; `!=` wants the field to be there."""

    field: str
    sign: str
    value: str

    def meets(self, row: Row) -> bool:
        """Compare; one of several values is enough."""
        found = row.get(self.field)
        if found is None:
            return False
        if self.sign == "!=":
            return not self._equals(found)
        return self._equals(found) if self.sign == "=" else self._compares(found)

    def _equals(self, found: Value) -> bool:
        if "*" in self.value:
            match = wildcard(self.value).fullmatch
            return any(match(each) is not None for each in many(found))
        if not isinstance(found, str | list):
            return number(self.value) == found
        wanted = self.value.lower()
        return any(each.lower() == wanted for each in many(found))

    def _compares(self, found: Value) -> bool:
        compare, wanted = COMPARE[self.sign], number(self.value)
        for each in many(found):
            given = number(each)
            if wanted is None or given is None:
                if compare(each, self.value):
                    return True
            elif compare(given, wanted):
                return True
        return False

    def could(self, known: Known) -> bool:
        """Compare with what is known."""
        if self.field not in known or self.sign not in {"=", "!="}:
            return True
        return self._equals(known[self.field]) == (self.sign == "=")

    def indexes(self) -> Iterator[str]:
        """Name the index if it is one that it asks for."""
        if self.field == "index" and self.sign == "=":
            yield self.value


@dataclass(frozen=True)
class Both(Criterion):
    """All of several."""

    parts: tuple[Criterion, ...]

    def meets(self, row: Row) -> bool:
        """Ask all."""
        return all(part.meets(row) for part in self.parts)

    def could(self, known: Known) -> bool:
        """Ask all."""
        return all(part.could(known) for part in self.parts)

    def indexes(self) -> Iterator[str]:
        """Ask all."""
        for part in self.parts:
            yield from part.indexes()


@dataclass(frozen=True)
class Either(Criterion):
    """One of several."""

    parts: tuple[Criterion, ...]

    def meets(self, row: Row) -> bool:
        """Ask until one says yes."""
        return any(part.meets(row) for part in self.parts)

    def could(self, known: Known) -> bool:
        """Ask until one says yes."""
        return any(part.could(known) for part in self.parts)

    def indexes(self) -> Iterator[str]:
        """Ask all."""
        for part in self.parts:
            yield from part.indexes()


@dataclass(frozen=True)
class Neither(Criterion):
    """Not this."""

    part: Criterion

    def meets(self, row: Row) -> bool:
        """Ask, and turn it round."""
        return not self.part.meets(row)
