r"""The chain: each line is bound to the one before it and, with a key, to a forgotten secret.

    line  = body TAB hex(h) [TAB hex(mac)] LF
    h     = SHA-256(previous h || body)             the bytes as written; nothing is re-serialised
    mac   = HMAC-SHA-256(k_i, h)                    i = seq - 1
    k_i+1 = SHA-256(k_i)                            k_i is overwritten after use
    k_0   = HKDF(seed, "mac"), seed = HKDF(root, family)

A stream that replaces a broken one is named `<family>.<n>`; its seed is SHA-256 applied n times to
the family's, so a running writer keeps no root and no seed of a stream it has already written.
Python cannot promise that no copy of a key lingers in freed memory: erasing is best effort.
"""

import hmac
import re
from hashlib import sha256

GENESIS = bytes(32)
HEX = 64
NAME = re.compile(r"(?P<family>[a-z][a-z0-9_-]{0,40}-\d{8}T\d{6}Z-[0-9a-f]{8})(?:\.(?P<turn>\d+))?")


def link(previous: bytes, body: bytes) -> bytes:
    """Bind `body` to everything before it."""
    return sha256(previous + body).digest()


def seal(key: bytes | bytearray, h: bytes) -> bytes:
    """Return the mac of one hash."""
    return hmac.digest(key, h, "sha256")


def seal_head(key: bytes | bytearray, h: bytes) -> bytes:
    """Return the mac of a head; made with the key of the *next* record, which nobody has yet used.

    So whoever steals a later key cannot make an older head look like the latest.
    """
    return hmac.digest(key, b"head" + h, "sha256")


def derive(secret: bytes, salt: str, info: str) -> bytes:
    """HKDF-SHA-256 (RFC 5869), one block."""
    extracted = hmac.digest(salt.encode(), secret, "sha256")
    return hmac.digest(extracted, info.encode() + b"\x01", "sha256")


def seed_of(root: bytes, stream: str) -> bytes:
    """Return the seed of a stream from its name alone. Raises ValueError on a foreign name."""
    named = NAME.fullmatch(stream)
    if not named:
        raise ValueError(f"not a stream's name: {stream}")
    seed = derive(root, named["family"], "bailiwick journal seed 1")
    for _ in range(int(named["turn"] or 0)):
        seed = sha256(seed).digest()
    return seed


def first_key(seed: bytes) -> bytes:
    """Return k_0."""
    return derive(seed, "", "bailiwick journal mac 1")


class Chain:
    """The moving end of one stream's chain."""

    __slots__ = ("head", "key", "seq")

    def __init__(self, seed: bytes = b"") -> None:
        """Start before the first record; without a seed there are no macs."""
        self.seq = 0
        self.head = GENESIS
        self.key = bytearray(first_key(seed)) if seed else None

    def line(self, body: bytes) -> tuple[bytes, bytes]:
        """Return the line for `body` and its hash; nothing moves until `advance`."""
        h = link(self.head, body)
        text = body + b"\t" + h.hex().encode()
        if self.key:
            text += b"\t" + seal(self.key, h).hex().encode()
        return text + b"\n", h

    def advance(self, h: bytes) -> None:
        """Step over a line that has reached the file."""
        self.seq += 1
        self.head = h
        if self.key:
            self.key[:] = sha256(self.key).digest()

    def anchor(self) -> bytes:
        """Return the text of HEAD: seq, hash and, with a key, the head's mac."""
        mac = seal_head(self.key, self.head).hex() if self.key else ""
        return f"{self.seq}\t{self.head.hex()}\t{mac}\n".encode()
