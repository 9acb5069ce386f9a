"""Judge a query in DQL: what it may run, which tables and buckets it reads, and since when."""

from dataclasses import dataclass, field

from bailiwick_observability.dql import buckets
from bailiwick_observability.dql.commands import (
    LIMITED,
    OPTIONS,
    PASSING,
    READS,
    REFUSED,
    SOURCES,
    TABULAR,
    TIMES,
)
from bailiwick_observability.dql.parse import Command, Pipeline, parse
from bailiwick_observability.dql.rules import Reason, Rules, Verdict
from bailiwick_observability.dql.tokens import Kind, Malformed, Token, tokens, write

_MOST_REASONS = 20


def judge(query: str, rules: Rules | None = None) -> Verdict:
    """Judge a query as a caller wrote it.

    Never raises: what cannot be read in one way only is refused. The caller checks `tables`,
    `buckets` and `times` of an allowed query, and runs `canonical`.
    """
    rules = rules or Rules()
    look = _Look(rules)
    try:
        if len(query) > rules.most_characters:
            raise Malformed(f"it has more than {rules.most_characters} characters", 0)
        found = tokens(query)
        look.pipeline(parse(found, rules.most_depth))
    except Malformed as error:
        look.refuse(error.sentence, error.at, error.command)
        return look.verdict("")
    return look.verdict(write(found))


@dataclass(slots=True)
class _Look:
    """Looks through one query and keeps what it found."""

    rules: Rules
    reasons: list[Reason] = field(default_factory=list[Reason])
    tables: set[str] = field(default_factory=set[str])
    buckets: set[str] = field(default_factory=set[str])
    times: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    transforming: bool = False

    def refuse(self, sentence: str, at: int, command: str = "") -> None:
        """Keep a reason."""
        if len(self.reasons) < _MOST_REASONS:
            self.reasons.append(Reason(sentence, at, command))

    def verdict(self, canonical: str) -> Verdict:
        """Say what was found."""
        return Verdict(
            not self.reasons,
            tuple(self.reasons),
            frozenset(self.tables),
            frozenset(self.buckets),
            tuple(self.times),
            "" if self.reasons else canonical,
            self.transforming,
        )

    def pipeline(self, commands: Pipeline) -> None:
        """Look at each command, and at the pipelines inside."""
        for place, command in enumerate(commands):
            self._command(command, first=place == 0)
            for inner in command.inner:
                self.pipeline(inner)
        self.transforming |= any(command.name.lower in TABULAR for command in commands)
        if commands[0].name.lower == "fetch" and not _entities(commands[0]):
            self._buckets(commands)

    def _command(self, command: Command, *, first: bool) -> None:
        name, at = command.name.lower, command.name.at
        if name not in self.rules.commands:
            why = REFUSED.get(name, "it is not among the commands that only read")
            self.refuse(f"this command is not allowed: {why}", at, command.name.text)
            return
        if first != (name in SOURCES):
            where = "begin a pipeline" if not first else "stand first; begin with fetch"
            self.refuse(f"this command {'may only' if not first else 'cannot'} {where}", at, name)
        if name in READS:
            self._table(READS[name], at, name)
        if name in ("fetch", "describe"):
            self._named(command)
        self._options(command)

    def _named(self, command: Command) -> None:
        first = command.parts()[0]
        if len(first) != 1 or first[0].kind not in (Kind.WORD, Kind.FIELD):
            at = first[0].at if first else command.name.at
            self.refuse("it names no table: `fetch logs`", at, command.name.text)
            return
        self._table(first[0].name, first[0].at, command.name.text)

    def _table(self, table: str, at: int, command: str) -> None:
        self.tables.add(table)
        for known in self.rules.tables:
            if table == known or (known.endswith("*") and table.startswith(known[:-1])):
                return
        may = ", ".join(sorted(self.rules.tables))
        self.refuse(f"this table may not be read; these may: {may}", at, command)

    def _options(self, command: Command) -> None:
        name = command.name.lower
        for token in command.tokens:
            if token.kind in (Kind.WORD, Kind.FIELD) and token.name.lower() == LIMITED:
                self.refuse("the scan limit is set from outside: leave it out", token.at, name)
        for option, said in command.options():
            self._option(name, option, said)
        extra = command.parts()[1:] if name in OPTIONS else []
        if len(extra) != len(command.options()) and name in OPTIONS:
            self.refuse("an option has no name", command.name.at, name)

    def _option(self, name: str, option: Token, said: list[Token]) -> None:
        if name in SOURCES and option.lower in TIMES:
            self.times.append((option.lower, write(said)))
        if name in OPTIONS and option.lower not in OPTIONS[name] | {LIMITED}:
            self.refuse("this option is not known", option.at, name)

    def _buckets(self, commands: Pipeline) -> None:
        """Keep which buckets a fetch reads: named in it, or in the filters that follow at once."""
        fetch = commands[0]
        named: set[str] = set()
        for option, said in fetch.options():
            if option.lower == "bucket":
                named |= buckets.listed(said)
        for command in commands[1:]:
            if command.name.lower not in PASSING:
                break
            if command.name.lower == "filter" and not named and not command.inner:
                named |= buckets.filtered(command.tokens)
        if not named and self.rules.need_bucket:
            self.refuse('it names no bucket: `fetch logs, bucket:{"..."}`', fetch.name.at, "fetch")
        self.buckets |= named or {"*"}


def _entities(fetch: Command) -> bool:
    """Tell whether it reads entities, which are in no bucket."""
    return bool(fetch.tokens) and fetch.tokens[0].name.startswith("dt.entity.")
