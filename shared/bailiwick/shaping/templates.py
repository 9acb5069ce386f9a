"""Log lines grouped by what they have in common: `pool exhausted: <*> of <*> in use`.

A fixed-depth parse tree as in Drain (P. He, J. Zhu, Z. Zheng, M. Lyu, "Drain: an online log
parsing approach with fixed depth tree", ICWS 2017), one pass, bounded memory. What varies by its
shape (numbers, ids, addresses, times) is masked first, so most lines meet without a comparison.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_MASKS = (
    (re.compile(r"\x1b\[[0-9;?]*[A-Za-z]"), ""),
    (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "<uuid>"),
    (re.compile(r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\b"), "<ip>"),
    (re.compile(r"\b0x[0-9a-fA-F]+\b|\b(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{8,}\b"), "<id>"),
    (re.compile(r'"(?:[^"\\]|\\.){0,400}"'), '"<*>"'),
    (
        re.compile(r"(?<![A-Za-z0-9_])[-+]?\d+(?:[.,]\d+)*(?:%|[mun]?s|[kKMG]B|[KMG]iB)?\b"),
        "<n>",
    ),
)
_VARIES = "<*>"
_WORDS = 48
"""Words of a line that are looked at."""
_CHARACTERS = 1_000
"""Characters of a line that are looked at: a line may be a megabyte."""
_ALIKE = 0.6
"""Share of equal words from which two lines are of one template."""
_GROUPS = 2_000
"""Templates kept; what is rarer then joins `(other)`."""


@dataclass(slots=True)
class Template:
    """Lines that are alike."""

    words: list[str]
    count: int = 0
    example: str = ""
    first: float = 0.0
    last: float = 0.0

    @property
    def text(self) -> str:
        """Write it with what varies marked."""
        return " ".join(self.words)


@dataclass(slots=True)
class Templates:
    """All templates seen so far."""

    total: int = 0
    other: int = 0
    _tree: dict[tuple[int, str], list[Template]] = field(
        default_factory=dict[tuple[int, str], list[Template]]
    )
    _exact: dict[str, Template] = field(default_factory=dict[str, Template])

    def add(self, line: str, at: float = 0.0) -> Template | None:
        """Take one line in; give its template, or None where there were too many."""
        self.total += 1
        masked = mask(line)
        found = self._exact.get(masked) or self._near(masked)
        if found is None:
            self.other += 1
            return None
        found.count += 1
        found.example = found.example or line[:_CHARACTERS]
        if at:
            found.first = min(found.first or at, at)
            found.last = max(found.last, at)
        return found

    def of(self, line: str) -> str:
        """Give the template that a line was counted under; `(other)` where there were too many."""
        found = self._exact.get(mask(line))
        return found.text if found is not None else "(other)"

    def _near(self, masked: str) -> Template | None:
        """Find the template of a masked line in its leaf of the tree, or begin one."""
        words = masked.split()[:_WORDS]
        leaf = self._tree.setdefault((len(words), _stem(words)), [])
        best, most = None, _ALIKE
        for template in leaf:
            same = sum(a == b for a, b in zip(template.words, words, strict=True))
            if words and same / len(words) >= most:
                best, most = template, same / len(words)
        if best is None:
            if len(self._exact) >= _GROUPS * 4 or sum(map(len, self._tree.values())) >= _GROUPS:
                return None
            best = Template(words)
            leaf.append(best)
        else:
            pairs = zip(best.words, words, strict=True)
            best.words = [a if a == b else _VARIES for a, b in pairs]
        if len(self._exact) < _GROUPS * 4:
            self._exact[masked] = best
        return best

    def ranked(self) -> list[Template]:
        """Give the templates, the commonest first."""
        every = (template for leaf in self._tree.values() for template in leaf)
        return sorted(every, key=lambda one: (-one.count, one.text))


def mask(line: str) -> str:
    """Replace what varies by its shape."""
    text = line[:_CHARACTERS]
    for pattern, mark in _MASKS:
        text = pattern.sub(mark, text)
    return " ".join(text.split())


def _stem(words: Sequence[str]) -> str:
    """Choose the first word that does not vary, for the leaf."""
    return next(_steady(words), "")


def _steady(words: Sequence[str]) -> Iterator[str]:
    return (word for word in words[:4] if "<" not in word and not word.isdigit())
