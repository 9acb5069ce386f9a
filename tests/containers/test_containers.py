"""Servers in containers, as strict as a platform is: random user, no rights, nothing writable."""

import base64
import threading
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess

import anyio
import httpx
import pytest
from mcp.types import ImageContent

from bailiwick.rules import shipped
from practice import servers
from practice.containers.images import Images
from practice.facts import Ground
from practice.library import settings
from tests.faults.stage import proven, records
from tests.parts.contained import Contained, contained

pytestmark = [
    pytest.mark.ground,
    pytest.mark.slow,
    pytest.mark.anyio,
    pytest.mark.timeout(1800),
]
CLUSTER = """
[servers.cluster.clusters.practice]
kubeconfig = "/etc/bailiwick/secrets/practice/kubeconfig"
"""
STATUS = "print(open('/proc/1/status').read())"


@pytest.fixture(scope="module")
def cluster(
    images: Images, ground: Ground, tmp_path_factory: pytest.TempPathFactory
) -> Generator[Contained]:
    """The cluster server, in front of a real Kubernetes."""
    folder = tmp_path_factory.mktemp("cluster")
    kube = {"kubeconfig": ground.kubernetes.kubeconfig}
    with contained(
        folder, images, "cluster", ground, told=CLUSTER, secret=kube, policy=shipped()
    ) as up:
        yield up


async def test_whoever_has_a_token_is_served(cluster: Contained) -> None:
    async with cluster.as_("ana", "cluster") as ana:
        known = await ana.call("list_clusters")
        assert "practice" in known.inside
        pods = await ana.call("list_resources", cluster="practice", kind="pods", namespace="shop")
        assert int(pods.facts["total"]) > 0, pods.text
    async with cluster.as_("eve", "cluster") as eve:
        assert await eve.tools() == []
    [one] = records(cluster.state / "journal", event="tool.call", phase="outcome")[1:2]
    assert one.text("actor", "subject") == "ana"


def test_without_a_token_nobody_is_served(cluster: Contained) -> None:
    assert httpx.post(f"{cluster.url}/cluster/mcp", trust_env=False).status_code == 401


def test_probes_and_metrics_ask_for_no_token(cluster: Contained) -> None:
    for path in ("livez", "readyz", "metrics"):
        assert httpx.get(f"{cluster.url}/{path}", trust_env=False).status_code == 200


def test_it_has_no_rights(cluster: Contained) -> None:
    lines = dict(line.split(":\t", 1) for line in cluster.python(STATUS).splitlines() if line)
    assert lines["Uid"].split() == [str(cluster.user)] * 4
    assert lines["Gid"].split() == ["0"] * 4
    assert [int(lines[name], 16) for name in ("CapPrm", "CapEff", "CapBnd")] == [0, 0, 0]
    assert lines["NoNewPrivs"] == "1"
    assert lines["Seccomp"] == "2", "a filter is in force"


@pytest.mark.parametrize("program", ["/bin/sh", "sh", "bash", "/usr/bin/env", "pip", "apt-get"])
def test_there_is_no_such_program(cluster: Contained, program: str) -> None:
    done = cluster.exec(program)
    assert done.returncode in (126, 127), done.stdout
    assert "no such file" in done.stderr.lower() or "not found" in done.stderr.lower()


@pytest.mark.parametrize(
    "place", ["/x", "/etc/bailiwick/x", "/opt/bailiwick/lib/x", "/usr/bin/x", "/var/lib/x"]
)
def test_nothing_can_be_written(cluster: Contained, place: str) -> None:
    assert "Read-only file system" in cluster.python(f"open({place!r}, 'w')")


def test_what_is_written_is_on_the_volume(cluster: Contained) -> None:
    assert cluster.python("open('/tmp/x', 'w').write('x')") == ""
    assert (cluster.state / "journal").is_dir()
    assert (cluster.state / "digest.key").stat().st_uid == cluster.user


def test_the_command_line_is_there(cluster: Contained) -> None:
    done = cluster.exec("bailiwick", "audit", "verify")
    assert done.returncode == 0, done.stdout + done.stderr
    tools = cluster.exec("bailiwick", "tools")
    assert "list_clusters" in tools.stdout
    assert "search_documents" not in tools.stdout


async def test_it_ends_well_with_open_streams(
    images: Images, ground: Ground, tmp_path: Path
) -> None:
    kube = {"kubeconfig": ground.kubernetes.kubeconfig}
    with contained(
        tmp_path, images, "cluster", ground, told=CLUSTER, secret=kube, policy=shipped()
    ) as up:
        async with up.as_("ana", "cluster") as ana:
            uri = "k8s://practice/shop/Deployment/checkout"
            async with ana.client.listen(resource_subscriptions=[uri]) as told:
                assert told.honored.resource_subscriptions == [uri]
                # After 10 s podman kills, and the code would be 137.
                stop = threading.Thread(
                    target=up.engine.podman, args=("stop", "--time=10", up.name)
                )
                stop.start()
                async for _ in told:
                    pass
        stop.join()
        assert up.ended() == 0
    assert records(up.state / "journal", event="audit.stop")
    proven(up.state / "journal")


async def test_observability_draws_a_chart(images: Images, ground: Ground, tmp_path: Path) -> None:
    told = servers.METRICS.format(**vars(ground.metrics))
    with contained(tmp_path, images, "observability", ground, told=told, policy=shipped()) as up:
        async with up.as_("ana", "observability") as ana:
            query = "sum by (service) (rate(http_requests_total[5m]))"
            said = await ana.client.call_tool(
                "draw_chart", {"source": "metrics-eu", "query": query}
            )
    assert not said.is_error, said.content
    [picture] = [part for part in said.content if isinstance(part, ImageContent)]
    assert base64.b64decode(picture.data).startswith(b"\x89PNG")


async def synced(up: Contained) -> "CompletedProcess[str]":
    """Sync, once the server's own first sync is through."""
    done = up.exec("bailiwick", "retrieval", "sync")
    for _ in range(100):
        if "is being synced already" not in done.stderr:
            break
        await anyio.sleep(0.2)
        done = up.exec("bailiwick", "retrieval", "sync")
    return done


async def test_retrieval_reads_and_finds(images: Images, ground: Ground, tmp_path: Path) -> None:
    """Every parser, the index and the model work on what the image has left."""
    shelves = ground.library
    places = {str(each): each for each in (shelves.runbooks, shelves.handbook, shelves.policies)}
    with contained(
        tmp_path,
        images,
        "retrieval",
        ground,
        told=settings.table(replace(shelves, model=Path("/model")), None),
        policy=servers.OWN,
        mounts={**places, "/model": shelves.model},
        memory="1g",
    ) as up:
        done = await synced(up)
        assert done.returncode in (0, 1), done.stdout + done.stderr
        async with up.as_("ana", "retrieval") as ana:
            found = await ana.call("search_documents", query="may I roll back without approval?")
            assert "by words and meaning" in found.text, found.text + done.stdout
            assert "change-management.md" in found.text


async def test_a_host_has_every_server(images: Images, ground: Ground, tmp_path: Path) -> None:
    told = CLUSTER + servers.METRICS.format(**vars(ground.metrics))
    told += settings.table(ground.library, None)
    kube = {"kubeconfig": ground.kubernetes.kubeconfig}
    with contained(
        tmp_path, images, "host", ground, told=told, secret=kube, policy=shipped()
    ) as up:
        for server, tool in {
            "cluster": "list_clusters",
            "observability": "list_sources",
            "retrieval": "list_collections",
        }.items():
            async with up.as_("ana", server) as ana:
                assert tool in await ana.tools()
