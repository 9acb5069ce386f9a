"""Containers as a careful platform runs them: nothing is written, gained or taken without end."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from practice import cache
from practice.containers.engine import Engine

HARDENED = (
    *("--read-only", "--read-only-tmpfs=false", "--tmpfs=/tmp:rw,nosuid,nodev,noexec,size=64m"),
    *("--cap-drop=ALL", "--security-opt=no-new-privileges", "--pids-limit=256"),
    "--network=host",
)


def words(
    engine: Engine,
    image: str,
    *,
    name: str,
    user: int,
    mounts: Mapping[str, Path | str],
    memory: str = "512m",
    environment: Mapping[str, str] | None = None,
    more: Sequence[str] = (),
) -> list[str]:
    """Write the command that runs an image in the foreground; its own arguments come after it.

    `mounts` are by place in the container; only one that ends in `:rw` can be written. Any user
    will do, as long as its group is 0.
    """
    command = [*engine.podman_words, "run", f"--name={name}", f"--user={user}:0", *HARDENED]
    command += [f"--memory={memory}", f"--memory-swap={memory}", *more]
    for place, source in mounts.items():
        at, _, mode = place.partition(":")
        command.append(f"--volume={source}:{at}:{mode or 'ro'}")
    for variable, value in (environment or {}).items():
        command.append(f"--env={variable}={value}")
    return [*command, image]


def served(engine: Engine, image: str, at: Path, state: Path, seen: Sequence[Path]) -> list[str]:
    """Write the command that runs an image on a ground, as whoever started the ground.

    It sees the ground's folder where it is, so that a configuration means the same inside, and
    keeps its state there, for commands beside it.
    """
    places: dict[str, Path | str] = {f"{at}:rw": at, **{str(each): each for each in seen}}
    name = f"bailiwick-{cache.key(str(at))}"
    engine.podman("rm", "--force", "--time=0", name, check=False)  # of a ground that was killed
    return words(
        *(engine, image),
        name=name,
        user=os.geteuid(),
        mounts=places,
        memory="2g",
        environment={"BAILIWICK_STATE": str(state)},
        more=["--rm"],
    )
