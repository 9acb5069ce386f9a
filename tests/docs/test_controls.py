"""docs/controls.md names tests that exist, counts right, and says `not yet` where it names none."""

import ast
import re
from functools import cache

import pytest

from tests.docs.blocks import ROOT, documents

PAGE = documents()["docs/controls.md"]
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.splitlines()
    if line.startswith("| ") and line.count(" | ") == 3 and not line.startswith("| Id ")
]
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)::(\w+)`", PAGE)))
WANTED = {
    *(f"A{n}" for n in range(1, 17)), *(f"B{n}" for n in range(1, 8)),
    *(f"D{n}" for n in range(1, 11)), *(f"E{n}" for n in range(1, 4)), "M1",
    *(f"T{n}" for n in range(1, 11)), *(f"S{n}" for n in range(1, 8)),
    *(f"R{n}" for n in range(1, 6)), *(f"O{n}" for n in range(1, 5)),
    *(f"BP{n}" for n in range(1, 7)), "U1", "C1", "L1", "P1", "X1", "K1",
    *(f"MCP{n:02}" for n in range(1, 11)), *(f"AU-{n}" for n in range(2, 13)),
    *(f"10.2.1.{n}" for n in range(1, 8)), "10.2.1", "10.2.2", "10.4", "10.5.1", "10.6",
    *(f"10.3.{n}" for n in range(1, 5)), "10.7.2", "10.7.3", "3.3.1", "3.4.1", "3.5.1.1", "7.2",
}  # fmt: skip
"""Every id that there must be a line of; several that follow each other may share one."""


@cache
def functions(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, kinds))


@pytest.mark.parametrize(("file", "name"), NAMED, ids=lambda each: each)
def test_what_is_named_is_a_test(file: str, name: str) -> None:
    assert name.startswith("test_")
    assert name in functions(file)


def spread(written: str) -> set[str]:
    """Take `A11` to `A14`, written with a dash, apart."""
    first, dash, last = written.partition("–")
    head = re.match(r"[A-Z]+", first)
    if not dash or head is None:
        return {written}
    numbers = range(int(first[head.end() :]), int(last.removeprefix(head[0])) + 1)
    return {f"{head[0]}{number}" for number in numbers}


def test_there_is_a_line_for_every_id() -> None:
    there = set[str]().union(*(spread(row[0]) for row in ROWS))
    assert WANTED - there == set()


def kind(told: str) -> str:
    """Say what a line claims."""
    if told == "does not apply":
        return told
    late = re.search(r"\*\*not yet\*\*: \S", told)
    return ("part" if late else "shown") if "::" in told else ("not yet" if late else "nothing")


def test_every_line_is_shown_or_says_why_not_and_the_counts_are_right() -> None:
    kinds = [kind(row[3]) for row in ROWS]
    assert "nothing" not in kinds
    told = re.search(
        r"Of\s+(\d+) lines (\d+) are shown by tests, (\d+) in part, (\d+) not yet, and (\d+) do",
        PAGE,
    )
    assert told is not None
    claims = ("shown", "part", "not yet", "does not apply")
    counts = [len(kinds), *(kinds.count(each) for each in claims)]
    assert [int(number) for number in told.groups()] == counts
