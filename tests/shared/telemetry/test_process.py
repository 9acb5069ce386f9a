"""A server as it is started: what it writes to standard error, line by line."""

import socket
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from tests.parts.served import BAILIWICK, ROOT, environ


@pytest.mark.slow
def test_every_line_of_a_server_over_http_is_an_object(tmp_path: Path) -> None:
    more = {"BAILIWICK_TELEMETRY__LOGS": "auto", "BAILIWICK_LISTEN__PORT": "0"}
    command = [sys.executable, *BAILIWICK, "serve", "observability", "--http"]
    env = environ(tmp_path, more)
    with subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE) as made:
        try:
            assert made.stderr is not None
            first = orjson.loads(made.stderr.readline())
            host, port = first["message"].split("/")[2].split(":")
            with socket.create_connection((host, int(port)), 5) as link:
                link.sendall(b"this is no HTTP\r\n\r\n")
                link.recv(100)
            second = orjson.loads(made.stderr.readline())
        finally:
            made.terminate()
        assert made.stderr.read() == b""
        assert made.wait(20) == 0
    assert first["message"].endswith("/observability/mcp")
    assert (first["level"], first["logger"]) == ("info", "bailiwick")
    assert (second["level"], second["logger"]) == ("warning", "uvicorn.error")
