"""Ask Cedar. Silence denies, and so does any error: a `forbid` that fails is not a yes."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson

from bailiwick.policy.cedar import Answer, Engine
from bailiwick.policy.question import Approval, Decision, Question
from bailiwick.policy.schema import ROOT, Action, cedar_schema

ANYONE = frozenset({"a group that no policy names"})
"""Stands for an approver of whom nothing is known but that they are in some group."""

_ERROR = ("policy-error",)
_REMEMBERED = 4096


@dataclass(frozen=True, slots=True)
class Policy:
    """A checked set of policies; pure, so that equal questions may share one answer.

    `bundle` is the SHA-256 of the text, in hex: the name of this very set in every record.
    """

    engine: Engine
    actions: tuple[Action, ...]
    names: Mapping[str, str]
    literals: frozenset[str]
    bundle: str
    _cache: dict[Any, Decision] = field(default_factory=dict[Any, Decision], repr=False)

    @classmethod
    def load(cls, text: str, actions: Iterable[Action]) -> "Policy":
        """Check `text` against the catalogue, or raise BadPolicy."""
        catalogue = tuple(actions)
        schema = cedar_schema(catalogue)
        engine, written = Engine.load(text, schema)
        read = orjson.loads(written)
        static: dict[str, Any] = read["staticPolicies"]
        names = {key: each.get("annotations", {}).get("id") or key for key, each in static.items()}
        literals = frozenset(_strings(read))
        bundle = hashlib.sha256(text.encode()).hexdigest()
        return cls(engine, catalogue, names, literals, bundle)

    def decide(self, question: Question, approvers: frozenset[str] | None = None) -> Decision:
        """Find the least approval under which the policies allow this.

        `approvers` are the groups of whoever has agreed. Without them the answer says what would
        be enough if the right people agreed: never act on a decision that still needs something.
        """
        key = _key(question, approvers)
        found = self._cache.get(key)
        if found is None:
            found = self._decide(
                question, self.literals | ANYONE if approvers is None else approvers
            )
            if len(self._cache) >= _REMEMBERED:
                self._cache.clear()
            self._cache[key] = found
        return found

    def _decide(self, question: Question, approvers: frozenset[str]) -> Decision:
        decision = Decision(allowed=False, needs=Approval.NONE, because=("no-policy",))
        for approval in Approval:
            decision = self.under(approval, question, approvers)
            if decision.allowed or decision.because == _ERROR:
                break
        return decision

    def under(self, approval: Approval, question: Question, approvers: frozenset[str]) -> Decision:
        """Judge under exactly this approval, to explain a policy; calls are judged by `decide`."""
        agreed = approvers if approval is Approval.SECOND_PERSON else frozenset[str]()
        answer = self._ask(question, approval, agreed)
        if answer.errors or not answer.sure:
            return Decision(allowed=False, needs=Approval.NONE, because=_ERROR)
        because = tuple(sorted(self.names[key] for key in answer.reasons))
        if answer.allowed:
            return Decision(allowed=True, needs=approval, because=because)
        return Decision(allowed=False, needs=Approval.NONE, because=because or ("no-policy",))

    def approvers(self, question: Question) -> tuple[str, ...]:
        """Name the groups any one of which may approve this; `("*",)` is any other person.

        Empty: no single group suffices, or nobody can.
        """
        if self._by(question, frozenset()) or self._by(question, ANYONE):
            return ("*",)
        return tuple(g for g in sorted(self.literals) if self._by(question, frozenset({g})))

    def _by(self, question: Question, approvers: frozenset[str]) -> bool:
        return self.decide(question, approvers).needs is Approval.SECOND_PERSON

    def visible(self, question: Question) -> bool:
        """Say whether some arguments could make this tool allowed to this principal.

        Partial evaluation with the resource and the context unknown; it only ever hides a tool
        from a list, and a call is judged in full.
        """
        known = ("visible", question.principal, question.tool)
        if known not in self._cache:
            self._cache[known] = self._visible(question)
        return self._cache[known].allowed

    def _visible(self, question: Question) -> Decision:
        request = {
            "principal": f"User::{_quoted(question.principal.id)}",
            "action": f"Action::{_quoted(question.tool)}",
        }
        seen = not self.engine.never(request, [_user(question)])
        return Decision(allowed=seen, needs=Approval.NONE, because=())

    def _ask(self, question: Question, approval: Approval, approvers: frozenset[str]) -> Answer:
        resource, chain = _chain(question)
        request = {
            "principal": {"type": "User", "id": question.principal.id},
            "action": {"type": "Action", "id": question.tool},
            "resource": resource,
            "context": {
                "approval": approval.value,
                "approvers": sorted(approvers),
                "arguments": dict(question.arguments),
            },
        }
        return self.engine.ask(request, [_user(question), *chain])


def _key(question: Question, approvers: frozenset[str] | None) -> tuple[Any, ...]:
    arguments = tuple(
        (name, tuple(value) if isinstance(value, list) else (type(value), value))
        for name, value in sorted(question.arguments.items())
    )
    return question.principal, question.tool, question.resource, arguments, approvers


def _user(question: Question) -> dict[str, Any]:
    who = question.principal
    groups = sorted(who.groups)
    return {
        "uid": {"type": "User", "id": who.id},
        "attrs": {"issuer": who.issuer, "client": who.client, "groups": groups},
        "parents": [{"type": "Group", "id": name} for name in groups],
    }


def _chain(question: Question) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """Return the innermost thing named, and every thing around it as Cedar entities."""
    root = {"type": ROOT, "id": "all"}
    entities: list[dict[str, Any]] = [{"uid": root, "attrs": {}, "parents": []}]
    parents = [root]
    path = ""
    for kind, name in question.resource:
        path = f"{path}/{name}" if path else name
        uid = {"type": kind, "id": path}
        entities.append({"uid": uid, "attrs": {"name": name}, "parents": parents})
        parents = [uid]
    return parents[0], entities


@lru_cache(maxsize=1024)
def _quoted(text: str) -> str:
    r"""Write a Cedar string literal: JSON's escapes for quotes, Cedar's `\u{…}` for the rest."""
    return (
        '"'
        + "".join(c if c.isalnum() or c in "-_./:@ " else f"\\u{{{ord(c):x}}}" for c in text)
        + '"'
    )


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():  # pyright: ignore[reportUnknownVariableType]
            yield from _strings(value)
    elif isinstance(node, list):
        for value in node:  # pyright: ignore[reportUnknownVariableType]
            yield from _strings(value)
