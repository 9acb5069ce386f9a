"""What `read_logs` does, apart from it: it is imported with the first call."""

from collections.abc import Callable, Sequence

import anyio

from bailiwick.errors import BadRequest, Forbidden
from bailiwick.shaping.answer import Answer, Block
from bailiwick.shaping.linear import whole
from bailiwick.shaping.redaction import redact_text
from bailiwick.tool import Call
from bailiwick_cluster.logs.answering import LINES, Beside, Question, answer
from bailiwick_cluster.logs.continued import Part, part
from bailiwick_cluster.logs.finding import Found, found
from bailiwick_cluster.logs.gathering import Gathered, Wish, gather
from bailiwick_cluster.logs.levels import Level
from bailiwick_cluster.logs.sources import sources
from bailiwick_cluster.logs.telling import fitting
from bailiwick_cluster.moments import span
from bailiwick_cluster.upstream import Kubernetes, Upstream, opened
from bailiwick_cluster.upstream.excuses import known
from bailiwick_cluster.upstream.logs import Log, tail

_LEAST = {None: Level.DEBUG, "warn": Level.WARN, "error": Level.ERROR}
_END = 8
_END_BYTES = 1_100
_SECONDS = 3.0


async def told(
    call: Call[Upstream],
    cluster: str,
    namespace: str,
    name: str,
    kind: str,
    *,
    container: str,
    since: str,
    pattern: str,
    level: str | None,
    previous: bool,
    raw: bool,
) -> Answer:
    """Read the logs of a pod or a workload, or raise BadRequest."""
    wish = Wish(
        since=int(span(since)) if since else 0,
        wanted=_matching(pattern) if pattern else None,
        keep=LINES if raw else 0,
        least=_LEAST[level],
    )
    async with opened(call, cluster) as kubernetes:
        have = await found(kubernetes, namespace, kind, name)
        chosen, unread = sources(have.pods, container, previous=previous)
        read = await gather(kubernetes, namespace, chosen, wish)
        _refuse(read, namespace)
        beside = Beside(unread)
        if not previous:
            await _ends(kubernetes, namespace, read, beside)
        now = kubernetes.now
    call.facts.update(logs=len(read.sources), lines=read.lines)
    asked = Question(
        whole=f"{have.kind} {namespace}/{name}",
        call=_again(cluster, namespace, name, have),
        pods=len(have.pods),
        least=_LEAST[level],
        since=since,
        pattern=bool(pattern),
        previous=previous,
        raw=raw,
    )
    return answer(asked, read, beside, now)


def _matching(pattern: str) -> Callable[[str], bool]:
    """Compile a pattern; it is tried on what may be shown, so that it finds out no secret."""
    try:
        whole(pattern)
        fits = whole(f".*(?:{pattern}).*")
    except ValueError as error:
        raise BadRequest(
            "`pattern` is no RE2 pattern: no look-around, no \\1; escape [ ( +"
        ) from error

    def wanted(text: str) -> bool:
        if not fits(text):
            return False
        clean = redact_text(text, {})
        return clean == text or fits(clean)

    return wanted


def _refuse(read: Gathered, namespace: str) -> None:
    """Say so at once where the cluster's own rules let the caller read none of the logs."""
    if read.readings and all(reading.forbidden for reading in read.readings):
        raise Forbidden(
            f"the cluster's RBAC lets you read no logs in {namespace}: it takes get on pods/log"
        )


async def _ends(kubernetes: Kubernetes, namespace: str, read: Gathered, beside: Beside) -> None:
    """Show how the container that failed last ended: its last lines say why, as a rule."""
    failed = [n for n, source in enumerate(read.sources) if source.container.failed]
    again = [n for n in failed if read.sources[n].container.restarts]
    beside.crashed = list(dict.fromkeys(read.sources[n].pod.name for n in again))
    if not failed:
        return
    number = max(failed, key=lambda n: read.sources[n].container.at)
    source, stream = read.sources[number], read.streams[number]
    beside.ended = f"exit {source.container.exit} {known(source.container.reason)}".rstrip()
    lines = stream.last_lines
    if source.container.restarts and not source.previous:
        lines = await _end(kubernetes, namespace, source.log)
    if lines:
        which = f"end of {source.pod.name} {source.container.name}"
        beside.ends.append(Block(f"{which}, {beside.ended}", _shown(lines)))


def _shown(lines: Sequence[str]) -> str:
    """Take out secrets before anything is cut, and what may be the middle of a key."""
    told = ["(Base64)" if part(line) is Part.OPAQUE else line for line in lines]
    return fitting(redact_text("\n".join(told), {}).split("\n"), _END_BYTES)


async def _end(kubernetes: Kubernetes, namespace: str, log: Log) -> list[str]:
    """Read the last lines of the run before, or nothing where that takes too long."""
    with anyio.move_on_after(_SECONDS):
        found = await tail(kubernetes, namespace, log.pod, log.container, previous=True, lines=_END)
        return found.lines
    return []


def _again(cluster: str, namespace: str, name: str, have: Found) -> str:
    kind = f', kind="{have.kind}"' if have.kind != "Pod" else ""
    return f'cluster="{cluster}", namespace="{namespace}", name="{name}"{kind}'
