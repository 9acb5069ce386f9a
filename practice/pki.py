"""The ground's own authority: one elliptic key per name, good for a few days."""

import base64
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = timedelta(days=30)
USAGES = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH])


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(_pem(key))


def _name(common: str, organization: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organization:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(parts)


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # An hour of slack: a machine whose clock is set back must not find its ground invalid.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFE)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass(frozen=True)
class Authority:
    """A folder of keys and certificates, and the authority that signs them."""

    folder: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def ca_file(self) -> Path:
        """Name the authority's certificate."""
        return self.folder / "ca.crt"

    def issue(
        self, name: str, common: str, organization: str = "", names: Sequence[str] = ()
    ) -> None:
        """Write NAME.key and NAME.crt, for client and server use, valid for the given names."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(common, organization)
        public = key.public_key()
        begun = _begun(subject, self.certificate.subject, public)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        begun = (
            begun.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(USAGES, critical=False)
            .add_extension(issuer, critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        )
        if names:
            alternatives = x509.SubjectAlternativeName([_alternative(each) for each in names])
            begun = begun.add_extension(alternatives, critical=False)
        _write_key(self.folder / f"{name}.key", key)
        made = begun.sign(self.key, hashes.SHA256())
        (self.folder / f"{name}.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))

    def inline(self, file: str) -> str:
        """Give a file of the folder in base64, as a kubeconfig holds it."""
        return base64.b64encode((self.folder / file).read_bytes()).decode()


def found(folder: Path) -> Authority:
    """Make a new authority in an empty folder."""
    folder.mkdir(mode=0o700, parents=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("bailiwick practice ground")
    public = key.public_key()
    made = (
        _begun(name, name, public)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_key(folder / "ca.key", key)
    (folder / "ca.crt").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return Authority(folder, made, key)


def signing_key(path: Path) -> None:
    """Write the RSA key that signs service-account tokens."""
    _write_key(path, rsa.generate_private_key(public_exponent=65537, key_size=2048))
