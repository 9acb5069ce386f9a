"""Who looks on while calls are carried out. By default nobody, and that costs next to nothing.

`watching()` is who looks on in this process, and `passing()` the call under way. What is done
beside the calls passes as well, without a name. Both travel with the task, as its deadline does.
"""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Any, Self

from bailiwick.telemetry.parent import Parent

NO_HEADERS: Mapping[str, str] = {}


class Mark:
    """A part of the work while it goes on; nobody looks at this one."""

    __slots__ = ()

    @property
    def headers(self) -> Mapping[str, str]:
        """What to send along to an upstream."""
        return NO_HEADERS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    def answered(self, status: int) -> None:
        """Say that an upstream began to answer."""


UNSEEN = Mark()


class Passage:
    """The way of one call. Nobody looks at this one; it only says which call this is.

    `trace` is the id of the trace it belongs to, empty where there is none.
    """

    __slots__ = ("_before", "call", "trace")

    def __init__(self, call: str = "", trace: str = "") -> None:
        """Begin outside; `with` makes it the call under way."""
        self.call, self.trace = call, trace
        self._before: Token[Passage] | None = None

    def __enter__(self) -> Self:
        self._before = _passing.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None:
            _passing.reset(self._before)

    def stage(self, name: str) -> Mark:
        """Mark a stage of the road, for `with`."""
        return UNSEEN

    def request(self, system: str, method: str, host: str, *, ours: bool = True) -> Mark:
        """Mark a request to an upstream, for `with`. A stranger is told of no trace."""
        return UNSEEN

    def ended(self, outcome: str, code: str) -> None:
        """Say how the call ends, and with which of our codes where it fails."""


class Watch:
    """Somebody who looks on. This one looks away."""

    __slots__ = ()

    def call(
        self,
        call: str,
        server: str,
        tool: str,
        risk: str,
        method: str,
        origin: Mapping[str, Any],
        parent: Parent | None,
    ) -> Passage:
        """Look at one call; `origin` is what its record says of where it came from."""
        return Passage(call, parent.trace if parent else "")

    def beside(self) -> Passage:
        """Look at what is done without a call."""
        return Passage()


_passing: ContextVar[Passage] = ContextVar("passing", default=Passage())  # noqa: B039 - it keeps nothing
_watching: ContextVar[Watch] = ContextVar("watching", default=Watch())  # noqa: B039 - the same

passing = _passing.get
watching = _watching.get


@contextmanager
def watched(by: Watch) -> Generator[None]:
    """Let somebody look on at all that is begun in this block."""
    before, beside = watching(), passing()
    _watching.set(by)
    _passing.set(by.beside())
    try:
        yield
    finally:
        _watching.set(before)
        _passing.set(beside)
