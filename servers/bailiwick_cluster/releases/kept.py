"""What helm has kept of a revision, taken apart for those who go back to it or remove it."""

import time

import anyio.to_thread

from bailiwick.errors import Rejected
from bailiwick.shaping.answer import Answer, Block
from bailiwick.tool import Call
from bailiwick_cluster.releases.decoding import Broken, Release
from bailiwick_cluster.releases.documents import Document, Manifest, manifest
from bailiwick_cluster.releases.history import Past
from bailiwick_cluster.releases.reading import unpacked
from bailiwick_cluster.upstream import Kubernetes, Upstream
from bailiwick_cluster.upstream.charts import Refusal
from bailiwick_cluster.upstream.releases import Entry


async def whole(call: Call[Upstream], kubernetes: Kubernetes, which: Entry) -> Release:
    """Read a revision, or raise Rejected where it cannot be read."""
    found = await unpacked(call, kubernetes, which)
    if isinstance(found, Broken):
        raise Rejected(f"revision {which.revision} cannot be read: {found.why}; choose another")
    return found


async def objects(release: Release, namespace: str) -> Manifest:
    """Read its manifest; in a thread, since that may take a while."""
    return await anyio.to_thread.run_sync(manifest, release.manifest, namespace)


def hooks(release: Release, namespace: str, event: str) -> list[Document]:
    """Return what helm makes at such an event, before or after it."""
    return [
        document
        for hook in release.hooks
        if any(each.endswith(f"-{event}") for each in hook.events)
        for document in manifest(hook.manifest, namespace).documents
    ]


def failed(
    call: Call[Upstream], what: str, refusal: Refusal, after: Past | None, state: str
) -> Answer:
    """Say what helm did not manage, and how the release is since."""
    call.facts["failed"] = refusal.why
    left = "nothing is left of it"
    if after is not None:
        left = f"revision {after.latest.revision} is {after.state(time.time())}, {state}"
    blocks = (Block("helm", refusal.words),) if refusal.words else ()
    return Answer(f"{what} failed: {refusal.why}; {left}", blocks=blocks)
