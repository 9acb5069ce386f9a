"""Every command in the documents: run here, or named with the place that runs it."""

import os
import re
import signal
import subprocess
import sys
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import pytest

from bailiwick.cli.main import COMMANDS, main
from bailiwick.house import SERVERS
from scripts.manual.commands import EXAMPLES, parsers
from tests.docs.blocks import ROOT, Command, blocks, commands, documents, matches
from tests.docs.installation import install

ELSEWHERE = {
    "pip install '.[all]'": ("tests/docs/test_install.py", '"pip", "install"'),
    "make setup": ("Makefile", "test: $(STAMP)"),
    "make test": (".ci/run", "make test"),
    "make demo": ("tests/docs/test_demo.py", "practice.demo"),
    "python scripts/reference.py --check": ("tests/docs/test_documents.py", "reference.pages()"),
    "python scripts/bundles.py": ("tests/clients/test_bundles.py", "bundles.build("),
    "python scripts/clients.py --namespace io.github.example"
    " --bundles https://downloads.example.com/": (
        "tests/clients/test_registry.py",
        "clients.publish(",
    ),
    "bailiwick approvals approve ekc3-m67k-2bse --config config.toml --token-file bo.token": (
        "practice/demo/cli.py",
        '"approvals", "approve"',
    ),
}
"""Commands that are not run here: the file that runs them, and words that stand in it."""
UNMARKED = [command for command in commands() if not command.mark]
"""Marked ones are run by `test_procedures.py`, or say above their block why no test can."""
SERVES = {c.line: c for c in UNMARKED if c.words[:2] == ["bailiwick", "serve"]}
RUNS = [c for c in UNMARKED if c.line not in {*ELSEWHERE, *SERVES}]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith(("BAILIWICK_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("BAILIWICK_STATE", str(tmp_path / "state"))
    monkeypatch.setattr("sys.argv", ["bailiwick"])
    monkeypatch.chdir(tmp_path)
    install(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", RUNS, ids=lambda command: f"{command.at} {command.line[:60]}")
def test_the_command_does_what_is_told(
    place: Path, capsys: pytest.CaptureFixture[str], command: Command
) -> None:
    program, *words = command.words
    assert program == "bailiwick", "name in ELSEWHERE what runs it, or say above why nothing can"
    with pytest.raises(SystemExit) as ended:
        main(words)
    said = capsys.readouterr()
    assert int(ended.value.code or 0) == command.status, said.err
    lines = said.out.splitlines()
    for told in command.output:
        assert any(matches(told, line) for line in lines), f"{told!r} is not in\n{said.out}"


@pytest.mark.parametrize("command", SERVES.values(), ids=lambda command: command.line)
def test_it_serves(place: Path, command: Command) -> None:
    env = {**os.environ, "BAILIWICK_LISTEN__PORT": "0", "BAILIWICK_TELEMETRY__LOGS": "text"}
    words = [sys.executable, "-m", "bailiwick", *command.words[1:]]
    names = [word for word in command.words if word in SERVERS]
    with subprocess.Popen(words, env=env, cwd=place, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        try:
            said = [server.stderr.readline() for _ in names]
        finally:
            server.send_signal(signal.SIGTERM)
        assert said == [f"bailiwick: https://bailiwick.example.com/{n}/mcp\n" for n in names]
        assert server.wait(20) == 0


def test_what_is_not_run_here_is_in_the_documents_and_run_there() -> None:
    told = {command.line for command in commands()}
    assert set(ELSEWHERE) <= told
    for file, words in ELSEWHERE.values():
        assert words in (ROOT / file).read_text(encoding="utf-8"), file


def verbs(command: str) -> set[str]:
    """Name the verbs of a command as its parser has them; none for one without verbs."""

    parser = ArgumentParser()
    import_module(f"bailiwick.cli.{command}").add(parser)
    found: list[Any] = [action.choices for action in cast("Any", parser)._actions]
    return {name for choices in found if isinstance(choices, dict) for name in cast("Any", choices)}


def test_a_mark_is_one_that_is_known_and_says_why() -> None:
    for block in blocks("console", "sh"):
        assert not block.mark or re.fullmatch(r"not run: \S+ .+|run in order(: .+)?", block.mark), (
            block
        )


@pytest.mark.parametrize("words", [words for words, _, _ in parsers()])
def test_each_command_has_a_section_and_an_example(words: str) -> None:
    page = documents()["docs/commands.md"]
    assert f"## bailiwick {words}\n" in page
    example = EXAMPLES[words]
    assert example.startswith(f"bailiwick {words}")
    assert example in [command.line for command in commands() if command.page == "docs/commands.md"]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_and_verb_is_documented_and_exists(command: str) -> None:
    text = "\n".join(documents().values())
    there = verbs(command)
    row = next(line for line in text.splitlines() if line.startswith(f"| `bailiwick {command}"))
    assert all(re.search(rf"\b{verb}`", row) for verb in there), row
    if there:
        assert set(re.findall(rf"bailiwick {command} ([a-z]+)", text)) <= there


def test_make_targets_exist() -> None:
    there = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    told = set(re.findall(r"(?:`|\$ )make ([a-z]+)", "\n".join(documents().values())))
    assert told <= there
    assert there - told == {"help"}
