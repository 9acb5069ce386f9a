"""What the images are: small, listed, without tools, and the same each time."""

from typing import Any

import orjson
import pytest

from practice.containers.images import SERVERS, Images

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]
MOST = {"cluster": 150, "observability": 200, "retrieval": 275, "host": 330}
"""Megabytes on the disk. A registry keeps, and a node pulls, less than half of it."""
OWN = ("cluster", "observability", "retrieval")


def inspected(images: Images, server: str) -> dict[str, Any]:
    said = images.engine.podman("image", "inspect", images.names[server]).stdout
    found: dict[str, Any] = orjson.loads(said)[0]
    return found


@pytest.mark.parametrize("server", SERVERS)
def test_its_size(images: Images, server: str) -> None:
    assert inspected(images, server)["Size"] / 1e6 < MOST[server], images.tables


def test_two_builds_are_the_same(images: Images) -> None:
    first, second = images.twice
    assert first.startswith("sha256:")
    assert first == second


@pytest.mark.parametrize("server", SERVERS)
def test_how_it_is_run(images: Images, server: str) -> None:
    said = inspected(images, server)["Config"]
    assert said["User"] == "10001:0"
    assert said["Entrypoint"] == ["/opt/bailiwick/bin/python", "-m", "bailiwick"]
    assert said["Cmd"] == ["serve", "--http", "--host", "0.0.0.0"]  # noqa: S104 - in a container
    assert said["ExposedPorts"] == {"8765/tcp": {}}
    assert said["StopSignal"] == "SIGTERM"
    assert list(said["Volumes"]) == ["/var/lib/bailiwick"]
    labels = {name.rpartition(".")[2]: value for name, value in said["Labels"].items()}
    assert labels["title"] == images.names[server].split("/")[1].split(":")[0]
    assert labels["version"] == images.names[server].split(":")[1]
    assert labels["licenses"] == "Apache-2.0"


@pytest.mark.parametrize("server", SERVERS)
def test_its_bill_of_materials(images: Images, server: str) -> None:
    bill: dict[str, Any] = orjson.loads(images.bills[server].read_bytes())
    assert bill["bomFormat"] == "CycloneDX"
    versions = {each["name"]: each["version"] for each in bill["components"]}
    assert versions["bailiwick-mcp"] == images.names[server].split(":")[1]
    assert versions["mcp"].startswith("2.")
    assert "libssl3" in versions, "the base's packages too"
    assert not {"pip", "setuptools", "bash", "dash", "dpkg", "perl-base"} & versions.keys()
    only = {"kubernetes": "cluster", "splunk-sdk": "observability", "onnxruntime": "retrieval"}
    for package, owner in only.items():
        assert (package in versions) == (server in (owner, "host")), package


@pytest.mark.parametrize("server", SERVERS)
def test_what_is_in_it(images: Images, server: str) -> None:
    """Only its own code, all of it compiled; nothing that installs, builds or is a shell."""
    asked = (
        "import os, sys, orjson\n"
        "names = [os.path.join(at, n) for at, _, found in os.walk('/') for n in found"
        " if not at.startswith(('/proc', '/sys', '/dev'))]\n"
        "sys.stdout.buffer.write(orjson.dumps(names))"
    )
    run = ["run", "--rm", "--network=none", "--entrypoint=/opt/bailiwick/bin/python"]
    names: list[str] = orjson.loads(
        images.engine.podman(*run, images.names[server], "-c", asked).stdout
    )
    programs = {name.rpartition("/")[2] for name in names if "/bin/" in name or "/sbin/" in name}
    servers = OWN if server == "host" else (server,)
    own = {each for each in OWN if f"bailiwick-{each}" in programs}
    assert own == set(servers)
    assert "bailiwick" in programs
    assert not {"sh", "bash", "dash", "busybox", "pip", "pip3", "apt", "dpkg", "gcc"} & programs
    assert not [name for name in names if "/pip/" in name or "/setuptools/" in name]
    packages = "/opt/bailiwick/lib/python3.11/site-packages/"
    code = {name.removeprefix(packages) for name in names if name.startswith(packages)}
    for other in OWN:
        there = any(name.startswith(f"bailiwick_{other}/") for name in code)
        assert there == (other in servers)
    sources = {name.removesuffix(".py") for name in code if name.endswith(".py")}
    compiled = {name for name in code if name.endswith(".cpython-311.pyc")}
    missing = [
        name
        for name in sources
        if f"/{name}".rpartition("/")[0].removeprefix("/")
        and name.rpartition("/")[0] + f"/__pycache__/{name.rpartition('/')[2]}.cpython-311.pyc"
        not in compiled
    ]
    assert not missing, missing[:5]
    assert "bailiwick/policy/catalogue.json" in code
