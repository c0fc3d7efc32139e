"""Brings a database to this version's schema, once, whoever comes first."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from scheduling.errors import StoreUnavailable
from scheduling.store.engine import Database

_MIGRATIONS = Path(__file__).parent / "migrations"


async def is_current(database: Database) -> bool:
    """Look, unable to write; raises StoreUnavailable for the schema of a newer program."""
    return await database.read(lambda connection: _is_current(connection, _config()))


async def migrate(database: Database) -> None:
    """Bring the schema here. A second process waits for the first and then finds all done."""

    def upgrade(connection: Connection) -> None:
        database.lock(connection, ["schema"])
        _upgrade(connection, _config())

    await database.write(upgrade)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    return config


def _is_current(connection: Connection, config: Config) -> bool:
    scripts = ScriptDirectory.from_config(config)
    known = {script.revision for script in scripts.walk_revisions()}
    found = set(MigrationContext.configure(connection).get_current_heads())
    if found - known:
        raise StoreUnavailable(
            f"the database has schema {', '.join(sorted(found - known))}, which this version does "
            "not know: start the newer version, or restore a backup made before the update"
        )
    return found == set(scripts.get_heads())


def _upgrade(connection: Connection, config: Config) -> None:
    if not _is_current(connection, config):
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
