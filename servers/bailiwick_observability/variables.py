"""The variables of a dashboard in a query: what stands for them, written so that it stays inside.

What the dashboard says of a variable is the work of the author of the query, and as good as it.
What a caller gives is data: within a string it is escaped, in a regular expression it is taken
literally, and outside of strings it may only be a name, a number or a duration.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bailiwick.errors import BadRequest
from bailiwick.shaping.fence import inline
from bailiwick_observability import formats
from bailiwick_observability.models.dashboards import Variable
from bailiwick_observability.models.metrics import Window

ALL = "$__all"
REFERENCE = re.compile(
    r"\$\{(?P<braced>[A-Za-z_]\w*)(?P<path>\.[^:}]*)?(?::(?P<style>[^}]*))?\}"
    r"|\$(?P<plain>[A-Za-z_]\w*)"
    r"|\[\[(?P<old>[A-Za-z_]\w*)(?::(?P<oldstyle>\w+))?\]\]",
    re.ASCII,
)
"""`$name`, `${name}`, `${name:format}`, `[[name]]`. Not `$1`: that is a group of label_replace."""
_LONGEST = 20_000
"""Characters of a query, also once it is resolved."""
_DEEPEST = 8
"""How many variables may stand behind each other."""
_BARE = re.compile(
    r"[A-Za-z_:][A-Za-z0-9_:]{0,199}|\d{1,15}(?:\.\d{1,9})?|(?:\d{1,9}(?:ms|[smhdwy])){1,6}"
)
"""What a caller may put outside of strings: a name, a number, a duration."""
_MATCHER = re.compile(r"(=~|!~|!=|=)\s*$")
Given = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Resolved:
    """A query without variables; `unresolved` still stand in it, `notes` say why and what else."""

    text: str
    used: tuple[str, ...] = ()
    unresolved: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Value:
    """What a variable stands for. `foreign`: a caller had a hand in it."""

    parts: tuple[str, ...]
    foreign: bool = False
    pattern: bool = False
    """It is a regular expression already."""
    several: bool = False
    """More than one may be chosen, so a page takes each literally."""

    @property
    def first(self) -> str:
        """The only one, mostly."""
        return "".join(self.parts[:1])


def names(text: str) -> list[str]:
    """Name the variables that a text refers to, each once, in order."""
    return list(dict.fromkeys(_name(found) for found in REFERENCE.finditer(text)))


def resolve(
    expression: str, variables: Sequence[Variable], given: Given, window: Window
) -> Resolved:
    """Write what stands for each variable, or raise BadRequest where that would be too much.

    `given` overrides what the dashboard has chosen, by name.
    """
    if len(expression) > _LONGEST:
        raise BadRequest(f"the query has more than {_LONGEST} characters")
    return _Resolver({each.name: each for each in variables}, given, window).run(expression)


def chosen(
    name: str, variables: Sequence[Variable], given: Given, window: Window
) -> tuple[str, ...]:
    """Give what a variable stands for as it is, e.g. a data source; nothing if nobody knows."""
    value = _Resolver({each.name: each for each in variables}, given, window).value(name)
    return value.parts if value else ()


@dataclass(slots=True)
class _Resolver:
    known: Mapping[str, Variable]
    given: Given
    window: Window
    used: dict[str, None] = field(default_factory=dict[str, None])
    unresolved: dict[str, None] = field(default_factory=dict[str, None])
    notes: dict[str, None] = field(default_factory=dict[str, None])
    found: dict[str, _Value | None] = field(default_factory=dict[str, "_Value | None"])

    def run(self, expression: str) -> Resolved:
        """Go through the query once; what was put in is not looked at again."""
        done: list[str] = []
        at = length = 0
        strings = _Strings(expression)
        for reference in REFERENCE.finditer(expression):
            place = strings.around(reference.start())
            piece = expression[at : reference.start()] + self._written(reference, place)
            length += len(piece)
            self._fits(length)
            done.append(piece)
            at = reference.end()
        text = "".join(done) + expression[at:]
        self._fits(len(text))
        return Resolved(text, tuple(self.used), tuple(self.unresolved), tuple(self.notes))

    def _fits(self, length: int) -> None:
        if length > _LONGEST:
            raise BadRequest(
                f"with its variables the query has more than {_LONGEST} characters: give fewer"
                " values for them"
            )

    # One reference

    def _written(self, reference: re.Match[str], place: "_Place") -> str:
        """Write one reference, or leave it as it is and say so."""
        name = _name(reference)
        style = (reference["style"] or reference["oldstyle"] or "").strip()
        if name in ("__from", "__to") and style.startswith("date"):
            return self._date(reference, name, style)
        if reference["path"] or (style and style not in formats.FORMATS):
            self.notes[f"{inline(reference[0], 60)} is written in a way we do not know"] = None
            return self._left(reference, name)
        value = self.value(name)
        if value is None:
            return self._left(reference, name)
        self.used[name] = None
        return self._formatted(name, value, style, place)

    def _left(self, reference: re.Match[str], name: str) -> str:
        self.unresolved[name] = None
        return reference[0]

    def _date(self, reference: re.Match[str], name: str, style: str) -> str:
        seconds = self.window.start if name == "__from" else self.window.end
        said = formats.moment(seconds, style.removeprefix("date").removeprefix(":"))
        if said is None:
            return self._left(reference, name)
        self.used[name] = None
        return said

    def _formatted(self, name: str, value: _Value, style: str, place: "_Place") -> str:
        if style:
            text = formats.FORMATS[style](name, value.parts)
            if value.pattern:  # what stands for All is a pattern, whatever the format
                text = value.first
        elif value.pattern or not (len(value.parts) > 1 or (place.regex and value.several)):
            text = value.first
        else:
            text = formats.alternatives(value.parts)
        if place.operator in ("=", "!=") and (value.pattern or len(value.parts) > 1):
            self.notes[f"${name} has several values where only one is compared: =~ is meant"] = None
        if place.quote:
            return self._inside(name, text, value, place.quote)
        return self._outside(name, text, value, style)

    def _inside(self, name: str, text: str, value: _Value, quote: str) -> str:
        """Write text within a string. An author's pattern is written for a string already."""
        if quote != "`":
            own = value.pattern and not value.foreign
            return text if own else formats.quoted(text, quote)
        if "`" in text:
            raise BadRequest(f"the value of {name} holds a backtick, and stands within backticks")
        return text

    def _outside(self, name: str, text: str, value: _Value, style: str) -> str:
        if not value.foreign or style in formats.CLOSED:
            return text
        if all(_BARE.fullmatch(part) for part in value.parts):
            return text
        raise BadRequest(
            f"{name} stands outside of quotes in this query: its value can be a name, a number or"
            " a duration, or one of its options"
        )

    # What a variable stands for

    def value(self, name: str, path: tuple[str, ...] = ()) -> _Value | None:
        """Find what a variable stands for, once; None where nobody knows."""
        if name in path:
            circle = " -> ".join(f"${each}" for each in (*path[path.index(name) :], name))
            self.notes[f"variables in a circle: {circle}"] = None
            return None
        if name not in self.found:
            if len(path) >= _DEEPEST:
                raise BadRequest(f"more than {_DEEPEST} variables stand behind ${path[0]}")
            self.found[name] = self._looked_up(name, path)
        return self.found[name]

    def _looked_up(self, name: str, path: tuple[str, ...]) -> _Value | None:
        if name in self.given:
            return self._given(name)
        if name.startswith("__"):
            said = formats.builtin(name, self.window)
            return None if said is None else _Value((said,))
        variable = self.known.get(name)
        if variable is None:
            return None
        if ALL in variable.current or not variable.current:
            return self._all(variable, path) if variable.current else None
        return self._expanded(variable, variable.current, path)

    def _given(self, name: str) -> _Value | None:
        said = self.given[name]
        values = (said,) if isinstance(said, str) else tuple(said)
        variable = self.known.get(name) or Variable(name, "", ())
        every = ALL in values or (values == ("All",) and "All" not in variable.options)
        if every and variable.name in self.known:
            return self._all(variable, (name,))
        if not values or sum(map(len, values)) > _LONGEST:
            raise BadRequest(f"{name}: give at least one value, and fewer than {_LONGEST} letters")
        if set(values) <= set(variable.options):
            return _Value(values, several=_several(variable))
        return _Value(values, foreign=True, several=variable.kind != "textbox")

    def _all(self, variable: Variable, path: tuple[str, ...]) -> _Value | None:
        """Write All: what the dashboard says, or every option, or anything at all."""
        if variable.every:
            inner = self._expanded(variable, (variable.every,), path, pattern=True)
            return inner and replace(inner, pattern=True)
        options = tuple(option for option in variable.options if option != ALL)
        if options:
            return self._expanded(variable, options, path)
        self.notes[f"All of ${variable.name} is taken as anything: its values are not known"] = None
        return _Value((".+",), pattern=True)

    def _expanded(
        self,
        variable: Variable,
        values: Sequence[str],
        path: tuple[str, ...],
        *,
        pattern: bool = False,
    ) -> _Value | None:
        """Resolve the variables that stand in a dashboard's own values."""
        inside = dict.fromkeys(name for value in values for name in names(value))
        behind: dict[str, _Value] = {}
        for name in inside:
            found = self.value(name, (*path, variable.name))
            if found is None:
                self.unresolved[name] = None
                return None
            self.used[name] = None
            behind[name] = found
        foreign = [each for each in behind.values() if each.foreign]
        parts = self._filled(values, {n: _embedded(v, pattern) for n, v in behind.items()})
        several = _several(variable) or any(each.several for each in foreign)
        return _Value(parts, bool(foreign), several=several)

    def _filled(self, values: Sequence[str], inside: Mapping[str, str]) -> tuple[str, ...]:
        """Put values into values, and stop before it is too much."""
        length = 0
        parts: list[str] = []
        for value in values:
            length += len(value)
            length += sum(len(inside[_name(found)]) for found in REFERENCE.finditer(value))
            self._fits(length)
            parts.append(REFERENCE.sub(lambda found: inside[_name(found)], value))
        return tuple(parts)


def _embedded(value: _Value, pattern: bool) -> str:
    """Write a value for the inside of another one; what a caller gave is no pattern there."""
    if pattern and value.foreign and value.several:
        return formats.alternatives(value.parts)
    return "|".join(value.parts)


# Where a reference stands


@dataclass(frozen=True, slots=True)
class _Place:
    """Within which quotes a reference stands, and behind which operator; both may be empty."""

    quote: str = ""
    operator: str = ""

    @property
    def regex(self) -> bool:
        """Tell whether it is matched as a regular expression."""
        return self.operator in ("=~", "!~")


_STRING = re.compile(r'"(?:\\.|[^"\\])*"?|\'(?:\\.|[^\'\\])*\'?|`[^`]*`?|#[^\n]*', re.DOTALL)


class _Strings:
    """The strings of a query, found before anything is put in; asked from left to right."""

    def __init__(self, expression: str) -> None:
        self._spans = self._each(expression)
        self._span = next(self._spans, None)

    @staticmethod
    def _each(expression: str) -> Iterator[tuple[int, int, _Place]]:
        for found in _STRING.finditer(expression):
            if found[0].startswith("#"):
                continue
            before = expression[max(found.start() - 20, 0) : found.start()]
            operator = _MATCHER.search(before)
            yield found.start(), found.end(), _Place(found[0][0], operator[1] if operator else "")

    def around(self, at: int) -> _Place:
        """Say where a position is."""
        while self._span and self._span[1] <= at:
            self._span = next(self._spans, None)
        return self._span[2] if self._span and self._span[0] < at else _Place()


def _name(reference: re.Match[str]) -> str:
    return reference["braced"] or reference["plain"] or reference["old"]


def _several(variable: Variable) -> bool:
    """Tell whether more than one value may be chosen, as far as the dashboard shows it."""
    return len(variable.current) > 1 or ALL in (*variable.current, *variable.options)
