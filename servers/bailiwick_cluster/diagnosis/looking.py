"""Looks once more where a log would show the cause: the last lines of what fell."""

from collections.abc import Sequence

import anyio

from bailiwick_cluster.diagnosis.finding import Finding
from bailiwick_cluster.upstream import Kubernetes
from bailiwick_cluster.upstream.logs import tail

_MOST = 5
_LINES = 20
_SECONDS = 3.0
_TELLING = (
    "error",
    "fatal",
    "panic",
    "exception",
    "fail",
    "denied",
    "refused",
    "cannot",
    "no such",
)


async def look_again(kubernetes: Kubernetes, found: Sequence[Finding]) -> None:
    """Add the line of the log that tells most to the evidence of the first findings."""

    async def one(finding: Finding) -> None:
        log = finding.sign.log
        if log is None:
            return
        with anyio.move_on_after(_SECONDS):
            seen = await tail(
                kubernetes,
                log.namespace,
                log.pod,
                log.container,
                previous=log.previous,
                lines=_LINES,
            )
            if line := telling(seen.lines):
                finding.evidence.append(line)

    async with anyio.create_task_group() as tasks:
        for finding in [each for each in found if each.sign.log][:_MOST]:
            tasks.start_soon(one, finding)


def telling(lines: Sequence[str]) -> str:
    """Choose the last line that speaks of a failure, or else the last that says anything."""
    spoken = [line for line in lines if line.strip()]
    failing = [line for line in spoken if any(word in line.lower() for word in _TELLING)]
    return (failing or spoken or [""])[-1]
