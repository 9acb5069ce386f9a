"""docs/tools.md and docs/tools/*/*.md: every tool from the catalogue, with a real answer."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from bailiwick.policy.question import Risk
from bailiwick.prompt import Completes, PromptSpec
from bailiwick.resource import ResourceSpec
from bailiwick.tool import ToolSpec
from bailiwick_cluster import completing as cluster
from bailiwick_cluster.prompts import PROMPTS as OPERATING
from bailiwick_cluster.resources import RESOURCES as OBJECTS
from bailiwick_cluster.tools import TOOLS as CLUSTER
from bailiwick_observability import completing as observability
from bailiwick_observability.prompts import PROMPTS as WATCHING
from bailiwick_observability.tools import TOOLS as OBSERVABILITY
from bailiwick_retrieval import completing as retrieval
from bailiwick_retrieval.prompts import PROMPTS as LOOKING_UP
from bailiwick_retrieval.resources import RESOURCES as DOCUMENTS
from bailiwick_retrieval.tools import TOOLS as RETRIEVAL
from scripts.manual.words import NOTICE, cell, usual

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "tools"
CATALOGUE: Mapping[str, tuple[ToolSpec, ...]] = {
    "cluster": CLUSTER,
    "observability": OBSERVABILITY,
    "retrieval": RETRIEVAL,
}
OFFERED: Mapping[str, tuple[PromptSpec, ...]] = {
    "cluster": OPERATING,
    "observability": WATCHING,
    "retrieval": LOOKING_UP,
}
ADDRESSED: Mapping[str, tuple[ResourceSpec, ...]] = {"cluster": OBJECTS, "retrieval": DOCUMENTS}
COMPLETES: Mapping[str, Completes] = {
    "cluster": cluster.completes,
    "observability": observability.completes,
    "retrieval": retrieval.completes,
}
INDEX = """# Tools

Every tool of every server, as a model sees it, each on a page of its own with a real answer. Bytes
are those of name, description and input schema as JSON: what a tool costs in each conversation.
`bailiwick tools --json` prints the schemas.

The last column of a page's table says how a [policy](policy.md) sees the argument: as part of the
resource, or in `context.arguments` by its name. Unknown arguments are refused. A CHANGE or DESTROY
call first finds out, by reading only, what it would do; that plan is what an
[approval](approvals.md) is for.

The answers were recorded on the practice ground, as `ana`, who is in the group `sre`, with the
shipped policy. A test asks the same again. `<<untrusted … >>` fences what is not ours.
"""
_WORDS = {
    "cluster": "The cluster's name, from `list_clusters`.",
    "namespace": "The namespace; may be left out where it has a default.",
    "dry_run": "Only say what would happen; false to do it.",
}
"""What a model need not be told again with every tool."""
_ENDS = {
    Risk.READ: "`bad_request` `denied` `too_many` `journal_unavailable` `upstream_…`",
    Risk.CHANGE: "as a READ, and `approval_needed` `upstream_moved`, or the outcome `unknown`",
}
_FILLED = {
    **dict.fromkeys(("cluster", "source", "collection", "namespace", "metric", "label"), "x"),
    **dict.fromkeys(("name", "path", "alert"), "x"),
    "kind": "Pod",
    "workload": "Deployment/x",
}
"""An answer to every question before the one that is completed."""


def pages() -> dict[str, str]:
    """Return the index and the page of each tool by path in the project."""
    made = {"docs/tools.md": "\n".join([*_index(), ""])}
    for server, specs in CATALOGUE.items():
        for spec in specs:
            made[f"docs/tools/{server}/{spec.name}.md"] = "\n".join([*_page(server, spec), ""])
    return made


def _index() -> Iterator[str]:
    yield NOTICE
    yield INDEX
    for number, (server, specs) in enumerate(CATALOGUE.items()):
        yield ("\n" if number else "") + f"## {server}\n"
        total = sum(map(_bytes, specs))
        yield f"{len(specs)} tools, {total} bytes. Served by `bailiwick serve {server}`.\n"
        yield "| Tool | Risk | What it does | Bytes |\n|---|---|---|---|"
        for spec in specs:
            what = cell(spec.description.split("\n", 1)[0])
            link = f"[`{spec.name}`](tools/{server}/{spec.name}.md)"
            yield f"| {link} | {spec.risk.upper()} | {what} | {_bytes(spec)} |"
        yield from _prompts(server)
        yield from _resources(server)


def _prompts(server: str) -> Iterator[str]:
    """List the prompts of a server, with what is filled into them."""
    yield "\n### Prompts\n" if server == "cluster" else f"\n### Prompts of {server}\n"
    yield "A person chooses one in the client. Arguments with an arrow are completed as they type,"
    yield "by a call of that tool: whoever may not call it is offered nothing.\n"
    yield "| Prompt | Arguments | For |\n|---|---|---|"
    for spec in OFFERED[server]:
        names = [
            f"`{each.name}`{'' if each.required else '?'}{_completed(server, each.name)}"
            for each in spec.arguments
        ]
        yield f"| `{spec.name}` | {', '.join(names)} | {cell(spec.description)} |"


def _resources(server: str) -> Iterator[str]:
    """List what has an address."""
    specs = ADDRESSED.get(server, ())
    if not specs:
        return
    yield f"\n### Resources of {server}\n"
    yield "| Address | Read by | Completed | What |\n|---|---|---|---|"
    for spec in specs:
        names = [f"`{each}`{_completed(server, each)}" for each in spec.variables]
        tool = _link(server, spec.tool.name, "tools/")
        yield f"| `{spec.template}` | {tool} | {', '.join(names)} | {cell(spec.description)} |"


def _completed(server: str, name: str) -> str:
    found = COMPLETES[server](name, "x", {key: v for key, v in _FILLED.items() if key != name})
    return f" → `{found[0].name}`" if found else ""


def _link(server: str, tool: str, before: str = "") -> str:
    return f"[`{tool}`]({before}{server}/{tool}.md)" if before else f"[`{tool}`]({tool}.md)"


def _page(server: str, spec: ToolSpec) -> Iterator[str]:
    yield NOTICE
    yield f"# {spec.name}\n"
    yield "\n".join(f"> {line}".rstrip() for line in spec.description.splitlines()) + "\n"
    yield f"| Server | [{server}](../../tools.md#{server}), `bailiwick serve {server}` |\n|---|---|"
    yield f"| Risk | {spec.risk.upper()} |"
    yield f"| Takes at most | {spec.seconds:g} s |"
    yield f"| Answers with at most | {spec.budget} bytes |"
    yield f"| Costs a model | {_bytes(spec)} bytes in each conversation |"
    yield f"| A policy is asked | {_asked(server, spec)} |"
    yield f"| May end with | {_ends(server, spec)} ([codes](../../troubleshooting.md)) |"
    if used := _used(server, spec.name):
        yield f"| Used by | {used} |"
    yield from _arguments(spec)
    yield from _answer(spec)
    yield from _example(server, spec)


def _asked(server: str, spec: ToolSpec) -> str:
    """Say with which words a policy judges a call."""
    kinds = " in ".join(f"`{kind}`" for kind in reversed([*spec.scopes.values(), *spec.parts]))
    told = (
        f'`Action::"{spec.name}"`, in `"{spec.risk}"` and `"{server}:{spec.risk}"`, about {kinds}'
    )
    if spec.about is None:
        return told
    more = ", ".join(f"`{name}`" for name in spec.about.scalars)
    return f"{told}, as the stored thing says; of it: {more}"


def _ends(server: str, spec: ToolSpec) -> str:
    told = _ENDS[Risk.READ if spec.risk is Risk.READ else Risk.CHANGE]
    costly = server == "observability" and spec.risk is Risk.READ
    return f"{told} `too_costly`" if costly else told


def _used(server: str, tool: str) -> str:
    """Name the prompts that call it, and the resources that it stands behind."""
    told = [f"prompt `{prompt.name}`" for prompt in OFFERED[server] if tool in prompt.tools]
    behind = [each for each in ADDRESSED.get(server, ()) if each.tool.name == tool]
    return ", ".join([*told, *(f"resource `{each.template}`" for each in behind)])


def _arguments(spec: ToolSpec) -> Iterator[str]:
    yield "\n## Arguments\n"
    properties = spec.schema()["properties"]
    if not properties:
        yield "None."
        return
    yield "| Argument | Type | Default | Meaning | Policy |\n|---|---|---|---|---|"
    for name, shown in properties.items():
        field = spec.arguments.model_fields[name]
        told = "required" if field.is_required() else usual(field.default)
        meaning = cell(str(shown.get("description", "")) or _WORDS.get(name, ""))
        yield f"| `{name}` | {_type(shown)} | {told} | {meaning} | {_seen(spec, name)} |"


def _seen(spec: ToolSpec, name: str) -> str:
    if name in spec.scopes:
        return f"resource `{spec.scopes[name]}`"
    return "argument" if name in spec.scalars else "not seen"


def _type(shown: Mapping[str, Any]) -> str:
    if "enum" in shown:
        return ", ".join(f"`{value}`" for value in shown["enum"])
    kind = str(shown.get("type", "any"))
    if kind == "array":
        return f"list of {_type(shown['items'])}"
    bounds = [f"{shown[key]}" for key in ("minimum", "maximum") if key in shown]
    return f"{kind} {' to '.join(bounds)}" if bounds else kind


def _answer(spec: ToolSpec) -> Iterator[str]:
    if (output := spec.output()) is not None:
        names = ", ".join(f"`{name}`" for name in output.model_fields)
        yield f"\nThe answer is structured: {names}; or `approval`, when one is needed first."


def _example(server: str, spec: ToolSpec) -> Iterator[str]:
    file = FOLDER / server / "examples" / f"{spec.name}.txt"
    if file.is_file():
        yield "\n## Example\n"
        yield f"```text\n{file.read_text(encoding='utf-8').rstrip()}\n```"


def _bytes(spec: ToolSpec) -> int:
    """Count what `bailiwick tools` counts."""
    seen = {"name": spec.name, "description": spec.description, "input_schema": spec.schema()}
    return len(orjson.dumps(seen))
