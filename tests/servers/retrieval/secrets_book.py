"""A handbook with secrets in it, and everything that can be asked of the server about it."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from mcp import Client, MCPError
from mcp.types import PromptReference, ResourceTemplateReference

from bailiwick.config import Settings
from bailiwick.house import open_house
from bailiwick.sharing.shared import Standing
from bailiwick_retrieval.app import Upstream, application
from bailiwick_retrieval.engines.embedded.engine import Embedded
from bailiwick_retrieval.models.index import Prepared, Report
from bailiwick_retrieval.models.sources import Problem
from bailiwick_retrieval.running import Syncs, embed_all
from tests.parts.agents import MODERN, Agent, agent
from tests.parts.documents import DAY, DIMENSIONS, NOW, Clock, Meaning, Parser, Script, prepared

TEMPLATE = ResourceTemplateReference(uri="doc://{collection}/{+path}{#section}")
ANSWER = PromptReference(name="answer_from_documents")
_MOVED = "board/plan.md"

VISIBLE = {
    "runbooks/pool.md": "---\nalerts: [PoolExhausted]\ntags: [ops]\n---\n# Pool\n\nThe pool is"
    " full.\n\n## Steps\n\nRestart the deployment.\n\n## Notes\n\nMergers of branches are fine.",
    "policies/new.md": "# Retention\n\nBackups are kept for ninety days, and the pool is not.",
    "policies/old.md": "---\nsuperseded_by: policies/new.md\n---\n# Old\n\nBackups, thirty days.",
    "z.md": "# Last\n\nThe last one is about a disk.",
}
_SECRET = (
    "---\nreaders: {readers}\ntags: [ops, takeover]\nalerts: [PoolExhausted, TakeoverFails]\n"
    "title: Quixotic takeover plan\nsuperseded_by: runbooks/pool.md\n---\n# Takeover\n\n"
    "The takeover of Initech: the pool of money, a quixotic merger, backups and mergers. {more}\n\n"
    "## Steps\n\nRestart the deployment of Initech, restart the pool.\n"
)
HIDDEN = {
    "a-first.md": _SECRET.format(readers="[sre]", more="First."),
    "board/merger.md": _SECRET.format(readers="[board]", more="Second."),
    "policies/secret.md": _SECRET.format(readers="[board, 'user:practice/bo']", more="Third."),
    "runbooks/pool-secret.md": _SECRET.format(readers="['user:practice/bo', sre]", more="Fourth."),
    "zz-nobody.md": _SECRET.format(readers="[]", more="Gilded."),
    **{f"board/{n:02}.md": _SECRET.format(readers="[board]", more=f"x{n}") for n in range(60)},
}
POOL, SECRET = "runbooks/pool.md", "board/merger.md"
DOCS = {"collection": "docs"}
Ask = Callable[[Agent], Awaitable[Any]]


def tool(name: str, **given: Any) -> Ask:
    async def ask(made: Agent) -> Any:
        made.heard.clear()
        answer = await made.call(name, **given)
        return [answer.text, dict(answer.structured), answer.is_error, list(made.heard)]

    return ask


def pages(name: str, **given: Any) -> Ask:
    """Follow the cursor to the end."""

    async def ask(made: Agent) -> Any:
        said: list[str] = []
        cursor = ""
        while not said or cursor:
            answer = await made.call(name, **given, cursor=cursor)
            said.append(answer.text)
            cursor = answer.facts.get("next", "")
        return said

    return ask


def resources(made: Agent) -> Awaitable[Any]:
    async def ask() -> Any:
        said: list[str] = []
        cursor: str | None = None
        while not said or cursor:
            page = await made.client.list_resources(cursor=cursor)
            said.append(page.model_dump_json())
            cursor = page.next_cursor
        return said

    return ask()


def read(uri: str) -> Ask:
    async def ask(made: Agent) -> Any:
        return (await made.client.read_resource(uri)).model_dump_json().replace(uri, "URI")

    return ask


def complete(ref: Any, name: str, value: str, **given: str) -> Ask:
    async def ask(made: Agent) -> Any:
        argument = {"name": name, "value": value}
        found = await made.client.complete(ref, argument, context_arguments=given or None)
        return found.model_dump_json()

    return ask


async def templates(made: Agent) -> Any:
    return (await made.client.list_resource_templates()).model_dump_json()


async def prompts(made: Agent) -> Any:
    return (await made.client.list_prompts()).model_dump_json()


def _reads() -> dict[str, Ask]:
    """Read hidden, moved, absent and visible documents in every way."""
    made: dict[str, Ask] = {}
    for path in (SECRET, _MOVED, "a-first.md", "zz-nobody.md", "nothing.md", POOL, "policies/"):
        for view in ("section", "outline", "neighbours", "changes"):
            given = {**DOCS, "document": path, "view": view}
            made[f"read {path} {view}"] = tool("read_document", **given)
        for more in ({"lines": "1-20"}, {"version": "a"}, {"version": ""}, {"cursor": "AAAA"}):
            given = {**DOCS, "document": path, **more}
            made[f"read {path} {more}"] = tool("read_document", **given)
        made[f"read {path}#steps"] = tool("read_document", **DOCS, document=f"{path}#steps")
        uri = f"doc://docs/{path}"
        made[f"resource {path}"] = read(uri)
        made[f"resource {path}#steps"] = read(f"{uri}#steps")
        asked = {**DOCS, "document": path, "query": "takeover pool"}
        made[f"explain {path}"] = tool("explain_search", **asked)
    made["address"] = tool("read_document", **DOCS, document=f"doc://docs/{SECRET}")
    return made


def _searches() -> dict[str, Ask]:
    made: dict[str, Ask] = {}
    questions = (
        *("pool", "takeover initech", "takeovr", '"pool of money"', "the and of"),
        *("restart the deployment of initech", "backups kept", "zebra", "mergers"),
    )
    for query in questions:
        made[f"search {query}"] = tool("search_documents", query=query, limit=10)
        asked = {**DOCS, "document": POOL, "query": query}
        made[f"explain {query}"] = tool("explain_search", **asked)
    for more in (
        {"path": "board/"}, {"tags": ["takeover"]}, {"tags": ["ops"]}, {"formats": ["markdown"]},
        {"updated_after": "-2d"}, {"collection": "docs"}, {"limit": 1}, {"collection": "board"},
    ):  # fmt: skip
        made[f"search {more}"] = tool("search_documents", **{"query": "pool takeover", **more})
        made[f"list {more}"] = tool("list_documents", **more)
    for alert in ("TakeoverFails", "PoolExhausted", "InitechDown"):
        notes = {"runbook_url": f"https://x/{SECRET}", "summary": "takeover of the pool"}
        made[f"alert {alert}"] = tool("search_runbooks", alert=alert)
        made[f"alert {alert} linked"] = tool("search_runbooks", alert=alert, annotations=notes)
    return made


CALLS: Mapping[str, Ask] = {
    **_reads(),
    **_searches(),
    "collections": tool("list_collections"),
    "collection": tool("list_collections", **DOCS),
    "pages of one": pages("list_documents", limit=1),
    "pages of two": pages("list_documents", limit=2, **DOCS),
    "would refresh": tool("refresh_collection", **DOCS),
    "refresh": tool("refresh_collection", **DOCS, dry_run=False),
    "collections after it": tool("list_collections"),
    "no such tool": tool("read_secrets"),
    "wrong argument": tool("read_document", **DOCS, path=SECRET),
    "resources": resources,
    "templates": templates,
    "prompts": prompts,
    "no collection": read("doc://nothing/a.md"),
    **{
        f"complete {kind} {name} {typed}": complete(ref, name, typed, **DOCS)
        for kind, ref in (("prompt", ANSWER), ("template", TEMPLATE))
        for name in ("collection", "path", "tag", "section")
        for typed in ("", "b", "board/", "take", "a-f")
    },
}
FOUND = (
    *(f"read {SECRET} {view}" for view in ("section", "outline", "neighbours", "changes")),
    *(
        f"resource {SECRET}",
        f"explain {SECRET}",
        f"read {_MOVED} section",
        "read a-first.md outline",
    ),
    *("search pool", "search takeover initech", "search takeovr", "address"),
    *('search "pool of money"', "explain pool", "search {'path': 'board/'}", "list {'limit': 1}"),
    *("alert TakeoverFails", "alert PoolExhausted", "collections", "pages of two", "would refresh"),
    *("resources", "complete prompt tag take", "complete template path board/", "refresh"),
)


def _documents(files: Mapping[str, str]) -> list[Prepared]:
    return [
        prepared(path, text, updated=NOW - DAY * (1 + number % 3), url=f"https://x/{path}")
        for number, (path, text) in enumerate(sorted(files.items()))
    ]


async def _filled(upstream: Upstream, *, hidden: bool) -> None:
    """Publish the visible documents in one order, hidden ones among them, some of them moved."""
    index = Embedded(upstream.state / "retrieval" / "index.db", Clock())
    await index.open("m1", DIMENSIONS)
    upstream.clock, upstream._engine = Clock(), index  # pyright: ignore[reportPrivateUsage]
    model: Any = Meaning()
    upstream._model = model  # pyright: ignore[reportPrivateUsage]
    seen = {each.path: each for each in _documents(VISIBLE)}
    secret = {each.path: each for each in _documents(HIDDEN)} if hidden else {}
    async with index.changes("docs", 30) as changes:
        for path in sorted({*seen, *secret}):
            await changes.put(seen.get(path) or secret[path])
    if hidden:
        first = prepared(SECRET, HIDDEN[SECRET] + "\nAn older Initech.")
        async with index.changes("docs", 30) as changes:
            await changes.put(first)
        async with index.changes("docs", 30) as changes:
            await changes.move(SECRET, _MOVED)
            await changes.put(prepared(_MOVED, HIDDEN[SECRET]))
        async with index.changes("docs", 30) as changes:
            await changes.move(_MOVED, SECRET)
            await changes.put(secret[SECRET])
    await embed_all(index, model, 64)
    await index.report("docs", Report(NOW))
    source = _source({**VISIBLE, **(HIDDEN if hidden else {})}, hidden=hidden)
    upstream.__dict__["syncing"] = Syncs(
        upstream.collections, upstream.state, upstream.engine, lambda _: source, Parser(), Clock()
    )


def _source(files: dict[str, str], *, hidden: bool) -> Script:
    about = {path: {"url": f"https://x/{path}"} for path in files}
    made = Script(files, about=about)
    if hidden:
        made.problems = [Problem("board/locked.pdf", "is encrypted")]
        made.files["board/broken.md"] = "x"
        made.about["board/broken.md"] = {"readers": frozenset({"board"})}
    return made


@asynccontextmanager
async def served(at: Path, groups: Sequence[str], *, hidden: bool) -> AsyncGenerator[Agent]:
    """Serve the handbook to somebody in groups, who agrees to whatever they are asked."""
    raw = {"collections": {"docs": {"kind": "folder", "path": str(at), "every_minutes": 0}}}
    app = application(raw, Standing(at / "state"))
    settings = Settings.model_validate(
        {"state": at / "state", "identity": {"local": {"groups": list(groups)}}}
    )
    await _filled(app.upstream, hidden=hidden)
    async with open_house(settings, [app], transport="stdio") as house:
        async with agent(house.mounted["retrieval"].mcp, agrees=True, mode=MODERN) as made:
            yield made


async def asked(at: Path, hidden: bool, groups: Sequence[str]) -> dict[str, str]:
    """Make every call, and give the answers without what differs from call to call."""
    said: dict[str, str] = {}
    async with served(at, groups, hidden=hidden) as made:
        assert isinstance(made.client, Client)
        for name, ask in CALLS.items():
            try:
                answer = repr(await ask(made))
            except MCPError as error:
                data = str(error.error.data)
                answer = f"{error.error.code} {error.error.message} {len(data.split())}"
            said[name] = plain(answer)
    return said


def plain(text: str) -> str:
    """Leave out nonces, the ids of calls, and how long a sync took."""
    text = re.sub(r"<<untrusted \w+ ", "<<untrusted ", text)
    text = re.sub(r"<<end \w+>>", "<<end>>", text)
    text = re.sub(r"call [0-9a-f-]{36}", "call", text)
    return re.sub(r"\(\d+\.\d s\)", "(s)", text)
