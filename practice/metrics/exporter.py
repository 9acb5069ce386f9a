"""The present of the history's series: one process that answers for every living target.

The numbers are the curves' own, so counters go on where the history ends and at the same rates.
"""

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from practice.metrics.series import Family, exposed
from practice.metrics.targets import dead, targets
from practice.ports import LOOPBACK

KIND = "text/plain; version=0.0.4; charset=utf-8"
ROOT = Path(__file__).resolve().parents[2]


def command(port: int, now: int) -> list[str]:
    """Give the command that serves a ground; programs get no path, so it is said in the words."""
    words = f"import sys; sys.path.insert(0, {str(ROOT)!r})"
    run = "from practice.metrics.exporter import serve; serve()"
    return [sys.executable, "-c", f"{words}; {run}", str(port), str(now)]


def serve() -> None:
    """Serve on the port of the first word, for the `now` of the second, in seconds."""
    port, now = map(int, sys.argv[1:3])
    Server(port, now).serve_forever()


class Server(ThreadingHTTPServer):
    """Answers `/hosts/node-01` and the like, and `/` with what there is."""

    daemon_threads = True

    def __init__(self, port: int, now: int) -> None:
        super().__init__((LOOPBACK, port), Handler)
        self.now = now
        self.known: dict[str, tuple[Family, ...]] = {
            each.path: each.families for each in targets() if not dead(each)
        }


class Handler(BaseHTTPRequestHandler):
    """Answers one scrape."""

    server: Server  # pyright: ignore[reportIncompatibleVariableOverride]

    def do_GET(self) -> None:
        """Write the exposition of a target as it is now."""
        known = self.server.known
        if self.path == "/":
            self._answer(200, "".join(f"{path}\n" for path in known))
        elif self.path in known:
            at = time.time() - self.server.now
            self._answer(200, "".join(exposed(known[self.path], at)))
        else:
            self._answer(404, "no such target\n")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- its name there
        """Say nothing: there are four scrapes a second."""

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", KIND)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
