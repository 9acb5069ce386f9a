"""`bailiwick policy`: try a policy against the tools and its cases; explain what it decides."""

import argparse
import os
from pathlib import Path

from bailiwick.cli import questions
from bailiwick.cli.explanation import explain, printed
from bailiwick.cli.terminal import as_json, config_too, counted, field
from bailiwick.config import Settings, load
from bailiwick.errors import BadPolicy, BadRequest
from bailiwick.policy import cases
from bailiwick.policy.catalogue import catalogue
from bailiwick.policy.policy import Policy
from bailiwick.rules import policy_text, shipped
from bailiwick.shaping.fence import inline
from bailiwick.tool import ToolSpec

HELP = "check a policy against the tools and its cases, and explain a decision"


def add(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    check = verbs.add_parser("check", help="does the policy fit the tools, and its cases?")
    check.add_argument(
        "path", nargs="?", type=Path, help="file or folder; default: the policy in force"
    )
    check.add_argument("--cases", type=Path, help="cases; default: the *.cases.toml beside it")
    why = verbs.add_parser("explain", help="what would be decided, by which policies, and why?")
    why.add_argument("--as", dest="who", required=True, metavar="ISSUER/SUBJECT", help="the caller")
    why.add_argument("--groups", default="", help="the caller's groups, with commas")
    why.add_argument("--client", default="", help="the caller's program")
    why.add_argument("--tool", required=True, help="the tool")
    why.add_argument("--approvers", help="groups of whoever agreed; default: whoever it takes")
    why.add_argument("arguments", nargs="*", metavar="KEY=VALUE", help="the call's arguments")
    for sub in (check, why):
        config_too(sub)
        sub.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: argparse.Namespace) -> int:
    """Check, or explain."""
    settings = load(arguments.config, os.environ)
    return (_check if arguments.verb == "check" else _explain)(arguments, settings)


def _check(arguments: argparse.Namespace, settings: Settings) -> int:
    """Exit 1 where the policy does not load or a case fails."""
    path = arguments.path or settings.policy.path or shipped()
    text = policy_text(path)
    try:
        policy = Policy.load(text, catalogue())
    except BadPolicy as error:
        told = {"policy": str(path), "fits": False, "reason": str(error)}
        print(as_json(told) if arguments.json else field("does not fit", str(error)))
        return 1
    tools = questions.specs()
    files = [arguments.cases] if arguments.cases else _beside(path)
    verdicts = [_judged(policy, tools, case) for file in files for case in _read(file)]
    wrong = [verdict for verdict in verdicts if verdict.wrong]
    if arguments.json:
        failed = [{"name": v.case.name, "wrong": v.wrong} for v in wrong]
        about = {"policy": str(path), "fits": True, "bundle": policy.bundle}
        print(as_json(about | {"cases": len(verdicts), "failed": failed}))
        return 1 if wrong else 0
    for verdict in wrong:
        print(f"FAILED {inline(verdict.case.name)}: {inline(verdict.wrong, 500)}")
    fits = f"{path} fits {counted(len(tools), 'tool')} (bundle {policy.bundle[:12]})"
    print(f"{fits}; {_counted(len(verdicts), len(wrong))}")
    return 1 if wrong else 0


def _counted(tried: int, wrong: int) -> str:
    if not tried:
        return "no cases beside it, so nothing was tried"
    cases = counted(tried, "case")
    return f"{wrong} of {cases} failed" if wrong else f"{cases} tried, all hold"


def _beside(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(path.glob("*.cases.toml"))
    beside = path.with_suffix(".cases.toml")
    return [beside] if beside.is_file() else []


def _read(path: Path) -> tuple[cases.Case, ...]:
    try:
        return cases.parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise BadPolicy(f"cannot read the cases {path}: {error}") from error


def _judged(policy: Policy, tools: dict[str, ToolSpec], case: cases.Case) -> cases.Verdict:
    """Try a case; one that the tool would not even take is a mistake of the file."""
    try:
        spec = questions.named(tools, case.tool)
        asked, _ = questions.question(spec, case.principal(), case.arguments)
    except BadRequest as error:
        raise BadPolicy(f"case {inline(case.name)!r}: {error}") from error
    return cases.judge(policy, case, asked)


def _explain(arguments: argparse.Namespace, settings: Settings) -> int:
    """Exit 1 where the answer is no."""
    text = policy_text(settings.policy.path)
    policy = Policy.load(text, catalogue())
    spec = questions.named(questions.specs(), arguments.tool)
    try:
        who = cases.principal(arguments.who, _names(arguments.groups), arguments.client)
    except ValueError as error:
        raise BadRequest(f"--as {inline(arguments.who, 60)!r}: {error}") from error
    given = questions.arguments(spec, arguments.arguments)
    agreed = None if arguments.approvers is None else frozenset(_names(arguments.approvers))
    found = explain(policy, text, spec, who, given, agreed)
    print(as_json(found) if arguments.json else printed(found))
    return 0 if found["allowed"] else 1


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
