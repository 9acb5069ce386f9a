"""The command line as approvers and auditors of the story use it."""

import subprocess
import sys

from practice import tokens
from practice.demo.stage import Stage
from practice.facts import Ground


def approve(ground: Ground, stage: Stage, who: str, request: str) -> int:
    """Approve as somebody: the command an approver types, with a token for approvals only."""
    token = tokens.obtain(ground.keycloak, who, "approvals")["access_token"]
    file = ground.at / "approver.token"
    file.touch(mode=0o600)
    file.write_text(token)
    stage.text(f"$ bailiwick approvals approve {request} --yes --token-file …")
    code, said = bailiwick(
        ground, "approvals", "approve", request, "--yes", "--token-file", str(file)
    )
    file.unlink()
    stage.text(said)
    return code


def bailiwick(ground: Ground, *words: str) -> tuple[int, str]:
    """Run the command line with the ground's configuration; return its exit code and words."""
    config = str(ground.servers.config)
    command = [sys.executable, "-m", "bailiwick", words[0], "--config", config, *words[1:]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr
