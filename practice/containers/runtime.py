#!/usr/bin/env python3
"""Stands before runc: drops from a bundle what a root without CAP_SYS_RESOURCE may not set.

Podman passes on this process's own limits, and a negative score for the killer of whoever takes too
much memory; in a sandbox runc then refuses to start. Nothing that guards the container is changed.
"""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

BUNDLES = {"--bundle", "-b"}
PROCESSES = {"--process", "-p"}


def main(words: Sequence[str]) -> None:
    """Relax what is about to be run, then become runc."""
    for flag, value in pairwise(words):
        if flag in BUNDLES:
            rewrite(Path(value) / "config.json", bundle=True)
        elif flag in PROCESSES:
            rewrite(Path(value), bundle=False)
    runc = shutil.which("runc", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/bin")
    if runc is None:
        sys.exit("runc is not installed")
    os.execv(runc, [runc, *words])  # noqa: S606 - the container's own command line


def rewrite(file: Path, *, bundle: bool) -> None:
    """Drop the limits and the score from a file of the bundle."""
    if not file.exists():
        return
    document: dict[str, Any] = json.loads(file.read_text())  # noqa: TID251 - Python alone runs this
    process: dict[str, Any] = document["process"] if bundle else document
    process.pop("rlimits", None)
    if (process.get("oomScoreAdj") or 0) < 0:
        del process["oomScoreAdj"]
    file.write_text(json.dumps(document))


if __name__ == "__main__":
    main(sys.argv[1:])
