"""The rules of a service, in words that hold for card, page and text."""

from datetime import timedelta

from bot.texts import formats, text
from scheduling.catalog import Service


def cancel_rule(service: Service, language: str) -> str:
    """Return until when cancelling is free."""
    if service.cancel_until <= timedelta(0):
        return text("cancel_rule_start", language)
    return text("cancel_rule", language, time=formats.length(service.cancel_until, language))


def approval_rule(service: Service, language: str) -> str:
    """Return that the staff decide and how long they take, "" where nobody is asked."""
    if service.approval is None:
        return ""
    return text("approval_rule", language, time=formats.length(service.approval, language))
