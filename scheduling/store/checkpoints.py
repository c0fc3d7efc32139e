"""Signed checkpoints of the ledger, in a file outside the database.

A line is canonical JSON: when, where each lane ended, the digest of the line before, the public
key, and the Ed25519 signature over all of that. Who can write the database alone cannot make one.
"""

import hashlib
import json
import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from scheduling.errors import StoreUnavailable
from scheduling.ledger import Head, canonical

if sys.platform != "win32":
    import fcntl

CHECKPOINTS = "audit-checkpoints.jsonl"
PRIVATE_KEY = "audit-key.pem"
PUBLIC_KEY = "audit-public-key.txt"
TAIL = 1 << 16
"""Bytes in which the last line surely stands: it has about two thousand."""


class _End(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    lane: int
    seq: int
    digest: str


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    at: AwareDatetime
    heads: list[_End]
    key: str
    previous: str
    signature: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where each lane ended at a time, signed by `key` (raw public key, hexadecimal)."""

    at: datetime
    heads: tuple[Head, ...]
    key: str
    previous: str
    """SHA-256 of the line before; empty for the first of a file."""
    signature: str

    @property
    def line(self) -> str:
        """The line that stands in the file, without its end."""
        return canonical(self._body() | {"signature": self.signature})

    @property
    def signed(self) -> bytes:
        """What the signature is over."""
        return canonical(self._body()).encode()

    def _body(self) -> dict[str, object]:
        return {
            "at": self.at.isoformat(),
            "heads": [asdict(head) for head in self.heads],
            "key": self.key,
            "previous": self.previous,
        }

    def is_signed(self) -> bool:
        """Tell whether the signature is that of its key."""
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.key))
            key.verify(bytes.fromhex(self.signature), self.signed)
        except (InvalidSignature, ValueError):
            return False
        return True


class CheckpointsInvalid(Exception):
    """The file of checkpoints was changed: in which line, counted from 1, and how."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(f"line {line}: {what}")
        self.line = line
        self.what = what


class CheckpointFile:
    """The checkpoints of one folder and the key that signs them, made when they are missing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def path(self) -> Path:
        """The file with the checkpoints."""
        return self._folder / CHECKPOINTS

    def key(self) -> str:
        """Return the public key, hexadecimal; StoreUnavailable where there is no usable key."""
        return _public(self._private())

    def append(self, heads: Sequence[Head], now: datetime) -> Checkpoint:
        """Sign where the lanes end, and put it on disk; StoreUnavailable, OSError."""
        private = self._private()
        handle = os.O_CREAT | os.O_RDWR
        with _alone(self.path), open(os.open(self.path, handle, 0o600), "r+b") as file:
            before, end = _last_line(file)
            previous = _digest(before) if before else ""
            unsigned = Checkpoint(
                now.astimezone(UTC), tuple(heads), _public(private), previous, signature=""
            )
            made = replace(unsigned, signature=private.sign(unsigned.signed).hex())
            file.truncate(end)
            file.seek(end)
            file.write(f"{made.line}\n".encode())
            file.flush()
            os.fsync(file.fileno())
        return made

    def _private(self) -> Ed25519PrivateKey:
        path = self._folder / PRIVATE_KEY
        if not path.exists():
            self._make(path)
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), None)
        except (ValueError, OSError) as failure:
            raise StoreUnavailable(f"{path} holds no key that can be read") from failure
        if not isinstance(key, Ed25519PrivateKey):
            raise StoreUnavailable(f"{path} holds a key of another kind")
        return key

    def _make(self, path: Path) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        with open(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        try:
            # of two processes that start at once, one makes the key and both use it
            os.link(part, path)
        except FileExistsError:
            return
        finally:
            part.unlink()
        (self._folder / PUBLIC_KEY).write_text(f"{_public(key)}\n", encoding="ascii")


def read_checkpoints(file: Path, key: str | None = None) -> list[Checkpoint]:
    """Return all of a file, oldest first; raises CheckpointsInvalid, OSError.

    With `key`, each must be signed by it; else by the key that the first one names. An unfinished
    last line is left out.
    """
    try:
        text = file.read_bytes().decode()
    except UnicodeDecodeError:
        raise CheckpointsInvalid(1, "the file is no text") from None
    found: list[Checkpoint] = []
    before = ""
    for number, line in enumerate(text[: text.rfind("\n") + 1].split("\n")[:-1], 1):
        checkpoint = _read(line, number)
        key = key or checkpoint.key
        if checkpoint.key != key:
            raise CheckpointsInvalid(number, "it is signed by another key")
        if not checkpoint.is_signed():
            raise CheckpointsInvalid(number, "its signature does not fit")
        if checkpoint.previous != (_digest(before) if before else ""):
            raise CheckpointsInvalid(number, "the line before it is not the one it follows")
        found.append(checkpoint)
        before = line
    return found


def _read(line: str, number: int) -> Checkpoint:
    try:
        read = _Line.model_validate(json.loads(line))
    except (ValidationError, ValueError) as failure:
        raise CheckpointsInvalid(number, "it is no checkpoint") from failure
    heads = tuple(Head(end.lane, end.seq, end.digest) for end in read.heads)
    at = read.at.astimezone(UTC)
    checkpoint = Checkpoint(at, heads, read.key, read.previous, read.signature)
    if checkpoint.line != line:
        raise CheckpointsInvalid(number, "it is not written as checkpoints are")
    return checkpoint


def _last_line(file: BinaryIO) -> tuple[str, int]:
    """Return the last whole line and where it ends; what a killed process began holds nothing."""
    begin = max(0, file.seek(0, os.SEEK_END) - TAIL)
    file.seek(begin)
    tail = file.read()
    whole = tail[: tail.rfind(b"\n") + 1]
    lines = whole.splitlines()
    return (lines[-1].decode(errors="replace") if lines else ""), begin + len(whole)


def _public(private: Ed25519PrivateKey) -> str:
    return private.public_key().public_bytes_raw().hex()


def _digest(line: str) -> str:
    return hashlib.sha256(line.encode()).hexdigest()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes of this computer from appending meanwhile."""
    with path.with_name(f"{path.name}.lock").open("wb") as lock:
        if sys.platform != "win32":
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
