"""One chart, served as charts are: by a repository with its index, and by an OCI registry."""

import hashlib
import ssl
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from aiohttp import web

from practice import pki

_CONFIG = "application/vnd.cncf.helm.config.v1+json"
_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"


@dataclass
class Registry:
    """Where it is, whom it is signed by, what it serves, and what it was asked."""

    archive: bytes
    ca_file: Path
    version: str
    port: int = 0
    seen: list[web.BaseRequest] = field(default_factory=list[web.BaseRequest])

    @property
    def host(self) -> str:
        """Its host and port."""
        return f"localhost:{self.port}"

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer for the index, the archive, and the parts of the OCI protocol that pull takes."""
        self.seen.append(request)
        config = b"{}"
        blobs = {_digest(config): config, _digest(self.archive): self.archive}
        manifest = orjson.dumps(
            {
                "schemaVersion": 2,
                "mediaType": _MANIFEST,
                "config": _described(_CONFIG, config),
                "layers": [_described(_LAYER, self.archive)],
            }
        )
        path, last = request.path, request.path.rpartition("/")[2]
        if path.endswith("/index.yaml"):
            return web.Response(body=self._index())
        if path.endswith(".tgz"):
            return web.Response(body=self.archive)
        if path.endswith("/tags/list"):
            return web.json_response({"name": "charts/greeting", "tags": [self.version]})
        if "/manifests/" in path and last in (self.version, _digest(manifest)):
            told = {"Content-Type": _MANIFEST, "Docker-Content-Digest": _digest(manifest)}
            return web.Response(body=manifest, headers=told)
        if last in blobs:
            return web.Response(body=blobs[last], headers={"Docker-Content-Digest": last})
        return web.Response(status=200 if path == "/v2/" else 404)

    def _index(self) -> bytes:
        one = {
            "name": "greeting",
            "version": self.version,
            "apiVersion": "v2",
            "urls": [f"https://{self.host}/stable/greeting-{self.version}.tgz"],
            "digest": hashlib.sha256(self.archive).hexdigest(),
        }
        return orjson.dumps({"apiVersion": "v1", "entries": {"greeting": [one]}})


def _digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def _described(kind: str, body: bytes) -> dict[str, str | int]:
    return {"mediaType": kind, "digest": _digest(body), "size": len(body)}


def archived(helm: tuple[str, ...], chart: Path, to: Path) -> bytes:
    """Pack a chart as helm does."""
    to.mkdir()
    subprocess.run([*helm, "package", chart, "-d", to], check=True, capture_output=True)
    [made] = to.glob("*.tgz")
    return made.read_bytes()


@asynccontextmanager
async def registry(folder: Path, archive: bytes, version: str) -> AsyncGenerator[Registry]:
    """Serve it over TLS on a free port of loopback."""
    authority = pki.found(folder / "pki")
    authority.issue("registry", "registry", names=("localhost", "127.0.0.1"))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority.folder / "registry.crt", authority.folder / "registry.key")
    made = Registry(archive, authority.ca_file, version)
    runner = web.ServerRunner(web.Server(made.answer), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
    made.port = runner.addresses[0][1]
    try:
        yield made
    finally:
        await runner.cleanup()
