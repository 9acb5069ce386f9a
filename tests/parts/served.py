"""A server of ours in a process of its own, on a free port of loopback."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BAILIWICK = ("-m", "bailiwick")
"""How Python runs the command line."""
_START_SECONDS = 30
_STOP_SECONDS = 15
_SAID = "bailiwick: http"


@dataclass(frozen=True, slots=True)
class Served:
    """Where it listens, where it keeps what it writes, and its process."""

    url: str
    state: Path
    log: Path
    pid: int


def environ(folder: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Make an environment in which nothing of this machine's own settings counts."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BAILIWICK_")}
    return {
        **kept,
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "KUBECONFIG": str(folder / "no.kubeconfig"),
        "BAILIWICK_TELEMETRY__LOGS": "text",
        "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("", "shared", "servers")),
        **(more or {}),
    }


@contextmanager
def served(
    folder: Path, arguments: Sequence[str], more: Mapping[str, str] | None = None, ends: int = 0
) -> Generator[Served]:
    """Run `python ARGUMENTS` until the block ends; it must then stop when it is told to.

    `ends` is how: 0, or minus the signal that a test kills it with.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    given = environ(folder, {"BAILIWICK_LISTEN__PORT": "0", **(more or {})})
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env=given, stdout=out, stderr=out
        )
    try:
        yield Served(_url(process, log), folder / "state" / "bailiwick", log, process.pid)
        process.send_signal(signal.SIGTERM)
        process.wait(_STOP_SECONDS)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    text = log.read_text()
    assert "Traceback" not in text, text[-4_000:]
    assert process.returncode == ends, text[-4_000:]


def _url(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """Wait until the server says where it is."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        for line in log.read_text().splitlines():
            if line.startswith(_SAID):
                return line.removeprefix("bailiwick: ")
        time.sleep(0.05)
    raise AssertionError(f"the server did not start:\n{log.read_text()[-4_000:]}")
