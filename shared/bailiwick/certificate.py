"""TLS of our own, where nothing in front ends it; a renewed certificate is taken anew."""

import logging
import ssl
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from bailiwick.errors import BadConfig

log = logging.getLogger("bailiwick")

_EVERY = 10.0
"""Seconds between two looks at the files. Kubernetes itself takes a minute to renew a mount."""


@dataclass(slots=True)
class Certificate:
    """A certificate chain with its key, in PEM files, and the TLS context that serves them."""

    chain: Path
    key: Path
    context: ssl.SSLContext = field(init=False)
    _taken: tuple[bytes, bytes] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Read the files, or raise BadConfig. Below TLS 1.2 nothing is spoken."""
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(["http/1.1"])
        try:
            self._taken = self._read()
            self._load()
        except (OSError, ssl.SSLError) as error:
            raise BadConfig(
                f"cannot serve TLS with {self.chain} and {self.key}: {error.strerror or error};"
                " name a PEM chain in listen.certificate and its key in listen.key"
            ) from error

    def serves(self, *_: object) -> ssl.SSLContext:
        """Give the context, as uvicorn asks for it."""
        return self.context

    async def follow(self) -> None:
        """Look at the files for ever; new connections get the newest certificate."""
        while True:
            await anyio.sleep(_EVERY)
            self.renew()

    def renew(self) -> None:
        """Take what the files hold now, if that is new; what does not fit leaves the old one."""
        try:
            found = self._read()
            if found != self._taken:
                self._probe()
                self._load()
                self._taken = found
        except (OSError, ssl.SSLError) as error:
            log.warning("the renewed certificate %s cannot be used: %s", self.chain, error)

    def _read(self) -> tuple[bytes, bytes]:
        return self.chain.read_bytes(), self.key.read_bytes()

    def _probe(self) -> None:
        # A context that failed to load half of a pair would serve neither.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self.chain, self.key)

    def _load(self) -> None:
        self.context.load_cert_chain(self.chain, self.key)
