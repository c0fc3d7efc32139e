"""Encryption with a passphrase: AES-256-GCM in chunks, the key by scrypt.

Header: MAGIC, salt, prefix of the nonces. Each chunk is sealed with the header as associated data
and a nonce of prefix, number and "is the last", so none can be changed, moved, left out or added.
"""

import secrets
from collections.abc import Callable
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from scheduling.errors import BackupRefused

MAGIC = b"Terminbot sealed 1\n"
"""Names the format with all its numbers: others get another magic."""

CHUNK = 1 << 20
TAG = 16
SALT = 16
PREFIX = 7
HEADER = len(MAGIC) + SALT + PREFIX
MOST_CHUNKS = 1 << 32
"""4 PiB; beyond it a nonce would repeat."""

KeyFor = Callable[[bytes], bytes]
"""Salt -> key."""

CHANGED = "the passphrase is wrong, or the file was changed or cut off"


def key_by(passphrase: str) -> KeyFor:
    """Return what makes the key from the salt: 128 MiB and about half a second each time."""
    return lambda salt: Scrypt(salt, length=32, n=1 << 17, r=8, p=1).derive(passphrase.encode())


class Sealing:
    """A file to write into; what is written comes out sealed. `finish` makes it whole."""

    def __init__(self, target: BinaryIO, key_for: KeyFor) -> None:
        salt, self._prefix = secrets.token_bytes(SALT), secrets.token_bytes(PREFIX)
        self._header = MAGIC + salt + self._prefix
        self._cipher = AESGCM(key_for(salt))
        self._target = target
        self._held = bytearray()
        self._number = 0
        target.write(self._header)

    def write(self, content: bytes) -> int:
        """Take more; the last chunk is held back until it is known to be the last."""
        self._held += content
        while len(self._held) > CHUNK:
            self._put(bytes(self._held[:CHUNK]), last=False)
            del self._held[:CHUNK]
        return len(content)

    def flush(self) -> None:
        """Let the file below write what it has."""
        self._target.flush()

    def finish(self) -> None:
        """Write the last chunk."""
        self._put(bytes(self._held), last=True)

    def _put(self, content: bytes, *, last: bool) -> None:
        nonce = _nonce(self._prefix, self._number, last=last)
        self._target.write(self._cipher.encrypt(nonce, content, self._header))
        self._number += 1


def is_sealed(source: BinaryIO) -> bool:
    """Look at the beginning of a file; the place in it stays."""
    found = source.read(len(MAGIC)) == MAGIC
    source.seek(0)
    return found


def unseal(source: BinaryIO, target: BinaryIO, key_for: KeyFor) -> None:
    """Write what was sealed to `target`, each chunk only when proved; raises BackupRefused."""
    header = source.read(HEADER)
    if len(header) < HEADER:
        raise BackupRefused(CHANGED)
    salt, prefix = header[len(MAGIC) : -PREFIX], header[-PREFIX:]
    cipher = AESGCM(key_for(salt))
    chunk = source.read(CHUNK + TAG)
    number, last = 0, False
    while not last:
        following = source.read(CHUNK + TAG)
        last = not following
        try:
            target.write(cipher.decrypt(_nonce(prefix, number, last=last), chunk, header))
        except InvalidTag:
            raise BackupRefused(CHANGED) from None
        chunk, number = following, number + 1


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    if number >= MOST_CHUNKS:
        raise BackupRefused("the store is too large to be encrypted in one file")
    return prefix + number.to_bytes(4) + bytes([last])
