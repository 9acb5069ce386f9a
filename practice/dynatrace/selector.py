"""The selectors of the Environment API: `type("SERVICE"),tag("a")`, `key:filter(eq("a","b"))`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z][\w.]*")
_KEY = re.compile(r"(?:(?:builtin|ext|calc|func|dsfm):)?[\w.\-]+")
_BARE = re.compile(r'[^\s(),:"~]+')


class Wrong(ValueError):
    """A selector that cannot be read; its text says why and where."""


@dataclass(frozen=True)
class Term:
    """A criterion or a transformation with its arguments."""

    name: str
    args: tuple["Term | str", ...] = ()

    @property
    def texts(self) -> list[str]:
        """Give the arguments that are texts."""
        return [each for each in self.args if isinstance(each, str)]

    @property
    def terms(self) -> list["Term"]:
        """Give the arguments that are terms themselves."""
        return [each for each in self.args if isinstance(each, Term)]


@dataclass(frozen=True)
class Metric:
    """A metric's key with what is done to it."""

    text: str
    key: str
    transformations: tuple[Term, ...]


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def terms(self) -> list[Term]:
        found = [self.term()]
        while self.takes(","):
            found.append(self.term())
        return found

    def term(self) -> Term:
        self.blank()
        name = _NAME.match(self.text, self.at)
        if not name:
            raise self.wrong("a name")
        self.at = name.end()
        self.expect("(")
        return Term(name[0], tuple(self.arguments()))

    def arguments(self) -> list[Term | str]:
        found: list[Term | str] = []
        if self.takes(")"):
            return found
        while True:
            found.append(self.argument())
            if self.takes(")"):
                return found
            self.expect(",")

    def argument(self) -> Term | str:
        self.blank()
        if self.text.startswith('"', self.at):
            return self.quoted()
        name = _NAME.match(self.text, self.at)
        if name and self.text.startswith("(", name.end()):
            return self.term()
        bare = _BARE.match(self.text, self.at)
        if not bare:
            raise self.wrong("an argument")
        self.at = bare.end()
        return bare[0]

    def quoted(self) -> str:
        said, self.at = "", self.at + 1
        while self.at < len(self.text):
            character = self.text[self.at]
            self.at += 1
            if character == '"':
                return said
            if character == "~":
                character, self.at = self.text[self.at : self.at + 1], self.at + 1
            said += character
        raise self.wrong("the end of a quoted text")

    def blank(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def takes(self, sign: str) -> bool:
        self.blank()
        found = self.text.startswith(sign, self.at)
        self.at += len(sign) if found else 0
        return found

    def expect(self, sign: str) -> None:
        if not self.takes(sign):
            raise self.wrong(f"`{sign}`")

    def wrong(self, wanted: str) -> Wrong:
        return Wrong(f"unexpected input at position {self.at}: {wanted} is expected")

    def ended(self) -> None:
        self.blank()
        if self.at < len(self.text):
            raise self.wrong("the end")

    def metric(self) -> Metric:
        self.blank()
        start, key = self.at, _KEY.match(self.text, self.at)
        if not key:
            raise self.wrong("the key of a metric")
        self.at = key.end()
        done: list[Term] = []
        while self.takes(":"):
            done.append(self.transformation())
        return Metric(self.text[start : self.at].strip(), key[0], tuple(done))

    def transformation(self) -> Term:
        name = _NAME.match(self.text, self.at)
        if not name:
            raise self.wrong("a transformation")
        self.at = name.end()
        return Term(name[0], tuple(self.arguments()) if self.takes("(") else ())


def criteria(text: str) -> list[Term]:
    """Read an entity or problem selector, or raise Wrong."""
    reader = _Reader(text)
    found = reader.terms()
    reader.ended()
    return found


def metrics(text: str) -> list[Metric]:
    """Read a metric selector, or raise Wrong."""
    reader = _Reader(text)
    found = [reader.metric()]
    while reader.takes(","):
        found.append(reader.metric())
    reader.ended()
    return found


def only(terms: Sequence[Term], known: Sequence[str]) -> None:
    """Raise Wrong for a criterion that there is not."""
    for each in terms:
        if each.name.partition(".")[0] not in known:
            raise Wrong(f"unknown criterion `{each.name}`")
