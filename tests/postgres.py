"""The PostgreSQL of the tests: TEST_DATABASE_URL, or one that is brought along by pip."""

import atexit
import itertools
import os
import shutil
import tempfile
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import create_engine, make_url

import scheduling.store
from bench.cluster import Cluster, order
from scheduling.store.tables import metadata

MIGRATIONS = Path(scheduling.store.__file__).parent / "migrations"

_NUMBERS = itertools.count(1)
_FREE = []
"""Databases of tests that have ended; emptied before another one gets them."""


@cache
def server():
    """Return the URL of a database whose user may make others; started once, in a second."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return given
    folder = Path(tempfile.mkdtemp(prefix="terminbot-tests-"))
    cluster = Cluster(folder)
    # what is lost with the computer may be lost
    cluster.start(
        *("fsync=off", "full_page_writes=off", "max_connections=200", "deadlock_timeout=100ms")
    )
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(cluster.stop)
    return cluster.url


def driven(url):
    """Name the driver, for SQLAlchemy; other databases stay as they are."""
    parsed = make_url(url)
    is_ours = parsed.get_backend_name() == "postgresql"
    return parsed.set(drivername="postgresql+psycopg") if is_ours else parsed


def rows(url, statement, parameters=None):
    """Do one thing, committed at once, and return the rows where there are any."""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(statement, parameters)
        return found.fetchall() if found.description else []


def a_database(template=""):
    """Return the URL of a new database, a copy of the template."""
    name = f"test_{os.getpid()}_{next(_NUMBERS)}"
    made = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
    if template:
        made += sql.SQL(" TEMPLATE {}").format(sql.Identifier(make_url(template).database))
    order(server(), made)
    return make_url(server()).set(database=name).render_as_string(hide_password=False)


@cache
def migrated():
    """Return the URL of a database at the newest schema, to copy."""
    url = a_database()
    upgrade(url, "head")
    return url


def upgrade(url, revision):
    """Bring a database to a revision, without the program around it."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(driven(url))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()


@contextmanager
def borrowed():
    """Give a database at the newest schema with nothing in it; its schema must stay."""
    if _FREE:
        url = _FREE.pop()
        empty(url)
    else:
        url = a_database(migrated())
    yield url
    _FREE.append(url)


def empty(url):
    """Take everything out, also what the database refuses to give to the program."""
    quick = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    names = ", ".join(table.name for table in metadata.sorted_tables)
    with psycopg.connect(url) as connection:
        connection.execute(quick)
        for what in ("DISABLE", "ENABLE"):
            for table in metadata.sorted_tables:
                connection.execute(f"ALTER TABLE {table.name} {what} TRIGGER USER")
            if what == "DISABLE":
                connection.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")


def remove(url):
    """Drop it, whoever is still connected."""
    name = sql.Identifier(make_url(url).database)
    order(server(), sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
