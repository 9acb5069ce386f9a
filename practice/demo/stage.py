"""How the story is told: question, answer as the model sees it, size, and whether it holds."""

import textwrap
import time
from dataclasses import dataclass, field

from practice.demo.agent import Answer


@dataclass
class Stage:
    """Prints the steps and keeps what did not come out as told."""

    began: float = field(default_factory=time.monotonic)
    wrong: list[str] = field(default_factory=list[str])
    step: int = 0

    def ask(self, who: str, question: str) -> None:
        """Open a step with the question as somebody would put it."""
        self.step += 1
        elapsed = time.monotonic() - self.began
        print(f"\n{self.step:2}. [{elapsed:5.1f} s] {who}: {question}", flush=True)

    def call(self, tool: str, arguments: dict[str, object]) -> None:
        """Show the call that the agent makes of it."""
        told = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
        print(f"    → {tool}({told})", flush=True)

    def show(self, answer: Answer) -> None:
        """Show an answer as the model sees it, and its size."""
        self.text(answer.text)
        print(f"    ({answer.size} bytes{', refused' if answer.is_error else ''})", flush=True)

    def text(self, text: str) -> None:
        """Show some lines."""
        print(textwrap.indent(text.rstrip(), "    │ "), flush=True)

    def holds(self, claim: str, true: bool) -> None:
        """Say whether a step came out as told."""
        print(f"    {'✓' if true else '✗ NOT'} {claim}", flush=True)
        if not true:
            self.wrong.append(f"step {self.step}: {claim}")
