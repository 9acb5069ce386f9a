"""The documents in parts: fenced blocks, commands and links, each with its place."""

import ast
import re
import shlex
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(
    r"^(?P<pad> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=pad)```$", re.MULTILINE | re.DOTALL
)
_MARK = re.compile(r"<!-- ([^>]+) -->\n\Z")
_EXIT = re.compile(r"\(exit (\d)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block. `at` is page and line, for the reader of a failure.

    `mark` is the comment just above: `not run: why`, or `run in order` with the others of its page.
    """

    page: str
    at: str
    language: str
    text: str
    mark: str = ""


@dataclass(frozen=True)
class Command:
    """One line after a `$`, what it is said to print, and its exit status."""

    page: str
    at: str
    line: str
    output: tuple[str, ...]
    status: int
    mark: str = ""

    @property
    def words(self) -> list[str]:
        return shlex.split(self.line)


@cache
def documents() -> dict[str, str]:
    """Return the text of every document by its path."""
    paths = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}


def blocks(*languages: str) -> list[Block]:
    """Return the blocks in these languages, in the order of the pages."""
    return [block for block in _all() if block.language in languages]


@cache
def _all() -> tuple[Block, ...]:
    return tuple(_blocks())


def _blocks() -> Iterator[Block]:
    for page, text in documents().items():
        for found in _FENCE.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            inside = textwrap.dedent(found["text"])
            mark = _MARK.search(text[: found.start()])
            told = mark[1].strip() if mark else ""
            yield Block(page, f"{page}:{line}", found["language"], inside, told)


def commands() -> list[Command]:
    """Return every command of every `console` and `sh` block."""
    return [command for block in blocks("console", "sh") for command in _commands(block)]


def _commands(block: Block) -> Iterator[Command]:
    starts = "$ " if block.language == "console" else ""
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE) if starts else block.text.splitlines()
    for part in filter(None, (part.strip() for part in parts)):
        line, *output = part.splitlines()
        told = [text.strip() for text in output if text.strip()]
        status = _EXIT.fullmatch(told[-1]) if told else None
        if status:
            told.pop()
        code = int(status[1]) if status else 0
        yield Command(block.page, block.at, line, tuple(told), code, block.mark)


@cache
def prose() -> dict[str, str]:
    """Return every document without its fenced blocks."""
    return {page: _FENCE.sub("", text) for page, text in documents().items()}


def matches(told: str, said: str) -> bool:
    """Compare a line of a document with one that was printed: `…` stands for anything."""
    words = [r"\s+".join(map(re.escape, part.split())) for part in told.split("…")]
    return re.fullmatch(r"\s*" + r"\s*.*\s*".join(words) + r"\s*", said) is not None


def questions(page: str) -> list[tuple[str, dict[str, Any], list[str]]]:
    """Return the calls of a page, and the lines that are shown of each answer."""
    found: list[tuple[str, dict[str, Any], list[str]]] = []
    for line in (line for b in blocks("text") if b.page == page for line in b.text.splitlines()):
        if line.startswith("│"):
            found[-1][2].append(line.removeprefix("│ "))
            continue
        call = ast.parse(line.removeprefix("→ "), mode="eval").body
        assert isinstance(call, ast.Call)
        assert isinstance(call.func, ast.Name)
        given = {each.arg or "": ast.literal_eval(each.value) for each in call.keywords}
        found.append((call.func.id, given, []))
    return found
