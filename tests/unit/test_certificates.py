"""Certificates for the login: a pair that fits is read, everything else is refused in words."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from bot.certificates import CertificateUnreadable, read_key_pair


def a_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem_of(key, password=None):
    how = BestAvailableEncryption(password) if password else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)


def certificate_of(key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "terminbot")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )


@pytest.fixture(scope="module")
def key():
    return a_key()


@pytest.fixture
def files(key, tmp_path):
    certificate, private = tmp_path / "app.pem", tmp_path / "app.key"
    certificate.write_bytes(certificate_of(key).public_bytes(Encoding.PEM))
    private.write_bytes(pem_of(key))
    return certificate, private


def test_a_pair_that_fits_is_read_with_its_thumbprint(files, key):
    pair = read_key_pair(*files)
    assert pair.certificate_pem.startswith("-----BEGIN CERTIFICATE-----")
    assert len(bytes.fromhex(pair.thumbprint)) == 20


def test_the_private_key_does_not_show_when_printed(files):
    assert "PRIVATE" not in repr(read_key_pair(*files))


def test_the_key_of_another_certificate_is_refused(files):
    files[1].write_bytes(pem_of(a_key()))
    with pytest.raises(CertificateUnreadable, match="is not the key of"):
        read_key_pair(*files)


@pytest.mark.parametrize("content", [b"", b"rubbish", b"\xff\xfe"])
def test_a_file_without_pem_is_refused(files, content):
    files[0].write_bytes(content)
    with pytest.raises(CertificateUnreadable, match=r"app\.pem"):
        read_key_pair(*files)


def test_a_key_with_a_password_is_refused(files, key):
    files[1].write_bytes(pem_of(key, b"secret"))
    with pytest.raises(CertificateUnreadable, match="password"):
        read_key_pair(*files)
