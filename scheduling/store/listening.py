"""The connection to PostgreSQL that listens, and whose lock proves that this process lives.

The server lets go of the lock when the connection ends, however the process ended. Where the
connection is lost the process counts as dead to the others: it claims nothing until it has a new
one, under a new name.
"""

import secrets
import selectors
import socket
import threading
from collections.abc import Callable

import psycopg

from scheduling.errors import StoreUnavailable

CHANNEL = "terminbot_work"
LOOK_SECONDS = 2.0
"""How often the connection is tried: a network can lose it without a word."""
AGAIN_SECONDS = 0.5


class Listener:
    """Keeps the connection in a thread of its own."""

    def __init__(self, connect: Callable[[], "psycopg.Connection[tuple[object, ...]]"]) -> None:
        self._connect = connect
        self._owner = ""
        self._heard: Callable[[], None] = _nothing
        self._ends: tuple[socket.socket, socket.socket] | None = None
        self._first = threading.Event()
        self._failure: Exception | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._live, name="store-listener", daemon=True)

    @property
    def owner(self) -> str:
        """The name others see alive; raises StoreUnavailable while there is none."""
        if not self._owner:
            raise StoreUnavailable("the connection that proves this process alive is lost")
        return self._owner

    def tell(self, heard: Callable[[], None]) -> None:
        """Call this, in the listener's thread, when work was promised."""
        self._heard = heard

    def start(self) -> None:
        """Return once the lock is held; raises the driver's error where there is no database."""
        self._ends = socket.socketpair()
        self._thread.start()
        self._first.wait()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """Let go of the lock at once; safe to call twice, or without a start."""
        self._stopped.set()
        if self._ends is None:
            return
        if self._thread.is_alive():
            self._ends[1].send(b"x")
            self._thread.join()
        for end in self._ends:
            end.close()

    def _live(self) -> None:
        while not self._stopped.is_set():
            try:
                with self._connect() as connection, selectors.DefaultSelector() as selector:
                    self._stand(connection, selector)
            except psycopg.Error as failure:
                if not self._first.is_set():
                    self._failure = failure
                    self._stopped.set()
            finally:
                self._owner = ""
                self._first.set()
            self._stopped.wait(AGAIN_SECONDS)

    def _stand(
        self,
        connection: "psycopg.Connection[tuple[object, ...]]",
        selector: selectors.BaseSelector,
    ) -> None:
        owner = secrets.token_hex(8)
        connection.execute(
            "SELECT pg_advisory_lock(hashtextextended(%s::text, 0))", [f"worker:{owner}"]
        )
        connection.execute(f"LISTEN {CHANNEL}")
        self._owner = owner
        self._first.set()
        selector.register(connection.fileno(), selectors.EVENT_READ)
        if self._ends is not None:
            selector.register(self._ends[0], selectors.EVENT_READ)
        while not self._stopped.is_set():
            if not selector.select(LOOK_SECONDS):
                connection.execute("SELECT 1")
            connection.pgconn.consume_input()
            if _has_heard(connection):
                self._heard()
        # the server may need a moment to see that a connection was closed
        connection.execute("SELECT pg_advisory_unlock_all()")


def _has_heard(connection: "psycopg.Connection[tuple[object, ...]]") -> bool:
    heard = False
    while connection.pgconn.notifies() is not None:
        heard = True
    return heard


def _nothing() -> None:
    """Nobody waits for work yet."""
