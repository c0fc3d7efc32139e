"""Alembic's entry: runs inside the connection and the transaction that schema.py opened."""

from alembic import context

from scheduling.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
