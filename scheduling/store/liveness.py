"""Proof of life: each open store keeps a lock on a file of its own beside the database.

The operating system lets go of the lock when the process dies, however it dies; so another process
knows at once that the jobs of a killed one are free. Where there is no flock (Windows) nobody is
ever proved dead, and the lease alone decides.
"""

import glob
import os
import sys
from pathlib import Path
from typing import BinaryIO

if sys.platform != "win32":
    import fcntl


class WorkerLock:
    """The lock file of this store, and a look at those of others."""

    def __init__(self, database: Path, owner: str) -> None:
        self._database = database
        self.owner = owner
        self._file: BinaryIO | None = None

    def take(self) -> None:
        """Hold the own lock; must happen before the first job is claimed."""
        path = self._path(self.owner)
        while True:
            file = path.open("wb")
            # a sweeper may have removed the file between open and lock: then it proves nothing
            if _lock(file) and _is_the_file_at(file, path):
                self._file = file
                return
            file.close()

    def release(self) -> None:
        """Let go; the file is removed."""
        if self._file is not None:
            self._path(self.owner).unlink(missing_ok=True)
            self._file.close()
            self._file = None

    def is_dead(self, owner: str) -> bool:
        """Tell whether it is proved that this owner's process has ended."""
        if sys.platform == "win32" or owner == self.owner:
            return False
        path = self._path(owner)
        try:
            file = path.open("rb+")
        except FileNotFoundError:
            # removed by its owner at the end, or by whoever found it dead
            return True
        with file:
            if not _lock(file) or not _is_the_file_at(file, path):
                return False
            path.unlink()
            return True

    def sweep(self) -> None:
        """Remove the files that killed processes left."""
        prefix = f"{self._database.name}.worker-"
        for path in self._database.parent.glob(f"{glob.escape(prefix)}*.lock"):
            self.is_dead(path.name.removeprefix(prefix).removesuffix(".lock"))

    def others(self) -> bool:
        """Tell whether a process is left that lives, after a sweep."""
        own = self._path(self.owner)
        pattern = f"{glob.escape(self._database.name)}.worker-*.lock"
        return any(path != own for path in self._database.parent.glob(pattern))

    def _path(self, owner: str) -> Path:
        return self._database.with_name(f"{self._database.name}.worker-{owner}.lock")


def _lock(file: BinaryIO) -> bool:
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_the_file_at(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False
