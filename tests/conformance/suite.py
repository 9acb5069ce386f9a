"""Run the official conformance suite against a server, and read what it found."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import yaml

from tests.parts.node import Node

HERE = Path(__file__).resolve().parent
REVISIONS = ("2025-11-25", "2026-07-28")
_SECONDS = 150
_STATUSES = ("SUCCESS", "FAILURE", "WARNING")
_RESULT = re.compile(r"server-(?P<scenario>.+)-\d{4}-\d\d-\d\dT[\dZ-]+")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that the suite looked at. `scored` says that the revision requires it."""

    scenario: str
    id: str
    status: str
    message: str
    scored: bool

    def __str__(self) -> str:
        return f"{self.scenario}:{self.id} {self.status}: {self.message}"


@dataclass(frozen=True, slots=True)
class Found:
    """What a run said: its exit code, its output, and every check."""

    code: int
    output: str
    required: frozenset[str]
    checks: tuple[Check, ...]

    @property
    def ran(self) -> frozenset[str]:
        """The scenarios that left a result."""
        return frozenset(check.scenario for check in self.checks)

    def count(self, status: str) -> int:
        """Count required checks of one status."""
        return sum(check.scored and check.status == status for check in self.checks)

    def bad(self, *, scored: bool = True) -> list[Check]:
        """List the checks that failed."""
        return [c for c in self.checks if c.status == "FAILURE" and c.scored is scored]

    def summary(self) -> str:
        """Tell it in a few lines."""
        here = len(self.ran & self.required)
        counts = ", ".join(f"{self.count(each)} {each.lower()}" for each in _STATUSES)
        lines = [f"{len(self.required)} scenarios required, {here} ran; checks: {counts}"]
        lines += [f"  required: {check}" for check in self.bad()]
        unscored = sorted({check.scenario for check in self.bad(scored=False)})
        return "\n".join([*lines, f"  failing, but not required: {', '.join(unscored) or 'none'}"])


def conform(
    node: Node, url: str, revision: str, results: Path, expected: Path | None = None
) -> Found:
    """Run what `revision` requires. `expected` lists checks that may, and then must, fail."""
    package = node.packages(HERE) / "@modelcontextprotocol" / "conformance"
    command = [str(node.program), str(package / "dist" / "index.js"), "server", "--url", url]
    command += ["--requirements", revision, "--output-dir", str(results)]
    if expected is not None:
        command += ["--expected-failures", str(expected)]
    done = node.run(command, cwd=results.parent, seconds=_SECONDS)
    listed = yaml.safe_load((package / "requirements" / f"{revision}.yaml").read_text())
    required = frozenset[str](listed["server"])
    checks = tuple(_checks(results, required))
    return Found(done.returncode, done.stdout + done.stderr, required, checks)


def _checks(results: Path, required: frozenset[str]) -> Iterator[Check]:
    for file in sorted(results.glob("*/checks.json")):
        named = _RESULT.fullmatch(file.parent.name)
        assert named is not None, file.parent.name
        scenario = named["scenario"]
        found: list[dict[str, Any]] = orjson.loads(file.read_bytes())
        for each in found:
            message = each.get("errorMessage") or ""
            yield Check(scenario, each["id"], each["status"], message, scenario in required)
