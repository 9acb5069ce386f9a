"""An application behind a real socket of loopback, over TLS where it is given keys."""

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import uvicorn

from practice.pki import Authority
from practice.ports import LOOPBACK, free

NAMES = (LOOPBACK, "localhost", "docs.example", "other.example", "wiki.example")


@contextmanager
def listening(app: Any, authority: Authority | None = None, port: int = 0) -> Generator[int]:
    """Serve until the block is left; give the port."""
    port = port or free(1)[0]
    trust: dict[str, Any] = {}
    if authority:
        if not (authority.folder / "site.crt").exists():
            authority.issue("site", "site", names=NAMES)
        folder = authority.folder
        trust = {"ssl_certfile": folder / "site.crt", "ssl_keyfile": folder / "site.key"}
    config = uvicorn.Config(
        app, host=LOOPBACK, port=port, log_level="critical", lifespan="off", ws="none", **trust
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join()
