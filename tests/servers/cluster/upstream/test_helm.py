"""The helm command: what it is told, as whom it acts, and what is left of it afterwards."""

import io
import tarfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from bailiwick.errors import BadRequest, Moved, Rejected, Unavailable, Unreadable
from bailiwick.policy.question import Risk
from bailiwick.upstream.current import current_risk
from bailiwick_cluster.settings import HelmSettings
from bailiwick_cluster.upstream import processes
from bailiwick_cluster.upstream.charts import Refusal, Rendered, Wanted
from bailiwick_cluster.upstream.helm import HelmCommand
from tests.parts.api import behalf, clusters
from tests.parts.helm import pretender, release, settings, told

pytestmark = pytest.mark.anyio
SAYS = orjson.dumps(release()).decode()


@pytest.fixture
def chart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A chart in a folder; private folders are made where a test can count them."""
    (tmp_path / "rooms").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "rooms"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "rooms"))
    made = tmp_path / "charts" / "web"
    made.mkdir(parents=True)
    (made / "Chart.yaml").write_text("name: web\n")
    return made


@asynccontextmanager
async def helm(folder: Path, how: HelmSettings, **cluster: Any) -> AsyncGenerator[HelmCommand]:
    async with clusters(folder, 1, **cluster) as made:
        yield HelmCommand(made, how)


def wanted(chart: Path | str, **more: Any) -> Wanted:
    return replace(Wanted("shop", "hello", str(chart), True), **more)


async def rendered(folder: Path, chart: Path, want: Wanted, **cluster: Any) -> list[dict[str, Any]]:
    """Render it with a pretender, and return how that was called."""
    async with helm(folder, settings(pretender(folder, SAYS), chart.parent), **cluster) as made:
        assert isinstance(await made.render("eu", behalf("own"), want), Rendered)
    assert list((folder / "rooms").iterdir()) == []
    return told(folder)


async def test_a_rehearsal_renders_twice_and_changes_nothing(tmp_path: Path, chart: Path) -> None:
    calls = await rendered(tmp_path, chart, wanted(chart, values={"a": 1}))
    assert len(calls) == 2
    words, room = calls[0]["words"], calls[0]["cwd"]
    assert words == [
        *("install", f"--values={room}/values.json", "--skip-crds"),
        *("--dry-run=server", "--output=json", "--", "hello", f"{room}/chart"),
    ]
    assert calls[0]["values"] == {"a": 1}


async def test_the_room_and_what_opens_the_cluster_are_private(tmp_path: Path, chart: Path) -> None:
    [call, _] = await rendered(tmp_path, chart, wanted(chart))
    assert call["modes"] == [0o600, 0o700]
    assert call["env"]["HELM_PLUGINS"].startswith(call["cwd"])
    for name in ("HOME", "XDG_CONFIG_HOME", "HELM_CACHE_HOME", "HELM_CONFIG_HOME", "TMPDIR"):
        assert call["env"][name] == call["cwd"]


async def test_it_acts_as_the_caller(tmp_path: Path, chart: Path) -> None:
    [call, _] = await rendered(tmp_path, chart, wanted(chart), groups=("sre",))
    access = call["access"]
    assert access["users"][0]["user"] == {
        "token": "own-token",
        "as": "oidc:ana",
        "as-groups": ["oidc:sre"],
        "as-user-extra": {"bailiwick.dev/call-id": ["call-1"]},
    }
    assert access["clusters"][0]["cluster"]["server"] == "http://127.0.0.1:1"
    assert access["contexts"][0]["context"]["namespace"] == "shop"


@pytest.mark.parametrize(
    ("act_as", "user"),
    [("token", {"token": "own"}), ("kubeconfig", {"token": "own-token"})],
)
async def test_or_with_the_callers_token_or_as_itself(
    tmp_path: Path, chart: Path, act_as: str, user: dict[str, str]
) -> None:
    [call, _] = await rendered(tmp_path, chart, wanted(chart), act_as=act_as)
    assert call["access"]["users"][0]["user"] == user


async def test_without_the_callers_token_nothing_is_run(tmp_path: Path, chart: Path) -> None:
    how = settings(pretender(tmp_path), chart.parent)
    async with helm(tmp_path, how, act_as="token") as made:
        with pytest.raises(Rejected, match="the caller's own token"):
            await made.render("eu", behalf(), wanted(chart))
    assert told(tmp_path) == []


async def test_nothing_of_our_environment_is_told(
    tmp_path: Path, chart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HELM_KUBETOKEN", "practice-fake")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    monkeypatch.setenv("NO_PROXY", "example")
    how = settings(pretender(tmp_path, SAYS), chart.parent, environment=("HTTPS_PROXY",))
    async with helm(tmp_path, how) as made:
        await made.render("eu", behalf(), wanted(chart))
    [call, _] = told(tmp_path)
    assert call["env"]["HTTPS_PROXY"] == "http://proxy.example"
    assert not {"NO_PROXY", "HELM_KUBETOKEN", "PATH"} & set(call["env"])


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"install": False}, ["upgrade", "--reset-then-reuse-values"]),
        ({"install": False, "reset": True}, ["upgrade", "--reset-values"]),
    ],
)
async def test_an_upgrade_says_what_becomes_of_earlier_values(
    tmp_path: Path, chart: Path, more: dict[str, Any], words: list[str]
) -> None:
    [call, _] = await rendered(tmp_path, chart, wanted(chart, **more))
    assert call["words"][:2] == words
    assert "--skip-crds" not in call["words"]


async def test_a_remote_chart_is_fetched_without_what_opens_the_cluster(
    tmp_path: Path, chart: Path
) -> None:
    fetch = (
        "import tarfile, pathlib\n"
        "for w in sys.argv:\n"
        "    if w.startswith('--destination='):\n"
        "        tarfile.open(pathlib.Path(w.split('=')[1]) / 'web-1.tgz', 'w:gz').close()\n"
    )
    how = HelmSettings(
        command=pretender(tmp_path, SAYS, then=fetch),
        charts=("oci://registry.example/charts", "https://charts.example"),
        ca_file=tmp_path / "ca.crt",
        registry_config=tmp_path / "logins.json",
    )
    async with helm(tmp_path, how) as made:
        for place in ("oci://registry.example/charts/web", "https://charts.example/web"):
            want = wanted(place, version="1.2.3")
            assert isinstance(await made.render("eu", behalf(), want), Rendered)
    pull, *_, other, _one, _two = told(tmp_path)
    assert "access" not in pull
    assert pull["env"]["HELM_REGISTRY_CONFIG"] == str(tmp_path / "logins.json")
    assert pull["words"][2:] == [
        *(f"--ca-file={tmp_path}/ca.crt", "--version=1.2.3", "--"),
        "oci://registry.example/charts/web",
    ]
    assert other["words"][-3:] == ["--repo=https://charts.example", "--", "web"]


async def test_a_chart_that_is_not_fetched_is_a_refusal(tmp_path: Path, chart: Path) -> None:
    command = pretender(tmp_path, "Error: chart not found", code=1)
    how = HelmSettings(command=command, charts=("oci://registry.example",))
    async with helm(tmp_path, how) as made:
        found = await made.render("eu", behalf(), wanted("oci://registry.example/web"))
    assert found == Refusal("no such chart or version", "chart not found")


async def test_a_call_that_reads_changes_nothing(tmp_path: Path, chart: Path) -> None:
    async with helm(tmp_path, settings(pretender(tmp_path), chart.parent)) as made:
        for deed in (
            made.apply("eu", behalf(), wanted(chart), "digest", wait=False),
            made.rollback("eu", behalf(), "shop", "hello", 1),
            made.uninstall("eu", behalf(), "shop", "hello"),
        ):
            with pytest.raises(Rejected, match="only reads"):
                await deed
    assert told(tmp_path) == []


async def test_what_is_done_is_done_with_the_chart_that_was_seen(
    tmp_path: Path, chart: Path
) -> None:
    async with helm(tmp_path, settings(pretender(tmp_path, SAYS), chart.parent)) as made:
        seen = await made.render("eu", behalf(), wanted(chart))
        assert isinstance(seen, Rendered)
        with current_risk(Risk.CHANGE):
            assert await made.apply("eu", behalf(), wanted(chart), seen.digest, wait=True) is None
            (chart / "Chart.yaml").write_text("name: other\n")
            with pytest.raises(Moved):
                await made.apply("eu", behalf(), wanted(chart), seen.digest, wait=True)
    *_, last = told(tmp_path)
    assert "--dry-run=server" not in last["words"]
    assert {"--wait=watcher", "--timeout=45s"} <= set(last["words"])
    assert list((tmp_path / "rooms").iterdir()) == []


async def test_going_back_and_removing(tmp_path: Path, chart: Path) -> None:
    async with helm(tmp_path, settings(pretender(tmp_path), chart.parent)) as made:
        with current_risk(Risk.DESTROY):
            assert await made.rollback("eu", behalf(), "shop", "hello", 3) is None
            assert await made.uninstall("eu", behalf(), "shop", "hello") is None
    assert [call["words"] for call in told(tmp_path)] == [
        ["rollback", "--timeout=45s", "--", "hello", "3"],
        ["uninstall", "--timeout=45s", "--", "hello"],
    ]


async def test_without_helm_it_is_said_who_can_mend_that(tmp_path: Path, chart: Path) -> None:
    async with helm(tmp_path, settings(("no-such-helm",), chart.parent)) as made:
        with pytest.raises(Rejected, match="there is no helm where this server runs"):
            await made.render("eu", behalf(), wanted(chart))


async def test_a_chart_from_elsewhere_runs_nothing(tmp_path: Path, chart: Path) -> None:
    async with helm(tmp_path, settings(pretender(tmp_path), chart.parent)) as made:
        for other in ("/etc", "oci://registry.example/web", f"{chart}/../../x"):
            with pytest.raises(BadRequest):
                await made.render("eu", behalf(), wanted(other))
    assert told(tmp_path) == []


async def test_a_helm_that_hangs_is_stopped_and_leaves_no_room(tmp_path: Path, chart: Path) -> None:
    command = pretender(tmp_path, then="import time; time.sleep(600)")
    how = settings(command, chart.parent, seconds=0.5)
    async with helm(tmp_path, how) as made:
        with pytest.raises(Unavailable, match="did not end"):
            await made.render("eu", behalf(), wanted(chart))
    assert list((tmp_path / "rooms").iterdir()) == []


async def test_a_deed_that_hangs_says_where_to_look(
    tmp_path: Path, chart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bailiwick_cluster.upstream.helm.WAIT", -9.5)
    command = pretender(tmp_path, then="import time; time.sleep(600)")
    async with helm(tmp_path, settings(command, chart.parent)) as made:
        with current_risk(Risk.CHANGE):
            found = await made.rollback("eu", behalf(), "shop", "hello", 1)
    assert found is not None
    assert "read_release says what became of it" in found.why


async def test_a_helm_that_floods_is_stopped(
    tmp_path: Path, chart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "MOST_BYTES", 1_000_000)
    command = pretender(tmp_path, then="while True: print('x' * 100_000)")
    async with helm(tmp_path, settings(command, chart.parent)) as made:
        with pytest.raises(Unreadable, match="was stopped"):
            await made.render("eu", behalf(), wanted(chart))
    assert list((tmp_path / "rooms").iterdir()) == []


@pytest.mark.parametrize("says", ["", "nonsense", "[1]", "\xff"])
async def test_what_is_no_release_is_unreadable(tmp_path: Path, chart: Path, says: str) -> None:
    async with helm(tmp_path, settings(pretender(tmp_path, says), chart.parent)) as made:
        with pytest.raises(Unreadable, match="version 4"):
            await made.render("eu", behalf(), wanted(chart))


async def test_an_archive_in_an_allowed_folder_is_a_chart(tmp_path: Path, chart: Path) -> None:
    archive = chart.parent / "web-1.tgz"
    with tarfile.open(archive, "w:gz") as made:
        made.addfile(tarfile.TarInfo("web/crds/a.yaml"), io.BytesIO())
    async with helm(tmp_path, settings(pretender(tmp_path, SAYS), chart.parent)) as made:
        found = await made.render("eu", behalf(), wanted(archive))
    assert isinstance(found, Rendered)
    assert found.crds == 1
