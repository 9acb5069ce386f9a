"""How a tool is declared: one decorator, everything about it in one place."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    Protocol,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
)

from pydantic import BaseModel, ConfigDict, create_model

from bailiwick.cursor import Cursors
from bailiwick.policy.question import Path, Principal, Risk, Scalar
from bailiwick.policy.schema import Action

U_co = TypeVar("U_co", covariant=True)
Function = Callable[..., Awaitable[Any]]
Progress = Callable[[float, float, str], Awaitable[None]]

VERBS: Mapping[Risk, frozenset[str]] = {
    Risk.READ: frozenset(
        {"list", "read", "search", "query", "explain", "diagnose", "plan", "preview", "draw"}
    ),
    Risk.CHANGE: frozenset(
        {
            "scale", "restart", "rollback", "apply", "silence", "expire", "annotate", "comment",
            "install", "upgrade", "cordon", "refresh",
        }
    ),
    Risk.DESTROY: frozenset({"delete", "drain", "uninstall", "run"}),
}  # fmt: skip
"""The closed verbs: a tool's first word says what it can do."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Marks a parameter that names what the call is about, e.g. `Scope("Namespace")`.

    A scope that may be left out makes the question wide: the tool then asks `call.sees` for
    each part, and says what it withheld.
    """

    kind: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """Marks a parameter whose value goes into no record, no approval and no policy's question.

    What may hold secrets in any shape cannot be redacted by its shape: its size and its keyed
    digest stand in its place, and bind an approval to it all the same.
    """


@dataclass(frozen=True, slots=True)
class Found:
    """What a call turned out to be about: values for the scopes and scalars of its `About`.

    `parts` are the inner things it touches where it names none, as a change of several namespaces
    does: none of them may be refused, or take other people's word than the whole.
    """

    values: Mapping[str, Any]
    parts: tuple[Path, ...] = ()


class Find(Protocol):
    """Finds by reading only what a call's arguments stand for, or raises."""

    def __call__(
        self, upstream: Any, principal: Principal, arguments: Mapping[str, Any], /
    ) -> Awaitable[Found]:
        """Return it, for this principal."""
        ...


@dataclass(frozen=True, slots=True)
class About:
    """What a call is about whose arguments only name something that is kept elsewhere.

    `scopes` and `scalars` are what the policy is asked about in place of arguments; `find` gives
    their values. An inner scope that is not found makes the call about what is around it.
    """

    scopes: Mapping[str, str]
    scalars: Mapping[str, type]
    find: Find


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change would do, found out by reading only.

    `effect` is what the approver and the model are shown. An approval is bound to the
    `preconditions`: what was looked at. `notes` is what the change itself needs of it (the
    resourceVersion it may write over). `nothing` is the answer where there is nothing to do.
    `found` has what a policy judges too, once it is known: see `ToolSpec.finds`.
    """

    effect: str
    preconditions: Mapping[str, str] = field(default_factory=dict[str, str])
    notes: Mapping[str, str] = field(default_factory=dict[str, str])
    nothing: Any = None
    found: Mapping[str, Any] = field(default_factory=dict[str, Any])


class Sees(Protocol):
    """Asks the policy about one part of what a question named."""

    def __call__(self, kind: str, name: str, /, *around: tuple[str, str]) -> bool:
        """Say whether the caller may see it."""
        ...


def _blind(_kind: str, _name: str, *_around: tuple[str, str]) -> bool:
    """See nothing: the default of a call that no gate has made."""
    return False


async def _silence(done: float, total: float, text: str) -> None:
    """Report progress to nobody."""


@dataclass(frozen=True, slots=True)
class Call(Generic[U_co]):
    """What a running tool may reach: its upstreams, its caller and its own id. Nothing else.

    `cursors()` makes and reads the cursors of this very question. `sees(kind, name)` asks the
    policy about one part of what a wide question named; where that stands in another part,
    `sees(kind, name, (kind, name), …)` says in which, the outermost first.
    What is put into `facts` goes into the record of the outcome: rows, bytes, guards, ids.
    `plan` is what was agreed to, where the call needed a plan. `credential` is the caller's own
    token, for upstreams that are configured to take it.
    """

    id: str
    principal: Principal
    risk: Risk
    upstream: U_co
    cursors: Callable[[], Cursors]
    sees: Sees = _blind
    progress: Progress = _silence
    plan: Plan | None = None
    credential: str = field(default="", repr=False)
    facts: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A declared tool. Immutable data; the gate takes its calls, the server shows it.

    `seconds` is the deadline of a call, `budget` the most bytes of an answer. `finds` are scalars
    that only the plan finds out: with them the policy is asked once more, before anything is done.
    """

    run: Function
    risk: Risk
    scopes: Mapping[str, str]
    scalars: Mapping[str, type]
    arguments: type[BaseModel]
    seconds: float
    budget: int
    plan: Function | None = None
    parts: tuple[str, ...] = ()
    about: About | None = None
    sealed: frozenset[str] = frozenset()
    finds: Mapping[str, type] = field(default_factory=dict[str, type])

    @property
    def name(self) -> str:
        """The name on the wire: the function's."""
        return self.run.__name__

    @property
    def description(self) -> str:
        """What the model reads: the function's docstring."""
        return inspect.getdoc(self.run) or ""

    def schema(self) -> dict[str, Any]:
        """Write the arguments' JSON schema as the model sees it: no titles, nothing twice."""
        return _lean(self.arguments.model_json_schema())

    def output(self) -> type[BaseModel] | None:
        """Return the model of a structured answer, or None for an answer in text."""
        kind = inspect.signature(self.run, eval_str=True).return_annotation
        return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None

    def action(self, server: str) -> Action:
        """Describe the tool to the policy."""
        kinds = (*self.scopes.values(), *self.parts)
        return Action(self.name, server, self.risk, kinds, self.scalars)

    def judged(self) -> type[BaseModel]:
        """Return the model of what a policy is asked about: the arguments, or what they stand for.

        Whoever writes a policy has no stored thing at hand, and names what it would be about.
        """
        if self.about is None:
            more = _fields(self.finds)
            return (
                create_model(self.name, __base__=self.arguments, **more) if more else self.arguments
            )
        scopes: dict[str, Any] = dict.fromkeys(self.about.scopes, (str | None, None))
        scalars = _fields(self.about.scalars)
        return create_model(self.name, __config__=_STRICT, **scopes, **scalars)

    def resource(self, arguments: Mapping[str, Any]) -> Path:
        """Pick what the call is about out of validated arguments, outermost first.

        An empty name says that the thing is in none: it is then about what is around it.
        """
        path: list[tuple[str, str]] = []
        for name, kind in self.scopes.items():
            if (value := arguments.get(name)) in (None, ""):
                break
            path.append((kind, str(value)))
        return tuple(path)

    def wide(self, arguments: Mapping[str, Any]) -> bool:
        """Say whether an inner scope was left out."""
        return len(self.resource(arguments)) < len(self.scopes)

    def visible(self, arguments: Mapping[str, Any]) -> dict[str, Scalar]:
        """Pick the arguments that a policy may look at."""
        return {name: arguments[name] for name in self.scalars if arguments.get(name) is not None}


def tool(
    *,
    risk: Risk,
    seconds: float = 20.0,
    budget: int = 8_000,
    plan: Function | None = None,
    parts: tuple[str, ...] = (),
    about: About | None = None,
    finds: Mapping[str, type] | None = None,
) -> Callable[[Function], ToolSpec]:
    """Declare a tool. Refuses, at import, what a reviewer would refuse.

    `parts` are kinds inside the innermost scope that no argument names, and `call.sees` is asked
    about. `about` says what a tool is about whose arguments do not, `finds` what its plan finds.
    """

    def declare(run: Function) -> ToolSpec:
        scopes: dict[str, str] = {}
        scalars: dict[str, type] = {}
        fields: dict[str, Any] = {}
        sealed: set[str] = set()
        for parameter in inspect.signature(run, eval_str=True).parameters.values():
            kind, marks = _read(parameter.annotation)
            if kind is Call:
                continue
            missing = parameter.default is inspect.Parameter.empty
            fields[parameter.name] = (parameter.annotation, ... if missing else parameter.default)
            scope = next((mark.kind for mark in marks if isinstance(mark, Scope)), None)
            if any(isinstance(mark, Sealed) for mark in marks):
                sealed.add(parameter.name)
            elif scope is not None:
                scopes[parameter.name] = scope
            elif kind in (str, int, bool, list):
                scalars[parameter.name] = kind
        if about is not None:
            _refuse_twice(run, about, fields, scopes)
            scopes, scalars = {**about.scopes}, {**scalars, **about.scalars}
        scalars |= finds or {}
        _refuse_unclear(run, risk, scopes, plan)
        model = create_model(run.__name__, __config__=_STRICT, **fields)
        kept = frozenset(sealed)
        return ToolSpec(
            *(run, risk, scopes, scalars, model, seconds, budget, plan, parts, about, kept),
            finds=finds or {},
        )

    return declare


_STRICT = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)


def _fields(scalars: Mapping[str, type]) -> dict[str, Any]:
    """Make fields, that may be left out, of scalars that no argument is."""
    return {
        name: (list[str] | None if kind is list else kind | None, None)
        for name, kind in scalars.items()
    }


def _refuse_twice(
    run: Function, about: About, fields: Mapping[str, Any], scopes: Mapping[str, str]
) -> None:
    """Refuse two answers to one question: the policy would judge one, and the tool do the other."""
    twice = set(scopes) | (set(fields) & {*about.scopes, *about.scalars})
    if twice:
        raise TypeError(f"{run.__name__} says twice what it is about: {sorted(twice)}")


def _refuse_unclear(
    run: Function, risk: Risk, scopes: Mapping[str, str], plan: Function | None
) -> None:
    name = run.__name__
    if not scopes:
        raise TypeError(
            f"{name} says nowhere what it is about: no Scope(...) parameter, no About(...)"
        )
    if name.split("_")[0] not in VERBS[risk]:
        raise TypeError(f"{name}: a {risk} tool starts with one of {sorted(VERBS[risk])}")
    if risk is not Risk.READ and plan is None:
        raise TypeError(f"{name} changes something and cannot say beforehand what: no plan")
    if not inspect.getdoc(run):
        raise TypeError(f"{name} has no docstring, and a model would have nothing to read")


def _read(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """Return the plain type behind `Annotated` and `| None`, and the marks on it."""
    marks: tuple[Any, ...] = ()
    origin: Any = get_origin(annotation)
    while origin in (Annotated, Union, UnionType, Literal):
        first, *rest = [arg for arg in get_args(annotation) if arg is not NoneType]
        if origin is Literal:
            return cast("Any", type(first)), marks
        if origin is Annotated:
            marks += tuple(rest)
        annotation = first
        origin = get_origin(annotation)
    return origin or annotation, marks


def _lean(node: Any) -> Any:
    """Drop what costs a model bytes and tells it little: titles, patterns, nulls."""
    if isinstance(node, list):
        return [_lean(item) for item in node]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(node, dict):
        return node
    lean: dict[str, Any] = {
        key: _lean(value)
        for key, value in node.items()  # pyright: ignore[reportUnknownVariableType]
        if not (key in ("title", "pattern") and isinstance(value, str))
        and not (key == "default" and not value)
    }
    options = [option for option in lean.get("anyOf", []) if option != {"type": "null"}]
    if len(options) == 1:
        del lean["anyOf"]
        lean = {**options[0], **lean}
    return lean
