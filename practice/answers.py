"""How a ground waits for a program that serves HTTP, and how its doubles are started."""

import sys
from pathlib import Path

import httpx

from practice import programs
from practice.incident import Clock
from practice.programs import Program
from practice.steps import Steps

ROOT = Path(__file__).resolve().parents[1]


def answering(
    at: Path,
    program: Program,
    link: httpx.Client,
    url: str,
    awaited: str,
    steps: Steps,
    seconds: float = 30,
) -> None:
    """Ask again and again until a program answers well, or raise `Ended` when it has ended."""

    def ready() -> bool:
        programs.watch(at, [program])
        try:
            return link.get(url).is_success
        except httpx.TransportError:
            return False

    steps.until(ready, awaited, seconds)


def command(name: str, pki: Path, clock: Clock, port: int) -> list[str | Path]:
    """Give the words that start a double; programs get no path, so it is said in the words."""
    words = f"import sys; sys.path.insert(0, {str(ROOT)!r})"
    return [
        *(sys.executable, "-c", f"{words}; from practice.doubles import main; main()"),
        name,
        *("--port", str(port), "--now", clock.now.isoformat()),
        *("--cert", pki / f"{name}.crt", "--key", pki / f"{name}.key"),
    ]
