"""How to tell whether a text addresses its reader as Sie."""

import re

# a sentence that begins with "Sie" for a thing is written another way in informal texts
FORMAL = re.compile(r"\b(?:Sie|Ihr|Ihre|Ihrem|Ihren|Ihrer|Ihres|Ihnen)\b")
INFORMAL = re.compile(r"\b(?:du|dir|dich|dein|deine[mnrs]?)\b", re.IGNORECASE)
STAFF = ("astray_", "event_", "evidence_", "report_", "request_", "staff_conflict_")
"""Beginnings of the keys whose texts the staff or the operator read, never a customer."""


def formal_in(words: object) -> list[str]:
    """Return every formal address with some words around it."""
    said = str(words)
    return [said[max(0, m.start() - 40) : m.end() + 40] for m in FORMAL.finditer(said)]
