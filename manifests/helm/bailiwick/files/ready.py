"""Ask each server whether it is ready, whom it trusts, and whether it wants a token."""  # noqa: INP001 - no package: a pod gets its text

import json
import sys
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from urllib.parse import urlsplit


def asked(base: str, method: str, path: str) -> tuple[HTTPResponse, bytes]:
    """Send one request, and read the answer. The certificate is checked by SSL_CERT_FILE."""
    at = urlsplit(base)
    kind = HTTPSConnection if at.scheme == "https" else HTTPConnection
    connection = kind(at.hostname or "", at.port, timeout=10)
    connection.request(method, path, body=b"{}" if method == "POST" else None)
    answer = connection.getresponse()
    return answer, answer.read()


def wrong(url: str, name: str, base: str) -> str:
    """Say what is wrong with a server, or nothing."""
    answer, body = asked(base, "GET", "/readyz")
    if answer.status != 200:
        return f"is not ready: {body.decode(errors='replace')}"
    answer, body = asked(base, "GET", f"/.well-known/oauth-protected-resource/{name}/mcp")
    told = json.loads(body)  # noqa: TID251 - nothing is here but what comes with Python
    if told["resource"] != f"{url}/{name}/mcp":
        return f"calls itself {told['resource']}"
    if not told["authorization_servers"]:
        return "trusts nobody"
    answer, _ = asked(base, "POST", f"/{name}/mcp")
    return "" if answer.status == 401 else f"asks for no token: {answer.status}"


def main(url: str, *servers: str) -> int:
    """Ask all of them; 1 where one is not as it should be."""
    said = {}
    for server in servers:
        name, _, base = server.partition("=")
        try:
            said[name] = wrong(url, name, base)
        except (OSError, ValueError, KeyError) as error:
            said[name] = f"does not answer at {base}: {error}"
        sys.stdout.write(f"{name}: {said[name] or 'ready, and wants a token'}\n")
    return 1 if any(said.values()) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
