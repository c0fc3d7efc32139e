"""When a time that was given up may be had again."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from scheduling.catalog import Business

Draw = Callable[[float, float], float]
"""A number between two others; not to be guessed, or the time could be traded after all."""
DRAWN: Draw = secrets.SystemRandom().uniform


def freed_at(business: Business, now: datetime, draw: Draw = DRAWN) -> datetime | None:
    """Return when it may be had again, None = at once."""
    rule = business.freed_after
    if not rule.most:
        return None
    seconds = draw(rule.least.total_seconds(), rule.most.total_seconds())
    return now + timedelta(seconds=seconds)
