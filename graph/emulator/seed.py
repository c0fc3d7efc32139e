"""Realistic busy times."""

from datetime import datetime

from graph.emulator.tenant import Tenant


def seed(tenant: Tenant, now: datetime) -> None:
    """Fill."""
