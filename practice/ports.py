"""Free ports of the loopback address."""

import socket
from contextlib import ExitStack

LOOPBACK = "127.0.0.1"


def free(count: int) -> list[int]:
    """Choose ports that nothing listens on, all held at once so that they differ."""
    with ExitStack() as held:
        chosen: list[int] = []
        for _ in range(count):
            taken = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            taken.bind((LOOPBACK, 0))
            chosen.append(taken.getsockname()[1])
        return chosen
