"""Keeps in the store which calendars do not answer, for `status`."""

from collections.abc import Collection
from itertools import islice

from scheduling.clock import Clock
from scheduling.errors import DocumentConflict
from scheduling.index import AvailabilityIndex
from scheduling.ports import DocumentStore

FAILURES = "calendar_failure"
WRITES_AT_ONCE = 50
"""An outage of thousands must not keep the store from customers."""


class FailureBook:
    """Documents by resource: a code, and since when."""

    def __init__(self, documents: DocumentStore, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock
        self._told: dict[str, str] = {}

    async def start(self, resources: Collection[str]) -> None:
        """Go on from what was told before; of resources that are no more nothing is told."""
        for resource, document in (await self._documents.all(FAILURES)).items():
            if resource in resources:
                self._told[resource] = str(document.body.get("code", ""))
            else:
                await self._documents.remove(FAILURES, resource)

    async def follow(self, index: AvailabilityIndex) -> None:
        """Write down some of what changed; a failure goes when its calendar has answered."""
        answered = (r for r in self._told if r not in index.failures and r in index.answered)
        for resource in list(islice(answered, WRITES_AT_ONCE)):
            await self._documents.remove(FAILURES, resource)
            del self._told[resource]
        news = (r for r, failure in index.failures.items() if self._told.get(r) != failure.code)
        for resource in list(islice(news, WRITES_AT_ONCE)):
            if resource in index.failures:
                await self._tell(resource, index)

    async def _tell(self, resource: str, index: AvailabilityIndex) -> None:
        failure = index.failures[resource]
        document = await self._documents.read(FAILURES, resource)
        # the same trouble as before a restart, or another one: it does not answer since then
        since = document.body.get("since") or failure.since.isoformat()
        body = {"code": failure.code, "since": since}
        try:
            await self._documents.write(
                FAILURES, resource, body, document.version, self._clock.now()
            )
        except DocumentConflict:
            # another process tells it as well
            return
        self._told[resource] = failure.code
