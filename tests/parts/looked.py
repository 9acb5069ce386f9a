"""The retrieval server over documents of its own, filed as the ground's are, to be changed."""

import shutil
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import anyio

from practice.facts import Ground
from practice.incident import Clock
from practice.library.facts import Library
from practice.library.settings import table
from practice.library.start import filed
from practice.servers import policy
from tests.parts.agents import Agent, Answer
from tests.parts.front import Front
from tests.parts.ground import bailiwick
from tests.parts.observed import IDENTITY
from tests.parts.served import BAILIWICK, served

COMMAND = (*BAILIWICK, "serve", "retrieval", "--http", "--config")
# What a model in whole numbers makes of a text depends a little on what is embedded with it.
ALONE = "\nbatch = 1\n\n[servers.retrieval.collections.runbooks]"


@dataclass(frozen=True)
class LookedUp(Front):
    """The retrieval server, and its documents."""

    library: Library

    async def refreshed(self, by: Agent, collection: str) -> Answer:
        """Have a collection read in, with bo's agreement; after whoever is at it already."""
        wanted = {"collection": collection, "dry_run": False}
        said = ""
        for _ in range(20):
            asked = await by.call("refresh_collection", **wanted)
            self.approve(asked.approval)
            done = await by.call("refresh_collection", **wanted)
            if not done.is_error:
                return done
            said = done.text
            assert "being synced already" in said, said
            await anyio.sleep(0.5)
        raise AssertionError(said)


@contextmanager
def looked_up(folder: Path, ground: Ground, without: Sequence[str] = ()) -> Generator[LookedUp]:
    """File documents, all but some of the handbook's, read them in, and serve them."""
    clock = Clock(datetime.fromisoformat(ground.now))
    library = filed(folder / "library", clock, ground.library.model)
    for name in without:
        shutil.rmtree(library.handbook / name)
    known = table(library, ground.confluence)
    head = "\n\n[servers.retrieval.collections.runbooks]"
    assert head in known
    identity = IDENTITY.format(issuer=ground.keycloak.issuer, ca_file=ground.keycloak.ca_file)
    rules = f'\n[policy]\npath = "{policy(folder / "policy")}"\n'
    file = folder / "looked.toml"
    file.write_text(f"{identity}{rules}{known.replace(head, ALONE, 1)}")
    done = bailiwick(folder, "retrieval", "--config", str(file), "sync")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "contract.pdf: is broken" in done.stdout
    with served(folder, (*COMMAND, str(file))) as up:
        yield LookedUp(ground, up, folder, library)
