"""`make demo` comes out as told, and the README shows what it prints."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, blocks, matches

pytestmark = [pytest.mark.ground, pytest.mark.slow, pytest.mark.timeout(900)]

MASKS = {
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}": "(call)",
    r"\b\w{4}-\w{4}-\w{4}\b": "(request)",
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\d\d:\d\d:\d\d": "(time)",
    r"payments-\w+-\w+": "(pod)",
    r"\b\d+s\b": "(age)",
    r"(untrusted|end) [0-9a-f]{8}": r"\1 (nonce)",
}
"""What differs from run to run."""


def masked(line: str) -> str:
    for pattern, word in MASKS.items():
        line = re.sub(pattern, word, line)
    return " ".join(line.split())


def shown() -> list[str]:
    """Return the lines of the README's transcript that the demo prints: calls and answers."""
    (block,) = [b for b in blocks("text") if b.page == "README.md"]
    return [line for line in block.text.splitlines() if line.startswith(("│", "→"))]


def test_the_demo_prints_what_the_readme_shows(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "practice.demo", "--at", str(tmp_path / "ground")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    assert "every step came out as told" in done.stdout
    said = [masked(line) for line in done.stdout.splitlines()]
    for line in shown():
        assert any(matches(masked(line), each) for each in said), line
