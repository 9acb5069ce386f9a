"""Up and down with parts that only pretend to start."""

import sys
from pathlib import Path

import pytest

from practice import __main__, cache, ground, keycloak, kubernetes, programs
from practice.facts import Keycloak, Kubernetes, Metrics
from practice.lock import Foreign
from practice.metrics import start as metrics
from practice.steps import Steps
from tests.practice.sample import KUBERNETES, METRICS

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def kubernetes_starts(at: Path, *_: object) -> Kubernetes:
    programs.start(at, "apiserver", SLEEP)
    return KUBERNETES


def keycloak_fails(at: Path, *_: object) -> Keycloak:
    programs.start(at, "keycloak", SLEEP)
    raise RuntimeError("no luck")


def metrics_start(*_: object) -> Metrics:
    return METRICS


@pytest.fixture(autouse=True)
def pretend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground, "CHECKS", dict.fromkeys(ground.PARTS, lambda: None))
    monkeypatch.setattr(kubernetes, "start", kubernetes_starts)
    monkeypatch.setattr(keycloak, "start", keycloak_fails)
    monkeypatch.setattr(metrics, "start", metrics_start)


def test_up_twice_is_up_once(tmp_path: Path) -> None:
    at = tmp_path / "ground"
    first = ground.up(at, ["kubernetes"], Steps(quiet=True))
    assert ground.up(at, ["kubernetes"], Steps(quiet=True)) == first
    assert ground.find(at) == first
    assert ground.status(at)["processes"]["apiserver"]["running"]
    lacking = "without keycloak, metrics, splunk, dynatrace, grafana, confluence, library, servers"
    with pytest.raises(ground.Down, match=lacking):
        ground.up(at, ground.PARTS, Steps(quiet=True))
    assert ground.down(at, Steps(quiet=True))
    assert not at.exists()
    assert not ground.status(at)["up"]


def test_a_half_started_ground_is_taken_down(tmp_path: Path) -> None:
    at = tmp_path / "ground"
    with pytest.raises(RuntimeError, match="no luck"):
        ground.up(at, ground.PARTS, Steps(quiet=True))
    assert not at.exists()
    assert not ground.down(at, Steps(quiet=True))


def test_a_ground_with_a_dead_program_is_started_anew(tmp_path: Path) -> None:
    at = tmp_path / "ground"
    first = ground.up(at, ["kubernetes"], Steps(quiet=True))
    dead = programs.recorded(at)
    programs.end(at, dead)
    with pytest.raises(ground.Down):
        ground.find(at)
    second = ground.up(at, ["kubernetes"], Steps(quiet=True))
    assert second.processes != first.processes
    ground.down(at, Steps(quiet=True))


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()
    with pytest.raises(Foreign):
        ground.up(tmp_path, ["kubernetes"], Steps(quiet=True))
    assert not ground.down(tmp_path, Steps(quiet=True))
    assert (tmp_path / "thesis.txt").exists()


def test_the_default_folder_is_the_checkouts_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    own = cache.key(str(ground.CHECKOUT))[:8]
    assert ground.default_folder() == Path(f"/state/bailiwick-practice/{own}")


def test_a_command_without_a_ground_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert __main__.main(["token", "ana", "--at", str(tmp_path / "none")]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.splitlines()) == 1
    assert "no ground runs" in said.err
