"""The engine, as we use it: a thin wrapper that gives Cedar's answers types."""

from dataclasses import dataclass
from typing import Any

import cedarpy

from bailiwick.errors import BadPolicy

_CEDAR: Any = cedarpy


@dataclass(frozen=True, slots=True)
class Answer:
    """What Cedar says: allowed or not, the keys of the policies that decided, and its errors."""

    allowed: bool
    sure: bool
    reasons: tuple[str, ...]
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Engine:
    """A parsed policy set and schema; parsing is what costs."""

    policies: Any
    schema: Any

    @classmethod
    def load(cls, text: str, schema: str) -> tuple["Engine", str]:
        """Check and parse; return the engine and the policies as JSON, or raise BadPolicy."""
        try:
            checked = _CEDAR.validate_policies(text, schema)
            if not checked.validation_passed:
                raise BadPolicy("; ".join(map(str, checked.errors)))
            handles = _CEDAR.PolicySet.from_str(text), _CEDAR.Schema.from_str(schema)
            return cls(*handles), str(_CEDAR.policies_to_json_str(text))
        except ValueError as error:
            raise BadPolicy(str(error)) from error

    def ask(self, request: dict[str, Any], entities: list[dict[str, Any]]) -> Answer:
        """Put a complete question."""
        said = _CEDAR.is_authorized(request, self.policies, entities, self.schema)
        return Answer(
            allowed=said.decision is _CEDAR.Decision.Allow,
            sure=said.decision is not _CEDAR.Decision.NoDecision,
            reasons=tuple(said.diagnostics.reasons),
            errors=tuple(map(str, said.diagnostics.errors)),
        )

    def never(self, request: dict[str, Any], entities: list[dict[str, Any]]) -> bool:
        """Say whether no resource and context at all could make this allowed."""
        try:
            said = _CEDAR.is_authorized_partial(request, self.policies, entities, self.schema)
        except ValueError:
            return True
        if said.decision is _CEDAR.Decision.Deny:
            return True
        permits = [rest for rest in said.residuals.values() if rest["effect"] == "permit"]
        return bool(said.residuals) and all(map(_impossible, permits))


def _impossible(residual: dict[str, Any]) -> bool:
    """Say whether what is left of a permit can never be true."""
    return any(
        condition["kind"] == "when" and _false(condition["body"])
        for condition in residual["conditions"]
    )


def _false(node: Any) -> bool:
    """Say whether an expression is false, or an error, whatever its unknowns turn out to be.

    Cedar keeps `unknown && false`, since the unknown might fail; a permit that fails permits
    nothing either, so for a permit that is as good as false.
    """
    if "Value" in node:
        return node["Value"] is False
    if "&&" in node:
        return _false(node["&&"]["left"]) or _false(node["&&"]["right"])
    if "||" in node:
        return _false(node["||"]["left"]) and _false(node["||"]["right"])
    return False
