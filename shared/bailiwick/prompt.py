"""Prompts: a way of working that a person chooses, and what may be filled into it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bailiwick.shaping.fence import inline
from bailiwick.tool import ToolSpec

_LONGEST = 300
"""Characters of an argument that are filled in."""
Completes = Callable[[str, str, Mapping[str, str]], tuple[ToolSpec, dict[str, Any]] | None]
"""Says which call finds the values of an argument: its name, what was typed, what is filled in.

The call goes the road of every call; the first column of its answer has the values.
"""


@dataclass(frozen=True, slots=True)
class PromptArgument:
    """One thing to fill in."""

    name: str
    description: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class PromptSpec:
    """A declared prompt. `text` has `{name}` where an argument belongs; it uses `tools`."""

    name: str
    description: str
    arguments: Sequence[PromptArgument]
    text: str
    tools: Sequence[str]

    def write(self, given: Mapping[str, str]) -> str:
        """Fill it in; what was not given is empty, and what was is on one line."""
        told = {each.name: inline(given.get(each.name, ""), _LONGEST) for each in self.arguments}
        return self.text.format(**told)

    def lacks(self, given: Mapping[str, Any]) -> list[str]:
        """Name what is required and not given."""
        return [each.name for each in self.arguments if each.required and not given.get(each.name)]


def values(text: str, typed: str, most: int = 100) -> list[str]:
    """Read the first column of an answer's table; what begins as was typed comes first."""
    lines = text.splitlines()
    start = next((n for n, line in enumerate(lines) if line.startswith("<<untrusted ")), len(lines))
    end = next((n for n, line in enumerate(lines) if line.startswith("<<end ")), len(lines))
    found = [line.split("\t")[0] for line in lines[start + 2 : end]]
    low = typed.lower()
    fitting = [each for each in dict.fromkeys(found) if low in each.lower()]
    return sorted(fitting, key=lambda each: not each.lower().startswith(low))[:most]
