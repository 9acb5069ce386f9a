"""Templates known again by the words that never vary: most new lines need no masks. Pure."""

from dataclasses import dataclass, field

from bailiwick.shaping.templates import Template

_DIGITS = bytes.maketrans(b"0123456789", b"0" * 10)
_MOST = 8
"""Skeletons of one length that are tried: beyond so many, a look costs more than it saves."""
_LEAST_FIXED = 3
"""Words that have to be as they always were, before a line is known by them."""
_WORDS = 48
_CHARACTERS = 1_000

Words = list[bytes]


@dataclass(slots=True)
class _Skeleton:
    """Words of a template; None where they vary. `fixed` counts those that do not."""

    template: Template
    words: list[bytes | None]
    fixed: int

    @property
    def clear(self) -> bool:
        """Whether nothing of it ever varied, or enough did not; templates ask for a little more."""
        whole = len(self.words)
        return self.fixed == whole or (self.fixed >= _LEAST_FIXED and self.fixed * 2 >= whole)


@dataclass(slots=True)
class Skeletons:
    """Skeletons of one level, by how many words they have."""

    _by_length: dict[int, list[_Skeleton]] = field(default_factory=dict[int, "list[_Skeleton]"])

    def find(self, words: Words) -> Template | None:
        """Find the template that a line's words fit, if it is well known."""
        for one in self._by_length.get(len(words), ()):
            if one.clear and _fits(one.words, words):
                return one.template
        return None

    def learn(self, words: Words, template: Template) -> None:
        """Note that a line is of a template: where it differs, the template varies."""
        known = self._by_length.setdefault(len(words), [])
        for one in known:
            if one.template is template:
                pairs = zip(one.words, words, strict=True)
                one.words = [a if a == b else None for a, b in pairs]
                one.fixed = sum(word is not None for word in one.words)
                return
        if len(known) < _MOST:
            known.append(_Skeleton(template, [*words], len(words)))


def split(text: str) -> Words:
    """Split a line into words, all digits alike; no more of it than templates look at."""
    raw = text[:_CHARACTERS].encode(errors="surrogatepass").translate(_DIGITS)
    return raw.split()[:_WORDS]


def _fits(known: list[bytes | None], words: Words) -> bool:
    for a, b in zip(known, words, strict=True):  # noqa: SIM110 - thrice as fast as all() here
        if a is not None and a != b:
            return False
    return True
