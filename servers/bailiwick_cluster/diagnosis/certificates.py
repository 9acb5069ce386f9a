"""When certificates end: X.509 (RFC 5280) in PEM (RFC 7468), chains included. Pure."""

import base64
import binascii
from dataclasses import dataclass

_MOST = 20
"""Certificates of one bundle that are read."""
_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when something is good; seconds since 1970."""

    begins: float
    ends: float


def validity(encoded: str) -> Validity | None:
    """Read a chain, base64 of PEM as a Secret has it; None where there is no certificate.

    All of a chain must be good.
    """
    chain = _read(encoded)
    return (
        Validity(max(each.begins for each in chain), min(each.ends for each in chain))
        if chain
        else None
    )


def trusted(encoded: str) -> Validity | None:
    """Read a caBundle: what is trusted is so for as long as any certificate in it is good."""
    bundle = _read(encoded)
    return (
        Validity(min(each.begins for each in bundle), max(each.ends for each in bundle))
        if bundle
        else None
    )


def _read(encoded: str) -> list[Validity]:
    from cryptography import x509  # noqa: PLC0415 - 20 ms that only a diagnosis needs

    try:
        pem = base64.b64decode(encoded[:_BYTES], validate=True)
        chain = x509.load_pem_x509_certificates(pem)[:_MOST]
    except (ValueError, binascii.Error):
        return []
    return [
        Validity(each.not_valid_before_utc.timestamp(), each.not_valid_after_utc.timestamp())
        for each in chain
    ]
