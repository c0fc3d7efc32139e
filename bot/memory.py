"""Loads, locks and saves the draft of a conversation: one message at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from weakref import WeakValueDictionary

import structlog
from pydantic import TypeAdapter, ValidationError

from bot.conversation.draft import Draft
from scheduling.clock import Clock
from scheduling.ports import DocumentStore

log = structlog.get_logger(__name__)
_FORM = TypeAdapter(Draft)


@dataclass(slots=True)
class Held:
    """A draft under the conversation's lock; what stands in `draft` at the end is saved."""

    draft: Draft


class Memory:
    """Drafts by conversation, in the document store."""

    def __init__(self, documents: DocumentStore, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def draft(self, owner: str) -> AsyncIterator[Held]:
        """Give the draft of this conversation alone to the caller, and save it on success.

        Other processes wait where the store can make them. Raises DocumentConflict where another
        one answered the same conversation meanwhile all the same.
        """
        lock = self._locks.setdefault(owner, asyncio.Lock())
        async with lock, self._documents.alone(f"conversation:{owner}"):
            document = await self._documents.read("draft", owner)
            held = Held(_read(document.body) if document.version else Draft())
            before = held.draft
            yield held
            if held.draft is not before:
                body = _FORM.dump_python(held.draft, mode="json")
                await self._documents.write(
                    "draft", owner, body, document.version, self._clock.now()
                )


def _read(body: object) -> Draft:
    try:
        return _FORM.validate_python(body)
    except ValidationError:
        # a draft of an older form: the conversation begins again, bookings stand in the store
        log.warning("draft_of_another_form")
        return Draft()
