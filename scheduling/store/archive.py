"""The file of a backup: a ZIP of store.sqlite3 and manifest.json, sealed on request.

Its comment is the SHA-256 of all bytes before, so that a change is found also where ZIP looks not.
"""

import hashlib
import os
import secrets
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO, Protocol, cast

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from scheduling.errors import BackupRefused
from scheduling.store.sealed import KeyFor, Sealing, is_sealed, unseal

STORE, MANIFEST = "store.sqlite3", "manifest.json"
MARK = b"sha256:"
DIGEST = 64
PIECE = 1 << 20


class Manifest(BaseModel):
    """What the store in the file is, to compare with what is found there."""

    model_config = ConfigDict(frozen=True)

    created_at: AwareDatetime
    revision: str
    """Of the schema."""
    rows: dict[str, int]
    """By table."""
    size: int
    sha256: str

    def has_content_of(self, store: Path) -> bool:
        """Tell whether this file is the store, byte for byte."""
        return (store.stat().st_size, digest_of(store)) == (self.size, self.sha256)


def manifest_of(
    store: Path, created_at: datetime, revision: str, rows: dict[str, int]
) -> Manifest:
    """Describe a store that nobody writes."""
    return Manifest(
        created_at=created_at,
        revision=revision,
        rows=rows,
        size=store.stat().st_size,
        sha256=digest_of(store),
    )


def digest_of(file: Path) -> str:
    """Return its SHA-256."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


class _Writable(Protocol):
    def write(self, content: bytes, /) -> int: ...
    def flush(self) -> None: ...


class _Digested:
    """Passes on what is written, but its last 64 bytes are the digest of all before."""

    def __init__(self, target: _Writable) -> None:
        self._target = target
        self._digest = hashlib.sha256()
        self._held = bytearray()

    def write(self, content: bytes) -> int:
        self._held += content
        passed = bytes(self._held[:-DIGEST])
        self._digest.update(passed)
        self._target.write(passed)
        del self._held[: len(passed)]
        return len(content)

    def flush(self) -> None:
        self._target.flush()

    def finish(self) -> None:
        self._target.write(self._digest.hexdigest().encode())


def write(store: Path, manifest: Manifest, out: Path, key_for: KeyFor | None) -> None:
    """Put the file into place whole and on disk, or not at all; raises BackupRefused, OSError."""
    with _part(out) as part:
        if key_for is None:
            _write_zip(part, store, manifest)
        else:
            sealing = Sealing(part, key_for)
            _write_zip(sealing, store, manifest)
            sealing.finish()


def _write_zip(target: _Writable, store: Path, manifest: Manifest) -> None:
    digested = _Digested(target)
    # zipfile asks for no more than `write` and `flush` of what it cannot seek in
    stream = cast("IO[bytes]", digested)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = MARK + b"0" * DIGEST
        archive.write(store, STORE)
        archive.writestr(MANIFEST, manifest.model_dump_json(indent=2))
    digested.finish()


def refuse_existing(out: Path) -> None:
    """Raise BackupRefused for a name that is taken."""
    if out.exists():
        raise BackupRefused(f"{out} is there already, and nothing is overwritten")


@contextmanager
def _part(out: Path) -> Iterator[BinaryIO]:
    """Open a file for this user alone that takes the place of `out` when all went well."""
    refuse_existing(out)
    part = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
    try:
        with open(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(out.parent)


def sync_folder(folder: Path) -> None:
    """Let the names in it be on disk; Windows keeps them by itself."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read(file: Path, store: Path, key_for: KeyFor | None) -> Manifest:
    """Write the store of a backup to `store` and return its manifest; raises BackupRefused.

    A sealed file passes through the folder for temporary files, under no name.
    """
    with file.open("rb") as content:
        if not is_sealed(content):
            if key_for is not None:
                raise BackupRefused("a passphrase was named, but the file is not encrypted")
            return _read_zip(content, store)
        if key_for is None:
            raise BackupRefused("the file is encrypted: name the passphrase (--passphrase-file)")
        with tempfile.TemporaryFile() as opened:
            unseal(content, opened, key_for)
            return _read_zip(opened, store)


def _read_zip(content: BinaryIO, store: Path) -> Manifest:
    _refuse_changed(content)
    try:
        with zipfile.ZipFile(content) as archive:
            manifest = Manifest.model_validate_json(archive.read(MANIFEST))
            handle = os.open(store, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with archive.open(STORE) as packed, open(handle, "wb") as target:
                shutil.copyfileobj(packed, target, PIECE)
                target.flush()
                os.fsync(target.fileno())
    except (zipfile.BadZipFile, KeyError, ValidationError) as failure:
        raise BackupRefused("the file is no backup of Terminbot") from failure
    if not manifest.has_content_of(store):
        raise BackupRefused("the store in the file is not the one that its manifest describes")
    return manifest


def _refuse_changed(content: BinaryIO) -> None:
    """Compare with the digest at the end, before anything is made of the content."""
    left = content.seek(0, os.SEEK_END) - DIGEST
    if left < len(MARK):
        raise BackupRefused("the file is no backup of Terminbot")
    content.seek(0)
    digest, piece = hashlib.sha256(), b""
    while left:
        piece = content.read(min(left, PIECE))
        digest.update(piece)
        left -= len(piece)
    if content.read() != digest.hexdigest().encode():
        raise BackupRefused("the file is no backup of Terminbot, or it was changed or cut off")
    content.seek(0)
