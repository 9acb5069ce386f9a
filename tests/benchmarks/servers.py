"""The two servers that the road's benchmark compares; each is a process of its own.

    python -m tests.benchmarks.servers ours|bare FOLDER

Prints {"port", "path", "token"} and serves until it is terminated.
"""

import gc
import json
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import anyio
import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from mcp.server import MCPServer

ROWS = "\n".join(f"pod-{n}\t1/1\tRunning\t0" for n in range(20))


def start(name: str, folder: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    """Start one and wait until it says where it is."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.servers", name, folder],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    where = json.JSONDecoder().decode(process.stdout.readline())
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", where["port"])) == 0:
                break
        time.sleep(0.1)
    return process, where


def free() -> socket.socket:
    """Take a free port."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.bind(("127.0.0.1", 0))
    return made


def bare() -> None:
    """Serve the function with nothing around it but the SDK."""
    server = MCPServer("bare", log_level="ERROR")

    @server.tool(structured_output=False)
    async def list_things(cluster: str, namespace: str = "") -> str:
        """List things."""
        return ROWS

    listener = free()
    print(
        json.dumps({"port": listener.getsockname()[1], "path": "/mcp", "token": "none"}), flush=True
    )
    app = server.streamable_http_app()
    config = uvicorn.Config(app, log_level="error", access_log=False)
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)
    anyio.run(uvicorn.Server(config).serve, [listener])


def issuer() -> tuple[str, str]:
    """Serve the keys of an issuer and mint a token; return the issuer's URL and the token."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = json.JSONDecoder().decode(RSAAlgorithm.to_jwk(key.public_key()))
    keys = json.dumps({"keys": [{**public, "kid": "k1", "use": "sig", "alg": "RS256"}]}).encode()

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(keys)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
            return

    server = HTTPServer(("127.0.0.1", 0), Keys)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    now = int(time.time())
    claims = {
        "iss": url, "sub": "ana", "aud": "bailiwick-things", "client_id": "bench",
        "groups": ["sre"], "iat": now, "exp": now + 3000,
    }  # fmt: skip
    return url, jwt.encode(claims, key, "RS256", {"kid": "k1", "typ": "at+jwt"})


def ours(folder: str) -> None:
    """Serve the same function at the end of the whole road."""
    from bailiwick import web
    from bailiwick.config import Settings
    from bailiwick.server import Application
    from tests.benchmarks.thing import list_things

    url, token = issuer()
    keys = {"name": "bench", "url": url, "jwks": url, "unsafe_http": True}
    probe = free()
    port = probe.getsockname()[1]
    probe.close()
    settings = Settings.model_validate(
        {
            "state": str(Path(folder) / "state"),
            "listen": {"port": port},
            "identity": {"issuers": [keys]},
            "limits": {"read": "100000000/minute", "in_flight": 100},
        }
    )

    async def stop() -> None:
        return

    app = Application("things", "Things", "", (list_things,), None, stop)
    print(json.dumps({"port": port, "path": "/things/mcp", "token": token}), flush=True)
    anyio.run(web.serve, settings, [app])


if __name__ == "__main__":
    bare() if sys.argv[1] == "bare" else ours(sys.argv[2])
