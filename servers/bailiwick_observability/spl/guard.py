"""Judge a Splunk search: what it may run, what it may read, and whether it says where and when."""

from collections.abc import Iterable

from bailiwick_observability.spl.checks import CHECKS, EXTERNAL, dataset, tables
from bailiwick_observability.spl.commands import (
    CLAUSED,
    CONTINUED,
    GENERATING,
    LISTING,
    REACHING,
    REFERRING,
    SEARCHING,
    TABULAR,
    refusal,
)
from bailiwick_observability.spl.expressions import Finding, find, is_open
from bailiwick_observability.spl.handover import trouble
from bailiwick_observability.spl.parse import Command, Pipeline, write
from bailiwick_observability.spl.readings import disagree
from bailiwick_observability.spl.resolution import Resolution
from bailiwick_observability.spl.rules import Reason, Rules, Verdict
from bailiwick_observability.spl.tokens import Kind, Malformed, Token

__all__ = ["Reason", "Rules", "Verdict", "judge"]

_YEAR = 366 * 86_400.0
_MOST_REASONS = 20


def judge(search: str, rules: Rules | None = None) -> Verdict:
    """Judge a search in SPL, as Splunk's search bar or the `search` of a job would take it.

    Never raises: what cannot be read in one way only is refused. The caller checks `indexes`,
    `times` and `lookups` of an allowed search against what its user may read, and runs `canonical`.
    """
    rules = rules or Rules()
    resolution = Resolution(
        rules.macros, rules.saved_searches, rules.most_characters, rules.most_depth
    )
    look = _Look(rules)
    try:
        pipeline = resolution.read(search)
        look.pipeline(pipeline)
        verdict = look.verdict(_written(pipeline, search), transforming=_transforms(pipeline))
        if verdict.allowed and verdict != _again(verdict.canonical, resolution, rules):
            raise Malformed(_TWO_WAYS)
    except Malformed as error:
        look.refuse(error.sentence, error.at, error.command)
        return look.verdict("", transforming=False)
    return verdict


def _again(canonical: str, resolution: Resolution, rules: Rules) -> Verdict:
    """Judge what will run as it is written, not only what it was written from."""
    look = _Look(rules)
    pipeline = resolution.read(canonical)
    look.pipeline(pipeline)
    return look.verdict(write(pipeline), transforming=_transforms(pipeline))


def _written(pipeline: Pipeline, search: str) -> str:
    """Write what will run, or raise Malformed where Splunk may read it in another way than we."""
    canonical = write(pipeline)
    if "`" in canonical:
        # The manual says that macros are not put into quoted texts; forwarded text may differ.
        raise Malformed("a backtick stands in a quoted text: leave it out", search.find("`"))
    if disagree(canonical):
        raise Malformed(_TWO_WAYS)
    return canonical


def _transforms(pipeline: Pipeline) -> bool:
    names = {command.name for command in pipeline.commands}
    return not names.isdisjoint(TABULAR)


class _Look:
    """Looks through one search and keeps what it found."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._reasons: dict[Reason, None] = {}
        self._indexes: set[str] = set()
        self._times: dict[tuple[str, str], None] = {}
        self._lookups: set[str] = set()
        self._unbounded = False

    def verdict(self, canonical: str, *, transforming: bool) -> Verdict:
        allowed = not self._reasons
        return Verdict(
            allowed=allowed,
            reasons=tuple(self._reasons)[:_MOST_REASONS],
            indexes=frozenset(self._indexes),
            unbounded_index=self._unbounded,
            times=tuple(self._times),
            lookups=frozenset(self._lookups),
            canonical=canonical if allowed else "",
            transforming=transforming,
        )

    def refuse(self, sentence: str, at: int, command: str) -> None:
        self._reasons[Reason(sentence, at, command)] = None

    def pipeline(self, pipeline: Pipeline, *, continued: bool = False) -> None:
        """Look at each command; a `search` that has no rows to filter fetches them."""
        filled = continued
        for command in pipeline.commands:
            self._command(command, base=not filled)
            filled = filled or command.name in GENERATING

    def _command(self, command: Command, *, base: bool) -> None:
        if command.name not in self._rules.commands:
            self.refuse(refusal(command.name), command.at, command.name)
        for check in filter(None, [CHECKS.get(command.name)]):
            for sentence in check(command):
                self.refuse(sentence, command.at, command.name)
        self._judged(command, base=base)
        for subsearch in command.subsearches:
            self.pipeline(subsearch, continued=command.name in CONTINUED)
        if command.inner is not None:
            self.pipeline(command.inner)

    def _judged(self, command: Command, *, base: bool) -> None:
        """Judge what a command reads, by its kind."""
        if command.name in SEARCHING:
            self._searched(command, base=base or command.name != "search")
        elif command.name in CLAUSED:
            self._claused(command)
        elif command.name in LISTING:
            self._listed(command)
        elif command.name in REFERRING:
            self._referred(command)
        self._tables(command)
        if command.name in REACHING and (base or command.name != "search"):
            self._fed(command)

    def _fed(self, command: Command) -> None:
        for subsearch in command.subsearches:
            said = trouble(subsearch)
            if said:
                self.refuse(said, subsearch.at, command.name)

    def _searched(self, command: Command, *, base: bool) -> None:
        found = find(command.args)
        if base:
            self._found(found, command)
            self._bounded(found.or_first, command)
        else:  # filters rows that are there: whatever it names, it fetches nothing
            self._kept(found)

    def _claused(self, command: Command) -> None:
        """Judge the condition between `where` and `by`, and what stands around it."""
        before, clause, after = _clause(command)
        found = find(clause)
        self._found(found, command)
        self._bounded(found.or_first and found.and_first, command)
        for part in (before, after):
            self._found(find(part), command, timed=False)
        if command.name == "tstats" and not self._rules.allow_datamodels:
            self._plain(command)

    def _plain(self, command: Command) -> None:
        """Refuse `from`: what a summary was made from is not known here."""
        if any(token.lower in ("from", "datamodel") for token in command.tokens):
            said = "data models and summaries read indexes not known here: use where index=..."
            self.refuse(said, command.at, command.name)

    def _listed(self, command: Command) -> None:
        """Judge `metadata index=a index=b`, which lists either."""
        found = find(command.args)
        self._found(found, command, timed=False)
        named = bool(found.indexes) and not any(map(is_open, found.indexes))
        self._bounded(named and found.or_first, command)

    def _referred(self, command: Command) -> None:
        kind = dataset(command)[0] if command.name == "from" else "datamodel"
        if kind == "datamodel" and not self._rules.allow_datamodels:
            said = "data models read indexes that are not known here: search an index itself"
            self.refuse(said, command.at, command.name)
        if kind not in ("datamodel", "lookup", "inputlookup"):
            self.refuse("write from lookup:name, or search index=...", command.at, command.name)

    def _tables(self, command: Command) -> None:
        for table in tables(command):
            known = self._rules.lookups
            if not table or table in EXTERNAL or (known is not None and table not in known):
                said = f"the lookup table {table!r} may not be read: do without it"
                self.refuse(said if table else _UNCLEAR, command.at, command.name)
            self._lookups.add(table)
        self._lookups.discard("")

    def _found(self, found: Finding, command: Command, *, timed: bool = True) -> None:
        self._kept(found)
        for sentence, at in found.complaints:
            self.refuse(sentence, at, command.name)
        for at in () if self._rules.allow_event_types else found.event_types:
            said = "event types and tags stand for searches not known here: say what to look for"
            self.refuse(said, at, command.name)
        if timed:
            self._timed(found, command)

    def _kept(self, found: Finding) -> None:
        self._indexes |= found.indexes
        self._times |= dict.fromkeys(found.times)

    def _timed(self, found: Finding, command: Command) -> None:
        said = dict(found.times)
        if any(name == "earliest" and _ever(value) for name, value in found.times):
            self.refuse("it looks through all times: say earliest=-24h", command.at, command.name)
        if any(value.lower().startswith("rt") for value in said.values()):
            self.refuse("it never ends: say latest=now", command.at, command.name)
        if "earliest" not in said and ("latest" in said or not self._rules.outside_times):
            self.refuse(_NO_BEGINNING, command.at, command.name)

    def _bounded(self, bounded: bool, command: Command) -> None:
        if bounded:
            return
        self._unbounded = True
        self._indexes.add("*")
        if self._rules.need_index:
            said = "it can look into every index: say index=name beside everything it looks for"
            self.refuse(said, command.at, command.name)


_TWO_WAYS = "its quotes can be read in two ways: use double quotes only, in pairs"
_NO_BEGINNING = "it has no beginning in time: say earliest=-24h beside what to look for"
_UNCLEAR = "it does not say plainly which lookup table: name it first, in double quotes"


def _clause(
    command: Command,
) -> tuple[list[Token | Pipeline], list[Token | Pipeline], list[Token | Pipeline]]:
    """Split at the first `where` and the `by` after it; a `by` before it leaves no condition."""
    args = [*command.args]
    start = _place(args, ("where",), 0)
    if _place(args, ("by", "groupby"), 0) < start:
        return args, [], []
    end = _place(args, ("by", "groupby"), start)
    return args[:start], args[start + 1 : end], args[end:]


def _place(args: list[Token | Pipeline], said: Iterable[str], start: int) -> int:
    for place in range(start, len(args)):
        arg = args[place]
        if isinstance(arg, Token) and arg.kind is Kind.WORD and arg.lower in said:
            return place
    return len(args)


def _ever(value: str) -> bool:
    """Tell whether a time is so early that it means all times: 0, 1, or any second of 1970."""
    try:
        return not float(value) >= _YEAR
    except ValueError:
        return False
