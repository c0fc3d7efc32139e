"""Alembic's scripts. They are run when a store is opened (schema.py), never by hand."""
