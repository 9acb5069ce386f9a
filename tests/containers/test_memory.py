"""A container that takes too much memory is killed, starts again, and its journal is whole."""

from contextlib import suppress
from pathlib import Path

import anyio
import anyio.to_thread
import httpx
import pytest
from aiohttp import web

from practice.containers.images import Images
from practice.facts import Ground
from tests.faults.stage import FREE, SCALE, proven, records
from tests.parts.contained import contained
from tests.parts.ground import token
from tests.parts.small import kubeconfig, small

pytestmark = [
    pytest.mark.ground,
    pytest.mark.slow,
    pytest.mark.anyio,
    pytest.mark.timeout(1800),
]
TOLD = """
[servers.cluster.clusters.eu]
kubeconfig = "/etc/bailiwick/secrets/practice/kubeconfig"
act_as = "kubeconfig"
"""
CHANGE = {**SCALE, "replicas": 5, "dry_run": False}
LARGE = b'{"jsonrpc": "2.0", "id": 1, "method": "ping", "params": {"x": [' + b"{}," * 9_000_000
"""27 MB that become some hundreds once they are read; the operator has allowed too much."""


def flood(url: str, bearer: str) -> None:
    """Send what takes too much memory to read."""
    heads = {
        "Authorization": f"Bearer {bearer}",
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
    }
    content = LARGE + b"{}]}}"
    httpx.post(f"{url}/cluster/mcp", content=content, headers=heads, timeout=60, trust_env=False)


async def test_out_of_memory(images: Images, ground: Ground, tmp_path: Path) -> None:
    free = tmp_path / "free.cedar"
    free.write_text(FREE)
    done = anyio.Event()

    async def hold(_: web.Request) -> web.StreamResponse:
        done.set()
        await anyio.sleep_forever()
        raise AssertionError("unreachable")

    async with small() as api:
        api.after = hold
        with contained(
            tmp_path / "up",
            images,
            "cluster",
            ground,
            told=TOLD,
            listen="most_bytes = 30_000_000",
            secret={"kubeconfig": kubeconfig(tmp_path, api.port)},
            policy=free,
            memory="256m",
        ) as up:

            async def change() -> None:
                async with up.as_("ana", "cluster") as ana:
                    await ana.call("scale_workload", **CHANGE)

            async with anyio.create_task_group() as tasks:

                async def lost() -> None:
                    with suppress(BaseExceptionGroup):  # the connection breaks
                        await change()

                tasks.start_soon(lost)
                with anyio.fail_after(60):
                    await done.wait()
                with pytest.raises(httpx.TransportError):
                    await anyio.to_thread.run_sync(flood, up.url, token(ground, "ana"))
                tasks.cancel_scope.cancel()
            assert up.ended() == 137, "nobody but the kernel kills it"
            assert api.effects == [5]
            [intent] = records(up.state / "journal", event="tool.call", phase="intent")
            assert records(up.state / "journal", event="tool.call", phase="outcome") == []

            api.after = None
            up.engine.podman("start", up.name)
            up.ready()
            verified = up.exec("bailiwick", "audit", "verify")
            assert verified.returncode == 0, verified.stdout + verified.stderr
            [outcome] = records(up.state / "journal", event="tool.call", phase="outcome")
            assert outcome.text("call") == intent.text("call")
            assert outcome.text("outcome") == "unknown"
    proven(up.state / "journal")
