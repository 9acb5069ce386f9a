"""A second person at the command line who is handed one request after the other.

    python -m tests.agents.clerk

runs `bailiwick approvals approve ID --yes` for each line that comes in, and answers with its exit
status: the real command, without a new start of Python for each.
"""

import contextlib
import io
import sys

from bailiwick.cli.main import main


def approve(request: str) -> str:
    """Approve one, and say how that went."""
    said, code = io.StringIO(), "no exit"
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            main(["approvals", "approve", request, "--yes"])
        except SystemExit as ended:
            code = str(ended.code)
    return f"{code} {' '.join(said.getvalue().split())}"


if __name__ == "__main__":
    sys.argv = ["bailiwick"]
    for line in sys.stdin:
        sys.stdout.write(approve(line.strip()) + "\n")
        sys.stdout.flush()
