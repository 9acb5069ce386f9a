"""`run_command`: one program with its arguments in a container, and what it says."""

from typing import Annotated, Any

import orjson
from pydantic import Field

from bailiwick.errors import BadRequest, Forbidden
from bailiwick.policy.question import Risk
from bailiwick.shaping.answer import Answer, Block
from bailiwick.tool import Call, Plan, tool
from bailiwick_cluster.diagnosis.containers import Container, containers
from bailiwick_cluster.kinds import BUILTIN
from bailiwick_cluster.parameters import NAME, Cluster, Namespace, at_most
from bailiwick_cluster.parts import mapping, text
from bailiwick_cluster.running.pods import plain
from bailiwick_cluster.running.rights import lacking
from bailiwick_cluster.upstream import Object, Upstream, opened
from bailiwick_cluster.upstream.exec import MOST, Ran, Stream, execute

Pod = Annotated[str, Field(description="Name.", pattern=NAME)]
Program = Annotated[str, Field(description="No shell.", pattern=r"^[A-Za-z0-9_./+-]{1,200}$")]
Word = Annotated[str, Field(pattern=r"^[^\x00]*$"), at_most(4_000)]
Arguments = Annotated[list[Word] | None, Field(description="One by one.", max_length=50)]
In = Annotated[str, Field(description="Of several.", pattern=r"^[a-z0-9-]{0,63}$")]
Seconds = Annotated[int, Field(description="Most.", ge=1, le=60)]
_CHOSEN = "kubectl.kubernetes.io/default-container"
_OUT, _ERR = 5_500, 1_500
"""Bytes of each stream that an answer has room for."""
_NO_UNDO = "undo: none; what a program did in its container is not known here"


async def plan_command(
    call: Call[Upstream],
    cluster: str,
    namespace: str,
    pod: str,
    program: str,
    arguments: list[str] | None = None,
    container: str = "",
    seconds: int = 10,
    dry_run: bool = True,
) -> Plan:
    """Look whether the container runs, and whether the caller may act in it."""
    async with opened(call, cluster) as kubernetes:
        found = await kubernetes.read(BUILTIN["Pod"], namespace, pod)
        chosen = _chosen(found, container)
        if missing := await lacking(kubernetes, namespace, pod):
            raise Forbidden(
                f"cluster {cluster} does not let {call.principal.subject} act in pods of"
                f" {namespace} (its own RBAC): it wants {missing} on pods/exec"
            )
    words = orjson.dumps([program, *(arguments or [])]).decode()
    return Plan(
        f"run {words} in container {chosen.name} of pod {namespace}/{pod} in cluster {cluster},"
        f" for {seconds} s at most",
        {"uid": text(found, "metadata", "uid"), "container": chosen.name, "image": chosen.image},
        {"container": chosen.name},
    )


def _chosen(found: Object, wanted: str) -> Container:
    """Choose the container, or raise BadRequest with those that there are."""
    known = {each.name: each for each in containers(found) if plain(each.name) == each.name}
    names = ", ".join(known)
    name = wanted or text(mapping(found, "metadata", "annotations"), _CHOSEN)
    if not name and len(own := [each for each in known.values() if not each.init]) == 1:
        name = own[0].name
    if not name:
        raise BadRequest(f"the pod has several containers; give `container`: {names}")
    if name not in known:
        raise BadRequest(f"the pod has no container {name[:63]!r}; it has: {names}")
    if not known[name].running:
        raise BadRequest(f"container {name} does not run, so nothing can be run in it")
    return known[name]


@tool(risk=Risk.DESTROY, seconds=75, budget=8_000, plan=plan_command)
async def run_command(
    call: Call[Upstream],
    cluster: Cluster,
    namespace: Namespace,
    pod: Pod,
    program: Program,
    arguments: Arguments = None,
    container: In = "",
    seconds: Seconds = 10,
    dry_run: bool = True,
) -> Answer:
    """Run a program in a container, where a policy names it."""
    assert call.plan is not None  # noqa: S101 - the gate runs no change without its plan
    if dry_run:
        return Answer(
            f"would {call.plan.effect}. You may, and it runs",
            notes=("to do it: the same call with dry_run=false", _NO_UNDO),
        )
    words, inside = [program, *(arguments or [])], call.plan.notes["container"]
    async with opened(call, cluster) as kubernetes:
        ran = await execute(kubernetes, namespace, pod, inside, words, seconds)
    call.facts.update(_facts(ran))
    blocks = [Block("stdout", _shown(ran.out, _OUT)), Block("stderr", _shown(ran.err, _ERR))]
    if ran.said:
        blocks.insert(0, Block("the cluster", ran.said[:1_000]))
    return Answer(
        f"{_ended(ran, seconds)}; {_size(ran.out)} on stdout, {_size(ran.err)} on stderr",
        blocks=tuple(each for each in blocks if each.text),
        notes=(_NO_UNDO,),
    )


def _ended(ran: Ran, seconds: int) -> str:
    """Say the exit code, or why there is none."""
    match ran.end:
        case "exited":
            return f"exit code {ran.code}"
        case "failed":
            return "NO EXIT CODE: it did not start, or failed; the cluster's words are below"
        case "late":
            return f"NO EXIT CODE: left after {seconds} s; the program may still run"
        case "flood":
            return f"NO EXIT CODE: left after {MOST} bytes; the program may still run"
        case "broken":
            return "NO EXIT CODE: what the API sent makes no sense"
        case "closed":
            return "NO EXIT CODE: the connection was closed before it came"


def _size(stream: Stream) -> str:
    kept = len(stream.kept)
    return f"{stream.total} bytes" + (f" (the first {kept} kept)" if kept < stream.total else "")


def _shown(stream: Stream, most: int) -> str:
    """Cut a stream to its part of the answer, so that one leaves room for the other."""
    shown = stream.text
    if len(shown) <= most:
        return shown
    kept = shown[:most].rpartition("\n")[0] or shown[:most]
    return f"{kept}\n… cut here; let the program say less"


def _facts(ran: Ran) -> dict[str, Any]:
    return {
        "end": ran.end,
        "exit_code": ran.code,
        "stdout_bytes": ran.out.total,
        "stderr_bytes": ran.err.total,
    }
