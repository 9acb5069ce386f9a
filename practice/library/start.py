"""Files the documents of a ground, and has Bailiwick read them in before it takes calls."""

import subprocess
import sys
from pathlib import Path

from practice import embedding
from practice.confluence.facts import Confluence
from practice.incident import Clock
from practice.library import settings, shelves
from practice.library.facts import Library
from practice.library.repository import repository
from practice.steps import Steps, Stopped

NAME = "library"
STATE = "bailiwick"
"""Bailiwick's own folder in a ground."""
FILE = "sync.toml"
_FAILED = ": nothing was changed: "


def start(at: Path, steps: Steps, clock: Clock, wiki: Confluence | None) -> Library:
    """File the documents, and read them in."""
    model = embedding.model(steps)
    known = filed(at / NAME, clock, model)
    steps.say("library: documents filed")
    config = at / NAME / FILE
    config.write_text(f'state = "{at / STATE}"\n{settings.table(known, wiki)}')
    sync(config, at, steps)
    return known


def filed(folder: Path, clock: Clock, model: Path) -> Library:
    """File the documents below a folder."""
    return Library(
        runbooks=shelves.shelve("runbooks", folder / "runbooks", clock.now),
        handbook=shelves.shelve("handbook", folder / "handbook", clock.now),
        policies=repository(shelves.texts("policies"), folder / "policies.git", clock.now),
        model=model,
    )


def sync(config: Path, at: Path, steps: Steps) -> None:
    """Read all collections in, and make the vectors; a document that is broken is only told of."""
    words = [sys.executable, "-u", "-m", "bailiwick", "retrieval", "--config", str(config), "sync"]
    said: list[str] = []
    with subprocess.Popen(
        words,
        env={"HOME": str(at)},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        for line in process.stdout or ():
            said.append(line.rstrip())
            steps.say(f"library: {said[-1]}")
            if steps.stop.is_set():
                process.terminate()
                raise Stopped("given up while documents are read in")
    if process.returncode not in (0, 1) or any(_FAILED in line for line in said):
        raise RuntimeError("reading the documents in failed:\n" + "\n".join(said[-20:]))
