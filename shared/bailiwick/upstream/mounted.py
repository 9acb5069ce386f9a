"""Secrets as mounted files: read again when they change, never logged, never in an error."""

from dataclasses import dataclass, field
from pathlib import Path

from bailiwick.errors import Unavailable

_MOST = 16_384


@dataclass(slots=True)
class Mounted:
    """One file with one secret. Kubernetes swaps mounted files, so each use looks at its stamp."""

    path: Path
    _stamp: tuple[int, int, int] = (0, 0, 0)
    _value: str = field(default="", repr=False)

    def value(self) -> str:
        """Return the secret without the newline editors leave, or raise Unavailable."""
        try:
            found = self.path.stat()
            stamp = (found.st_mtime_ns, found.st_ino, found.st_size)
            if stamp != self._stamp:
                if found.st_size > _MOST:
                    raise Unavailable(f"the credential file {self.path.name} is too long for one")
                self._value = self.path.read_text(encoding="utf-8").strip()
                self._stamp = stamp
        except (OSError, UnicodeDecodeError) as error:
            raise Unavailable(
                f"the credential file {self.path.name} cannot be read; the operator mounts it",
                detail=type(error).__name__,
            ) from error
        if not self._value or not self._value.isprintable():
            raise Unavailable(f"the credential file {self.path.name} holds no credential")
        return self._value
