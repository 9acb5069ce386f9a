"""The risk of the call under way, for the second wall: a read cannot change anything upstream."""

from contextvars import ContextVar, Token

from bailiwick.policy.question import Risk

_RISK: ContextVar[Risk] = ContextVar("risk", default=Risk.READ)


def current_risk(risk: Risk) -> "_Part":
    """Run a `with` block as part of a call of this risk."""
    return _Part(risk)


class _Part:
    """The block. A class, since every call passes here and a generator costs more."""

    __slots__ = ("_risk", "_token")

    def __init__(self, risk: Risk) -> None:
        self._risk = risk

    def __enter__(self) -> None:
        self._token: Token[Risk] = _RISK.set(self._risk)

    def __exit__(self, *_: object) -> None:
        _RISK.reset(self._token)


def may_change() -> bool:
    """Say whether the call under way may change anything upstream. Outside a call: no."""
    return _RISK.get() is not Risk.READ
