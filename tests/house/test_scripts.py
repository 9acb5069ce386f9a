"""The scripts behind `make`: what is missing is installed where it can be, and named where not."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
METRICS = (
    *("prometheus", "promtool", "prometheus-alertmanager", "prometheus-node-exporter"),
    *("prometheus-pushgateway", "victoria-metrics"),
)
STUB = '#!/bin/sh\necho "$@" >> "$0.log"\n'
APT = STUB + '[ -x "$POLICY_RC_D" ] && "$POLICY_RC_D"; echo "policy $?" >> "$0.log"\n'


def toolchains(
    folder: Path, *present: str, root: bool, parts: tuple[str, ...] = ()
) -> tuple["subprocess.CompletedProcess[str]", str]:
    """Run it on a machine with only these programs; return that, and what apt was told."""
    for name in ("bash", "sh", "chmod", "rm"):
        (folder / name).symlink_to(shutil.which(name) or "")
    for name in (*present, "apt-get"):
        (folder / name).write_text(APT if name == "apt-get" else STUB)
        (folder / name).chmod(0o755)
    (folder / "id").write_text(f"#!/bin/sh\necho {0 if root else 1000}\n")
    (folder / "id").chmod(0o755)
    done = subprocess.run(
        [shutil.which("bash") or "bash", ROOT / "scripts" / "toolchains", *parts],
        env={"PATH": str(folder), "POLICY_RC_D": str(folder / "policy-rc.d")},
        capture_output=True,
        text=True,
        check=False,
    )
    log = folder / "apt-get.log"
    return done, log.read_text() if log.exists() else ""


@pytest.mark.parametrize("root", [True, False])
def test_what_is_missing_is_named(tmp_path: Path, root: bool) -> None:
    done, _ = toolchains(tmp_path, "java", root=root)
    assert done.returncode == 1
    assert "go: Go 1.26" in done.stderr
    assert "mvn: Maven" in done.stderr
    assert "victoria-metrics: the Debian package" in done.stderr
    assert "java:" not in done.stderr


def test_maven_comes_from_debian_where_that_is_allowed(tmp_path: Path) -> None:
    _, told = toolchains(tmp_path, "go", "java", root=True)
    assert "install -y -qq --no-install-recommends maven prometheus " in told
    assert told.count("prometheus-pushgateway") == 1


def test_nothing_is_installed_by_somebody_who_may_not(tmp_path: Path) -> None:
    assert toolchains(tmp_path, "go", "java", root=False)[1] == ""


def test_nothing_is_installed_that_is_there(tmp_path: Path) -> None:
    done, told = toolchains(tmp_path, "go", "java", "mvn", *METRICS, root=True)
    assert (done.returncode, told) == (0, "")


def test_services_of_what_is_installed_are_not_started(tmp_path: Path) -> None:
    _, told = toolchains(tmp_path, "go", "java", "systemctl", root=True)
    assert "policy 101" in told
    assert not (tmp_path / "policy-rc.d").exists()
    disabled = (tmp_path / "systemctl.log").read_text().splitlines()
    assert "disable --quiet prometheus-node-exporter" in disabled
    assert len(disabled) == 6


def test_somebodys_own_policy_for_services_stands(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 104\n")
    policy.chmod(0o755)
    _, told = toolchains(tmp_path, "go", "java", root=True)
    assert "policy 104" in told
    assert policy.read_text() == "#!/bin/sh\nexit 104\n"


def test_nothing_is_left_where_installing_fails(tmp_path: Path) -> None:
    done, _ = toolchains(tmp_path, root=True)
    assert done.returncode == 1
    assert not (tmp_path / "policy-rc.d").exists()


def test_more_is_seen_to_where_it_is_asked_for(tmp_path: Path) -> None:
    present = ("go", "java", "mvn", *METRICS)
    _, told = toolchains(tmp_path, *present, root=True, parts=("fleet", "images"))
    first = told.splitlines()[0]
    assert "redis-server haproxy buildah podman conmon runc mmdebstrap" in first


def test_a_part_that_is_not_there_is_named(tmp_path: Path) -> None:
    done, told = toolchains(tmp_path, root=True, parts=("flete",))
    assert (done.returncode, told) == (2, "")
    assert "no part flete" in done.stderr
