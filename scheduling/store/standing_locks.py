"""Locks of PostgreSQL that outlast a transaction: who has one is alone with a name.

They belong to one connection. The server lets go of them when that ends, however the process
ended; so a conversation is never blocked by one that died.
"""

import threading
from collections.abc import Callable

import psycopg

TRY = "SELECT pg_try_advisory_lock(hashtextextended(%s::text, 0))"
FREE = "SELECT pg_advisory_unlock(hashtextextended(%s::text, 0))"


class StandingLocks:
    """Takes and frees locks; to be called in threads."""

    def __init__(self, connect: Callable[[], "psycopg.Connection[tuple[object, ...]]"]) -> None:
        self._connect = connect
        self._connection: psycopg.Connection[tuple[object, ...]] | None = None
        self._held: set[str] = set()
        self._one_at_a_time = threading.Lock()

    def take(self, name: str) -> bool:
        """Tell whether the lock is ours now; raises the driver's error."""
        with self._one_at_a_time:
            # the server would give it to the same connection twice
            if name in self._held or not self._try(name):
                return False
            self._held.add(name)
            return True

    def free(self, name: str) -> None:
        """Let go; one that went with its connection is no error."""
        with self._one_at_a_time:
            if name in self._held:
                self._held.discard(name)
                self._ask(FREE, name)

    def close(self) -> None:
        """Let go of all."""
        with self._one_at_a_time:
            self._let_go()

    def _try(self, name: str) -> bool:
        try:
            return self._ask(TRY, name) is True
        except psycopg.OperationalError:
            # perhaps the server was started again since the last time
            return self._ask(TRY, name) is True

    def _ask(self, question: str, name: str) -> object:
        if self._connection is None:
            self._connection = self._connect()
        try:
            found = self._connection.execute(question, [name]).fetchone()
        except psycopg.OperationalError:
            self._let_go()
            raise
        return found is not None and found[0]

    def _let_go(self) -> None:
        self._held.clear()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
