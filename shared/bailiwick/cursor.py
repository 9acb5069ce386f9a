"""Where an answer goes on: opaque to the caller, and good for the same question and caller only."""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

from bailiwick.errors import BadRequest

_MAC = 16


@dataclass(frozen=True, slots=True)
class Cursors:
    """Makes and reads the cursors of one question; `bound` says whose and which."""

    key: bytes
    bound: bytes

    def make(self, position: str) -> str:
        """Seal a position."""
        raw = position.encode()
        return base64.urlsafe_b64encode(self._mac(raw) + raw).decode().rstrip("=")

    def read(self, cursor: str) -> str:
        """Return the position, or raise BadRequest for a cursor of another question or caller."""
        try:
            sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            raw = sealed[_MAC:]
            if hmac.compare_digest(sealed[:_MAC], self._mac(raw)):
                return raw.decode()
        except (binascii.Error, ValueError):
            pass
        raise BadRequest(
            "that cursor belongs to another question; repeat the question without `cursor`,"
            " and take `next` from its answer"
        )

    def _mac(self, raw: bytes) -> bytes:
        return hmac.digest(self.key, self.bound + b"\x00" + raw, hashlib.sha256)[:_MAC]
