"""The journal cannot be written: nothing is done, the reason is told, and it recovers whole."""

import resource
import subprocess
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.faults.hosts import COMMAND, host, told
from tests.faults.stage import FREE, SCALE, proven, records, until
from tests.parts.agents import Agent, over_http
from tests.parts.ground import bailiwick
from tests.parts.served import Served
from tests.parts.small import Small, small

PODS = {"cluster": "eu", "kind": "Pod"}
CHANGE = {**SCALE, "replicas": 7, "dry_run": False}
MEGABYTES = 4


@contextmanager
def disk(at: Path) -> Generator[Path]:
    """Mount a small disk, or skip: without one a full disk cannot be had."""
    at.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=0700", "bailiwick-test", at]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"NOT TESTED: a full disk, mount is not permitted here ({done.stderr.strip()})")
    try:
        yield at
    finally:
        subprocess.run(["umount", at], check=True)


def fill(at: Path) -> Path:
    """Write until nothing more fits."""
    file = at / "ballast"
    with file.open("wb", buffering=0) as out:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while out.write(b"x" * size):
                    continue
    return file


async def refused(agent: Agent, api: Small) -> None:
    """What had room left on a page may still pass; from then on nothing does."""
    for _ in range(50):
        said = await agent.call("list_resources", **PODS)
        if "[journal_unavailable, call " in said.text:
            break
    seen = len(api.asked)
    for name, arguments in (("list_resources", PODS), ("scale_workload", CHANGE)):
        said = await agent.call(name, **arguments)
        assert said.is_error
        assert "nothing is done [journal_unavailable, call " in said.text
    assert len(api.asked) == seen, "no request reaches the cluster"
    assert api.effects == []


def why(up: Served) -> str:
    """Ask whether it is ready; return why not."""
    answer = httpx.get(up.url.replace("/cluster/mcp", "/readyz"), trust_env=False)
    reason = str(answer.json().get("why", ""))
    assert answer.status_code == (503 if reason else 200)
    return reason


@pytest.mark.anyio
async def test_the_disk_is_full_and_then_is_not(tmp_path: Path) -> None:
    with disk(tmp_path / "disk") as at:
        more = {"BAILIWICK_JOURNAL__PATH": f'"{at / "journal"}"'}
        async with small() as api:
            with host(tmp_path, api.port, FREE, 0, **more) as up:
                async with over_http(up.url) as me:
                    assert (await me.call("list_resources", **PODS)).rows
                    ballast = fill(at)
                    await refused(me, api)
                    assert why(up) == "the disk is full"
                    ballast.unlink()
                    await until(lambda: not why(up))
                    assert not (await me.call("scale_workload", **CHANGE)).is_error
            assert api.effects == [7]
        proven(at / "journal")
        [gap] = records(at / "journal", event="audit.gap")
        assert gap.at("gap", "refused") >= 3
        done = bailiwick(tmp_path, "audit", "verify", "--path", str(at / "journal"))
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.anyio
async def test_the_disk_fails_and_then_does_not(tmp_path: Path) -> None:
    """A limit on file sizes stands for a disk that takes no more, for another reason than space."""
    async with small() as api:
        with host(tmp_path, api.port, FREE) as up:
            async with over_http(up.url) as me:
                assert (await me.call("list_resources", **PODS)).rows
                usual = resource.prlimit(up.pid, resource.RLIMIT_FSIZE)
                resource.prlimit(up.pid, resource.RLIMIT_FSIZE, (1, usual[1]))
                await refused(me, api)
                assert why(up).startswith("the disk failed")
                resource.prlimit(up.pid, resource.RLIMIT_FSIZE, usual)
                await until(lambda: not why(up))
                assert (await me.call("list_resources", **PODS)).rows
        journal = up.state / "journal"
    proven(journal)
    assert records(journal, event="audit.gap")
    assert records(journal, event="audit.start")[-1].at("resumes", "stream")


def test_a_journal_that_is_read_only_is_said_at_the_start(tmp_path: Path) -> None:
    with disk(tmp_path / "disk") as at:
        subprocess.run(["mount", "-o", "remount,ro", at], check=True)
        said = told(tmp_path, 1, FREE, BAILIWICK_JOURNAL__PATH=f'"{at / "journal"}"')
        done = bailiwick(tmp_path, *COMMAND[2:], "--port", "0", **said)
        assert done.returncode == 2
        assert "journal cannot be written" in done.stderr
        assert "Read-only file system" in done.stderr
        assert "Traceback" not in done.stderr
