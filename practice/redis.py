"""A real Redis on loopback, as a program of a ground, or of a folder that is only a test's."""

import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from practice import cache, programs
from practice.ports import LOOPBACK
from practice.steps import Steps

NAME = "redis"
PATIENCE = 30


@dataclass(frozen=True)
class Redis:
    """Where it listens, and its password."""

    at: Path
    port: int
    password: str

    @property
    def url(self) -> str:
        """Give its address."""
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"


def check() -> None:
    """Raise if what it needs of the machine is not there."""
    cache.tool("redis-server", "the Debian package redis-server")


def start(at: Path, steps: Steps) -> Redis:
    """Start an empty one that keeps nothing on disk, and wait until it answers."""
    password = secrets.token_hex(8)
    return programs.persist(
        at, (NAME,), 1, lambda ports: again(Redis(at, ports[0], password), steps)
    )


def again(known: Redis, steps: Steps) -> Redis:
    """Start one that was ended, empty, at the same port and with the same password."""
    (known.at / NAME).mkdir(exist_ok=True)
    words = [
        cache.tool("redis-server", "the Debian package redis-server"),
        *("--port", str(known.port), "--bind", LOOPBACK, "--requirepass", known.password),
        *("--save", "", "--appendonly", "no", "--dir", str(known.at / NAME)),
        *("--set-proc-title", "no"),  # or nobody would know the process again
    ]
    running = programs.start(known.at, NAME, words)

    def answers() -> bool:
        programs.watch(known.at, [running])
        try:
            with socket.create_connection((LOOPBACK, known.port), 1) as link:
                link.sendall(b"PING\r\n")
                return bool(link.recv(64))
        except OSError:
            return False

    steps.until(answers, "answer of Redis", PATIENCE)
    steps.say("redis: answers")
    return known


def end(known: Redis) -> None:
    """End it, and wait until it is gone."""
    programs.end(known.at, [each for each in programs.recorded(known.at) if each.name == NAME])
