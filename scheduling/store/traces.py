"""Finds what conversations left of a person in documents and logs. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from scheduling.booking import Booking

OF_CONVERSATIONS = frozenset(
    {"draft", "page", "inbox", "chat", "greeting", "reference", "code"},
)
"""Kinds of documents that one conversation leaves: what belongs to the person goes as a whole."""
LEAST = 6
"""Characters of a trace; a shorter text would be found in what belongs to others."""
_REACHED = ("conversation", "user", "user_id", "aad_object_id")
_PHONE = re.compile(r"[+\d][\d\s()/.-]*")


@dataclass(frozen=True, slots=True)
class Traces:
    """What one person is known by: exact texts that belong to nobody else, and their names."""

    own: frozenset[str]
    names: frozenset[str] = frozenset()
    bookings: frozenset[str] = frozenset()
    """Ids and numbers: in another conversation too the customer may have asked for a booking."""

    def leads_to(self, text: str) -> bool:
        """Tell whether a text holds what belongs to this person alone.

        The text is as it was said: a JSON text would put the n of a line break before an address.
        """
        return _finds(self.own, text)

    def is_of_conversation(self, text: str) -> bool:
        """Tell whether what one conversation left is this person's."""
        return _finds(self.own | self.bookings, text)

    def is_theirs(self, kind: str, key: str, body: object) -> bool:
        """Tell whether a document of a conversation is this person's.

        A name alone decides only where no other address stands beside it: people share names.
        """
        told = "\0".join(texts_in(body))
        is_of_conversation = kind in OF_CONVERSATIONS
        leads = self.is_of_conversation if is_of_conversation else self.leads_to
        if leads(key) or leads(told):
            return True
        folded = told.casefold()
        if not any(name in folded for name in self.names):
            return False
        other = body.get("email") if isinstance(body, Mapping) else None
        return is_of_conversation and not other

    def without(self, body: object) -> object:
        """Return the same JSON with each text emptied that leads to this person."""
        if isinstance(body, str):
            return "" if self.leads_to(body) else body
        if isinstance(body, Mapping):
            return {name: self.without(value) for name, value in body.items()}
        if isinstance(body, list):
            return [self.without(value) for value in body]
        return body


def traces_of(bookings: Iterable[Booking], address: str = "") -> Traces:
    """Return what a person is known by, from their bookings and the address that was named."""
    own, names, ids = {address}, set[str](), set[str]()
    for booking in bookings:
        ids |= {booking.id, booking.number}
        own.add(booking.owner.partition(":")[2])
        if booking.details is None:
            continue
        customer = booking.details.customer
        own |= {customer.email, customer.phone}
        own |= {booking.details.reply_to.get(name, "") for name in _REACHED}
        names.add(customer.name)
    return Traces(_folded(own), _folded(names), _folded(ids))


def _finds(traces: frozenset[str], text: str) -> bool:
    pattern = _pattern(traces)
    return pattern is not None and pattern.search(text.casefold()) is not None


@lru_cache(maxsize=4)
def _pattern(traces: frozenset[str]) -> re.Pattern[str] | None:
    return re.compile("|".join(map(_whole, sorted(traces)))) if traces else None


def _whole(trace: str) -> str:
    """Return a pattern that does not find ann@example.org in joann@example.org."""
    if "@" in trace:
        return rf"(?<!\w)(?<!\w[.+-]){re.escape(trace)}(?!\w|\.\w|-[\w-]*\.\w)"
    if _PHONE.fullmatch(trace):
        return rf"(?<!\d){re.escape(trace)}(?!\d)"
    return re.escape(trace)


def texts_in(body: object) -> Iterable[str]:
    """Yield every text of a JSON value, names of its fields too."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, Mapping):
        for name, value in body.items():
            yield name
            yield from texts_in(value)
    elif isinstance(body, list):
        for value in body:
            yield from texts_in(value)


def _folded(texts: Iterable[str]) -> frozenset[str]:
    stripped = (re.sub(r"\s+", " ", text.strip()).casefold() for text in texts)
    return frozenset(text for text in stripped if len(text) >= LEAST)
