"""When certificates end: X.509 (RFC 5280) in PEM (RFC 7468), chains included. Pure."""

import base64
import binascii
from dataclasses import dataclass

_MOST = 20
"""Certificates of one bundle that are read."""
_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Validity:
    """When all certificates of a chain are good; seconds since 1970."""

    begins: float
    ends: float


def validity(encoded: str) -> Validity | None:
    """Read base64 of PEM, as Secrets and caBundles have it; None where there is no certificate."""
    from cryptography import x509  # noqa: PLC0415 - 20 ms that only a diagnosis needs

    try:
        pem = base64.b64decode(encoded[:_BYTES], validate=True)
        chain = x509.load_pem_x509_certificates(pem)[:_MOST]
    except (ValueError, binascii.Error):
        return None
    if not chain:
        return None
    begins = max(each.not_valid_before_utc.timestamp() for each in chain)
    return Validity(begins, min(each.not_valid_after_utc.timestamp() for each in chain))
