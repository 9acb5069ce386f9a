"""Commands in containers: `pods/exec` over a WebSocket, with nothing to send in and no terminal.

Speaks v5.channel.k8s.io, and v4 to servers that have no v5 (before 1.29): each message is a byte
that names its channel, and data. Channel 3 brings a Status (meta/v1) with the exit code.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import anyio
import orjson

from bailiwick.errors import Unreadable
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parts import listing, text
from bailiwick_cluster.upstream import Kubernetes, Query

PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
KEPT = 16_384
"""Bytes of each stream that are kept."""
MOST = 4_000_000
"""Bytes that are read at all; a command that says more is left."""
_AFTER = 2.0
"""Seconds in which output may still come after the exit code: they travel apart."""
_STDOUT, _STDERR, _STATUS = 1, 2, 3
_CHANNELS = frozenset({0, _STDOUT, _STDERR, _STATUS, 4, 255})

End = Literal["exited", "failed", "late", "flood", "closed", "broken"]
"""How it ended: with an exit code; not, for a reason that the API tells (it may never have begun);
or it is not known, since time was up, it said too much, the connection was closed, or what came
makes no sense."""


@dataclass(slots=True)
class Stream:
    """What came of one stream: its first bytes, and how many there were."""

    kept: bytearray = field(default_factory=bytearray)
    total: int = 0

    def take(self, data: bytes) -> None:
        """Take some in, as far as there is room."""
        self.total += len(data)
        self.kept += data[: max(KEPT - len(self.kept), 0)]

    @property
    def text(self) -> str:
        """What is kept, in whole lines where something is missing."""
        if self.total > len(self.kept) and (end := self.kept.rfind(b"\n")) > 0:
            return self.kept[: end + 1].decode(errors="replace")
        return self.kept.decode(errors="replace")


@dataclass(slots=True)
class Ran:
    """What became of a command. `code` is None where it is not known, `said` the API's words."""

    end: End = "closed"
    code: int | None = None
    said: str = ""
    out: Stream = field(default_factory=Stream)
    err: Stream = field(default_factory=Stream)
    _status: bytearray = field(default_factory=bytearray)

    def take(self, message: bytes) -> bool:
        """Take a message in, and say whether more is wanted."""
        channel, data = message[0] if message else 0, message[1:]
        if channel not in _CHANNELS:
            self.end = "broken"
        elif channel == _STDOUT:
            self.out.take(data)
        elif channel == _STDERR:
            self.err.take(data)
        elif channel == _STATUS:
            self._judge(data)
        if self.out.total + self.err.total > MOST:
            self.end = "flood"
        return self.end not in ("broken", "flood")

    @property
    def judged(self) -> bool:
        """Say whether the API has told how it ended."""
        return self.end in ("exited", "failed")

    def _judge(self, data: bytes) -> None:
        """Read the Status, which may come in pieces."""
        self._status += data[: KEPT - len(self._status)]
        try:
            told: Any = orjson.loads(bytes(self._status))
        except orjson.JSONDecodeError:
            return
        code = _code(told)
        self.code, self.end = code, "failed" if code is None else "exited"
        self.said = text(told, "message") if code is None else ""

    def ended(self) -> "Ran":
        """Close the book: a Status that never became whole is none."""
        if self.end == "closed" and self._status:
            self.end = "broken"
        return self


def _code(status: Any) -> int | None:
    """Find the exit code in a Status; None where nothing was run."""
    if text(status, "status") == "Success":
        return 0
    for cause in listing(status, "details", "causes"):
        said = text(cause, "message")
        if text(cause, "reason") == "ExitCode" and said.isdecimal() and len(said) < 6:
            return int(said)
    return None


async def execute(
    kubernetes: Kubernetes,
    namespace: str,
    pod: str,
    container: str,
    words: Sequence[str],
    seconds: float,
) -> Ran:
    """Run a program with its arguments in a container, for so many seconds at most.

    Raises what the API says no with; once the program may have begun, it says what it knows. The
    API cannot end a command: one that is left may go on.
    """
    query: Query = [
        ("container", container),
        *((name, "true") for name in ("stdout", "stderr")),
        *((name, "false") for name in ("stdin", "tty")),
        *(("command", word) for word in words),
    ]
    path = f"{BUILTIN['Pod'].path(namespace, pod)}/exec"
    ran, opened = Ran(), False
    with anyio.move_on_after(seconds) as scope:
        try:
            async with kubernetes.socket(path, query, PROTOCOLS) as messages:
                opened = True
                async for message in messages:
                    if not ran.take(message):
                        break
                    if ran.judged:
                        scope.deadline = min(scope.deadline, anyio.current_time() + _AFTER)
        except Unreadable:
            if not opened:
                raise
            ran.end = ran.end if ran.judged else "broken"
    if scope.cancelled_caught and not ran.judged:
        ran.end = "late"
    return ran.ended()
