"""The risk of the call under way, for the second wall: a read cannot change anything upstream."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from bailiwick.policy.question import Risk

_RISK: ContextVar[Risk] = ContextVar("risk", default=Risk.READ)


@contextmanager
def current_risk(risk: Risk) -> Generator[None]:
    """Run a block as part of a call of this risk."""
    token = _RISK.set(risk)
    try:
        yield
    finally:
        _RISK.reset(token)


def may_change() -> bool:
    """Say whether the call under way may change anything upstream. Outside a call: no."""
    return _RISK.get() is not Risk.READ
