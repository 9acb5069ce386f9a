"""What sources that talk HTTP in their own way have in common: credentials and errors."""

from base64 import b64encode
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from bailiwick.errors import Unavailable, Unreadable
from bailiwick.upstream.mounted import Mounted

Sign = Callable[[httpx.Request], httpx.Request]


def signer(file: Path | None, *, basic: bool = True) -> Sign:
    """Sign with a token as Bearer, or with `user:token` as Basic; read again when it changes."""
    if file is None:
        return lambda request: request
    mounted = Mounted(file)

    def sign(request: httpx.Request) -> httpx.Request:
        value = mounted.value()
        if basic and ":" in value:
            request.headers["Authorization"] = f"Basic {b64encode(value.encode()).decode()}"
        else:
            request.headers["Authorization"] = f"Bearer {value}"
        return request

    return sign


def is_https(url: str) -> bool:
    """Tell whether that is https://host, perhaps with a path, and nothing else."""
    try:
        at = urlsplit(url)
        named = bool(at.hostname) and (at.port or 443) > 0
    except ValueError:
        return False
    return named and at.scheme == "https" and not (at.username or at.query or at.fragment)


@contextmanager
def translated(system: str) -> Generator[None]:
    """Raise httpx's errors as ours."""
    try:
        yield
    except httpx.InvalidURL as error:
        raise Unreadable(f"{system} has an address we cannot read", detail=repr(error)) from error
    except (httpx.DecodingError, httpx.RemoteProtocolError) as error:
        said = f"{system} broke off in the middle of its answer"
        raise Unavailable(said, detail=repr(error)) from error
    except httpx.HTTPError as error:
        said = f"{system} did not answer"
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            said += ": its TLS certificate is not one we trust for that name"
        raise Unavailable(said, detail=repr(error)) from error
