"""Reads a certificate and its private key from PEM files, and tells whether they fit."""

from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key


class CertificateUnreadable(Exception):
    """The files cannot be used to log in; the message says why."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """What a login by certificate needs."""

    private_key_pem: str = field(repr=False)
    certificate_pem: str
    thumbprint: str
    """SHA-1 of the certificate, hexadecimal: how Entra names it."""


def read_key_pair(certificate_file: Path, key_file: Path) -> KeyPair:
    """Return both as text; CertificateUnreadable where they are broken or do not fit."""
    certificate_pem, key_pem = _text(certificate_file), _text(key_file)
    try:
        certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
    except ValueError:
        raise CertificateUnreadable(f"{certificate_file} holds no PEM certificate") from None
    try:
        key = load_pem_private_key(key_pem.encode(), password=None)
    except (ValueError, TypeError):
        raise CertificateUnreadable(
            f"{key_file} holds no PEM private key, or one with a password"
        ) from None
    public = certificate.public_key()
    if not isinstance(key, RSAPrivateKey) or not isinstance(public, RSAPublicKey):
        raise CertificateUnreadable(f"{certificate_file} is no RSA certificate")
    if key.public_key().public_numbers() != public.public_numbers():
        raise CertificateUnreadable(f"{key_file} is not the key of {certificate_file}")
    # Entra names certificates by SHA-1; nothing rests on its strength
    thumbprint = certificate.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303
    return KeyPair(key_pem, certificate_pem, thumbprint)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        raise CertificateUnreadable(f"{path} cannot be read as PEM text") from None
