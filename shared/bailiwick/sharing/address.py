"""Where a shared store is: a URL with its password, in a mounted file that may change."""

from collections.abc import Collection
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

from bailiwick.config import LOOPBACK
from bailiwick.errors import BadConfig

POSTGRES = frozenset({"postgresql", "postgres"})
RATES = frozenset({"redis", "rediss", "valkey", "valkeys"})
_ENCRYPTED = frozenset({"rediss", "valkeys"})


def read(file: Path, schemes: Collection[str], *, plain: bool) -> str:
    """Return the URL in a file, or raise BadConfig; what stands in it is never repeated.

    `plain` lets a store beyond loopback be spoken to without TLS that names the host.
    """
    try:
        url = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"cannot read the address in {file}: {type(error).__name__}") from error
    try:
        parts = urlsplit(url)
        hosts = _hosts(parts)
    except ValueError as error:
        raise BadConfig(f"{file} holds no URL") from error
    if parts.scheme not in schemes:
        raise BadConfig(f"{file} holds no URL that begins with {_listed(schemes)}://")
    if not all(hosts):
        raise BadConfig(f"the URL in {file} names no host")
    if not plain and not _encrypted(parts) and not all(host in LOOPBACK for host in hosts):
        raise BadConfig(f"the URL in {file} leads beyond this machine without TLS; {_cure(parts)}")
    return url


def _hosts(parts: SplitResult) -> list[str]:
    """Name the hosts; PostgreSQL takes several, and also as a parameter."""
    named = parts.netloc.rpartition("@")[2].split(",")
    hosts = [urlsplit(f"//{each}").hostname or "" for each in named]
    asked = [name for text in parse_qs(parts.query).get("host", []) for name in text.split(",")]
    return [*filter(None, hosts), *asked] or [""]


def _encrypted(parts: SplitResult) -> bool:
    modes = parse_qs(parts.query).get("sslmode", [])
    return parts.scheme in _ENCRYPTED or (parts.scheme in POSTGRES and modes == ["verify-full"])


def _cure(parts: SplitResult) -> str:
    if parts.scheme in POSTGRES:
        return "add ?sslmode=verify-full&sslrootcert=FILE"
    return f"begin it with {'rediss' if parts.scheme == 'redis' else 'valkeys'}://"


def _listed(schemes: Collection[str]) -> str:
    return ":// or ".join(sorted(schemes))
