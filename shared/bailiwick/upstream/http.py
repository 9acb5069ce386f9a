"""The one door to HTTP: deadlines, size limit, no redirects, retries and errors in one place."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import anyio
import httpx
from pydantic import BaseModel, ValidationError

from bailiwick.errors import BadConfig, Rejected, Unavailable, Unreadable

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Http:
    """A named upstream over HTTP. Reads only; more than one attempt only where a retry is cheap.

    `seconds` bounds one attempt as a whole, however slowly it trickles; `most_bytes` its answer.
    Before the attempt after the n-th it waits `pause` seconds times 2 to the n.
    """

    system: str
    client: httpx.AsyncClient
    attempts: int = 1
    most_bytes: int = 4_000_000
    seconds: float = 10.0
    pause: float = 0.1

    async def read(
        self, reads: type[M], path: str, query: Mapping[str, str | int] | None = None
    ) -> M:
        """GET `path` and read the answer as `reads`, or raise one of ours."""
        try:
            return reads.model_validate_json(await self.get(path, query))
        except ValidationError as error:
            raise Unreadable(
                f"{self.system} sent a reply we cannot read", detail=repr(error)[:500]
            ) from error

    async def get(self, path: str, query: Mapping[str, str | int] | None = None) -> bytes:
        """GET `path` and return the body, or raise Unavailable, Rejected or Unreadable."""
        for attempt in range(1, self.attempts + 1):
            try:
                with anyio.fail_after(self.seconds):
                    return await self._get(path, query)
            except httpx.InvalidURL as error:
                raise Unreadable(
                    f"{self.system} has an address we cannot read", detail=repr(error)
                ) from error
            except Unavailable:
                if attempt == self.attempts:
                    raise
            except (httpx.HTTPError, TimeoutError) as error:
                if attempt == self.attempts:
                    raise Unavailable(
                        f"{self.system} did not answer", detail=repr(error)
                    ) from error
            await anyio.sleep(self.pause * 2**attempt)
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _get(self, path: str, query: Mapping[str, str | int] | None) -> bytes:
        async with self.client.stream("GET", path, params=query) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > self.most_bytes:
                    raise Unreadable(
                        f"{self.system} sent more than {self.most_bytes} bytes; narrow the question"
                    )
        detail = f"{response.status_code} {bytes(body[:200])!r}"
        if response.status_code >= 500:
            raise Unavailable(f"{self.system} is failing", detail=detail)
        if response.status_code >= 300:
            raise Rejected(
                f"{self.system} refused the request ({response.status_code})", detail=detail
            )
        return bytes(body)


def client(ca_file: Path | None = None, base_url: str = "") -> httpx.AsyncClient:
    """Make a client that follows no redirect and trusts the system's CAs, or only `ca_file`."""
    try:
        trust = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except OSError as error:
        raise BadConfig(f"cannot read the CA file {ca_file}: {error.strerror}") from error
    return httpx.AsyncClient(
        verify=trust, base_url=base_url, follow_redirects=False, trust_env=False, timeout=10
    )
