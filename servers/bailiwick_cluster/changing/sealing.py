"""Plans at rest are sealed: they may hold Secrets, and state folders end up in backups."""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bailiwick.errors import Unreadable

_NONCE = 12


def seal(key: bytes, plain: bytes, bound: str) -> bytes:
    """Seal with AES-256-GCM (NIST SP 800-38D) under its own nonce, bound to its place."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, plain, bound.encode())


def opened(key: bytes, sealed: bytes, bound: str) -> bytes:
    """Open what was sealed for just this place, or raise Unreadable."""
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound.encode())
    except (InvalidTag, ValueError) as error:
        raise Unreadable("a stored plan cannot be opened; preview the change again") from error
