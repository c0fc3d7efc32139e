"""How often may be guessed: a few attempts a minute from one address, then none.

Counted in the store, so that all processes count together.
"""

import hashlib
from collections import OrderedDict
from datetime import datetime, timedelta

from pydantic import AwareDatetime, BaseModel, TypeAdapter

from scheduling.clock import Clock
from scheduling.documents import DocumentStore
from scheduling.errors import DocumentConflict

KIND = "attempts"
WITHIN = timedelta(minutes=1)
MOST = 5
REMEMBERED = 10_000
"""Names that this process knows to have none left: they cost no look into the store."""


class _Counted(BaseModel):
    at: list[AwareDatetime] = []


_COUNTED = TypeAdapter(_Counted)


class Attempts:
    """Counts by name, for one purpose."""

    def __init__(
        self,
        documents: DocumentStore,
        clock: Clock,
        purpose: str,
        *,
        most: int = MOST,
        within: timedelta = WITHIN,
    ) -> None:
        self._documents = documents
        self._clock = clock
        self._purpose = purpose
        self._most = most
        self._within = within
        self._refused: OrderedDict[str, datetime] = OrderedDict()

    async def take(self, name: str) -> int:
        """Count an attempt and return 0; or the seconds to wait where none is left.

        Where others of the same name are counted at every try, there is none left either.
        StoreUnavailable.
        """
        key = hashlib.sha256(f"{self._purpose}:{name}".encode()).hexdigest()
        if wait := self._known_wait(key):
            return wait
        for _ in range(self._most):
            now = self._clock.now()
            document = await self._documents.read(KIND, key)
            counted = _COUNTED.validate_python(document.body)
            # what lies in the future was noted before the clock was set back
            counted.at = [at for at in counted.at if now - self._within < at <= now]
            if len(counted.at) >= self._most:
                return self._refuse(key, counted.at[0] + self._within)
            counted.at.append(now)
            body = counted.model_dump(mode="json")
            try:
                await self._documents.write(KIND, key, body, document.version, now)
            except DocumentConflict:
                continue
            return 0
        return 1

    def _refuse(self, key: str, until: datetime) -> int:
        self._refused[key] = until
        if len(self._refused) > REMEMBERED:
            self._refused.popitem(last=False)
        return self._known_wait(key)

    def _known_wait(self, key: str) -> int:
        until, now = self._refused.get(key), self._clock.now()
        if until is None:
            return 0
        if until - self._within <= now < until:
            return max(1, round((until - now).total_seconds()))
        del self._refused[key]
        return 0
