"""Helm's own engine: the `helm` 4 command, run as the caller in a folder that nobody else sees.

There is no shell, nothing of this server's environment, no plugin, no post-renderer and no earlier
cache. Names come here checked by the tools' patterns; whatever could still be read as an option
stands behind `--`, and values are passed in a file that was written from what was parsed.
"""

import os
import shutil
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Literal, cast

import anyio
import anyio.to_thread
import orjson

from bailiwick.errors import Moved, Rejected, Unavailable, Unreadable
from bailiwick.upstream.current import may_change
from bailiwick_cluster.settings import HelmSettings
from bailiwick_cluster.upstream import Behalf
from bailiwick_cluster.upstream.access import kubeconfig
from bailiwick_cluster.upstream.archives import crds
from bailiwick_cluster.upstream.charts import Refusal, Rendered, Source, Wanted, source
from bailiwick_cluster.upstream.clusters import KubernetesClusters
from bailiwick_cluster.upstream.copying import copied, sealed
from bailiwick_cluster.upstream.processes import Ended, run
from bailiwick_cluster.upstream.refusals import refusal

WAIT = 45
"""Seconds that helm itself waits for one thing: a hook, or all workloads."""
_AT_ONCE = 4
"""Commands that run at the same time; each takes up to 100 MB."""
_HOMES = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "TMPDIR", "HELM_CACHE_HOME")
_HOMES_TOO = ("HELM_CONFIG_HOME", "HELM_DATA_HOME")


@dataclass(frozen=True, slots=True)
class Room:
    """The private folder of one call, and what is in it."""

    folder: Path
    env: Mapping[str, str]
    kubeconfig: Path

    @property
    def values(self) -> Path:
        """The caller's values, as JSON, which YAML contains."""
        return self.folder / "values.json"


@dataclass(frozen=True, slots=True)
class HelmCommand:
    """Runs the command; see `charts.Helm` for what it does."""

    clusters: KubernetesClusters
    settings: HelmSettings
    _turns: anyio.Semaphore = field(default_factory=lambda: anyio.Semaphore(_AT_ONCE))

    @property
    def beyond(self) -> bool:
        """Say whether a release may have objects outside its namespace."""
        return self.settings.beyond

    @property
    def driver(self) -> Literal["secret", "configmap"]:
        """Say in which kind of object releases are kept."""
        return self.settings.driver

    async def render(self, cluster: str, behalf: Behalf, wanted: Wanted) -> Rendered | Refusal:
        """Render what an installation or upgrade would apply, twice."""
        async with self._chart(cluster, behalf, wanted) as got:
            if isinstance(got, Refusal):
                return got
            room, chart, digest = got
            words = (*self._upgrade(room, wanted), "--dry-run=server", "--output=json")
            told = await self._twice(room, (*words, "--", wanted.release, str(chart)))
            for each in told:
                if each.code != 0:
                    return refusal(each.err)
            first, again = (_release(each.out) for each in told)
            found = await anyio.to_thread.run_sync(crds, chart)
            return Rendered(_manifest(first), _manifest(again), digest, found, first)

    async def apply(
        self, cluster: str, behalf: Behalf, wanted: Wanted, digest: str, *, wait: bool
    ) -> Refusal | None:
        """Install or upgrade, from the very chart that was rendered."""
        self._may(cluster)
        async with self._chart(cluster, behalf, wanted) as got:
            if isinstance(got, Refusal):
                return got
            room, chart, found = got
            if found != digest:
                raise Moved("the chart is another one than was looked at; look again and repeat")
            words = (*self._upgrade(room, wanted), f"--timeout={WAIT}s", "--hide-notes")
            waits = ("--wait=watcher",) if wait else ()
            whole = (*words, *waits, "--", wanted.release, str(chart))
            return await self._deed(room, whole)

    async def rollback(
        self, cluster: str, behalf: Behalf, namespace: str, release: str, revision: int
    ) -> Refusal | None:
        """Go back to an earlier revision."""
        self._may(cluster)
        words = ("rollback", f"--timeout={WAIT}s", "--", release, str(revision))
        return await self._alone(cluster, behalf, namespace, words)

    async def uninstall(
        self, cluster: str, behalf: Behalf, namespace: str, release: str
    ) -> Refusal | None:
        """Remove a release, its objects and its history."""
        self._may(cluster)
        words = ("uninstall", f"--timeout={WAIT}s", "--", release)
        return await self._alone(cluster, behalf, namespace, words)

    def _may(self, cluster: str) -> None:
        """Be the second wall: a command does not pass the one of our own requests."""
        if not may_change():
            raise Rejected(f"a call that only reads tried to change a release on {cluster}")

    async def _alone(
        self, cluster: str, behalf: Behalf, namespace: str, words: Sequence[str]
    ) -> Refusal | None:
        async with self._room(cluster, behalf, namespace) as room:
            return await self._deed(room, words)

    async def _deed(self, room: Room, words: Sequence[str]) -> Refusal | None:
        """Change something. One that takes too long has been told to end, and helm notes that."""
        try:
            ended = await self._run(room, words, WAIT + 10)
        except Unavailable as error:
            return Refusal(f"{error}; read_release says what became of it", "")
        return refusal(ended.err) if ended.code != 0 else None

    @asynccontextmanager
    async def _chart(
        self, cluster: str, behalf: Behalf, wanted: Wanted
    ) -> AsyncGenerator[Refusal | tuple[Room, Path, str]]:
        """Make a room with the chart in it: where it is, and its digest."""
        where = source(wanted.chart, self.settings.charts)
        async with self._room(cluster, behalf, wanted.namespace) as room:
            room.values.write_bytes(orjson.dumps(dict(wanted.values)))
            got = await self._fetched(room, where, wanted.version)
            yield got if isinstance(got, Refusal) else (room, *got)

    @asynccontextmanager
    async def _room(self, cluster: str, behalf: Behalf, namespace: str) -> AsyncGenerator[Room]:
        """Make a private folder that is gone afterwards, whatever happened."""
        async with self.clusters.named(cluster, behalf) as one:
            access = orjson.dumps(await kubeconfig(one, namespace))
        folder = Path(mkdtemp(prefix="bailiwick-helm-"))  # 0700
        try:
            (folder / "plugins").mkdir(mode=0o500)
            file = folder / "kubeconfig"
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as to:
                to.write(access)
            yield Room(folder, self._environment(folder), file)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _environment(self, folder: Path) -> dict[str, str]:
        """Make an environment of nothing but what the operator passes on."""
        passed = {
            name: os.environ[name] for name in self.settings.environment if name in os.environ
        }
        homes = dict.fromkeys((*_HOMES, *_HOMES_TOO), str(folder))
        logins = self.settings.registry_config or folder / "registry.json"
        return {
            **passed,
            **homes,
            "HELM_PLUGINS": str(folder / "plugins"),
            "HELM_NO_PLUGINS": "1",
            "HELM_DRIVER": self.settings.driver,
            "HELM_REGISTRY_CONFIG": str(logins),
            "LC_ALL": "C.UTF-8",
        }

    async def _fetched(self, room: Room, where: Source, version: str) -> Refusal | tuple[Path, str]:
        """Bring a chart into the room. A registry never sees how the cluster is called."""
        if where.kind == "folder":
            to = room.folder / ("chart.tgz" if where.where.endswith(".tgz") else "chart")
            return to, await anyio.to_thread.run_sync(copied, Path(where.where), to)
        fetched = room.folder / "fetched"
        fetched.mkdir(mode=0o700)
        signers = (f"--ca-file={self.settings.ca_file}",) if self.settings.ca_file else ()
        words = ["pull", f"--destination={fetched}", *signers]
        words += [f"--version={version}"] if version else []
        if where.kind == "repository":
            words += [f"--repo={where.where}", "--", where.name]
        else:
            words += ["--", where.where]
        ended = await self._run(room, words, access=False)
        if ended.code != 0:
            return refusal(ended.err)
        found = list(fetched.glob("*.tgz"))
        if len(found) != 1:
            raise Unreadable("helm fetched no chart, or more than one")
        return found[0], await anyio.to_thread.run_sync(sealed, found[0])

    def _upgrade(self, room: Room, wanted: Wanted) -> tuple[str, ...]:
        """Say the words that a rehearsal and the deed have in common."""
        return (
            *(("install",) if wanted.install else ("upgrade", _reset(wanted))),
            f"--values={room.values}",
            *(() if self.settings.beyond or not wanted.install else ("--skip-crds",)),
        )

    async def _twice(self, room: Room, words: Sequence[str]) -> list[Ended]:
        """Run the same twice at once."""
        told: list[Ended] = []

        async def once() -> None:
            told.append(await self._run(room, words))

        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(once)
                tasks.start_soon(once)
        except BaseExceptionGroup as several:  # of one, unless both failed alike
            raise several.exceptions[0] from None
        return told

    async def _run(
        self, room: Room, words: Sequence[str], seconds: float = 0, *, access: bool = True
    ) -> Ended:
        """Run the command once it is its turn; waiting for it counts to the tool's own deadline."""
        program, *before = self.settings.command
        found = shutil.which(program)
        if found is None:
            raise Rejected(
                "there is no helm where this server runs; its operator installs helm 4 or names it"
                " under [servers.cluster.helm] command (reading releases needs no helm)"
            )
        env = {**room.env, "KUBECONFIG": str(room.kubeconfig)} if access else room.env
        async with self._turns:
            start = partial(run, (found, *before, *words), env, room.folder)
            return await start(seconds or self.settings.seconds)


def _reset(wanted: Wanted) -> str:
    return "--reset-values" if wanted.reset else "--reset-then-reuse-values"


def _release(out: bytes) -> Mapping[str, Any]:
    try:
        said = orjson.loads(out)
    except orjson.JSONDecodeError as error:
        raise Unreadable("helm said something that is not JSON; is it version 4?") from error
    if not isinstance(said, dict):
        raise Unreadable("helm rendered something that is not a release; is it version 4?")
    return cast("dict[str, Any]", said)


def _manifest(release: Mapping[str, Any]) -> str:
    said = release.get("manifest")
    return said if isinstance(said, str) else ""
