"""One request and one answer without any socket, so that $batch can use the same routes."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from graph.emulator.event import Json
from graph.emulator.zones import zone_of

if TYPE_CHECKING:
    from datetime import datetime

    from graph.emulator.outside import Outside
    from graph.emulator.tenant import Tenant
_PREFERENCE = re.compile(r'\s*([\w.\-]+)\s*(?:=\s*(?:"([^"]*)"|([^,;\s]*)))?\s*(?:,|$)')


@dataclass(slots=True)
class Call:
    """A request that passed the door; header names in lower case."""

    tenant: "Tenant"
    now: "datetime"
    method: str
    segments: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: object
    origin: str
    params: dict[str, str] = field(default_factory=dict)
    roles: frozenset[str] = frozenset()
    client_id: str = ""
    outside: "Outside | None" = None

    @property
    def preferences(self) -> dict[str, str]:
        """The Prefer header, names in lower case."""
        found = _PREFERENCE.findall(self.headers.get("prefer", ""))
        return {name.lower(): quoted or plain for name, quoted, plain in found if name}

    @property
    def zone_name(self) -> str:
        """The zone answers are wanted in; 400 if unknown."""
        name = self.preferences.get("outlook.timezone") or "UTC"
        zone_of(name)
        return name

    @property
    def wants_immutable_ids(self) -> bool:
        """Whether the ids of this answer survive a move."""
        return self.preferences.get("idtype", "").lower() == "immutableid"

    def option(self, name: str) -> str | None:
        """Return a query parameter, with or without `$`, in any case."""
        wanted = name.lower().lstrip("$")
        for key, value in self.query.items():
            if key.lower().lstrip("$") == wanted:
                return value
        return None

    def parameter(self, name: str) -> object:
        """Return an action parameter of the body in any case."""
        wanted = name.lower()
        return next((v for k, v in self.body_object().items() if k.lower() == wanted), None)

    def body_object(self) -> Json:
        """Return the body as an object, empty if there is none."""
        return self.body if isinstance(self.body, dict) else {}

    def context(self, tail: str) -> str:
        """Return the @odata.context of an answer."""
        return f"{self.origin}/v1.0/$metadata#{tail}"


@dataclass(slots=True)
class Answer:
    """What goes back; `wrote` says that the tenant changed."""

    status: int = 200
    body: Json | None = None
    headers: dict[str, str] = field(default_factory=dict)
    wrote: bool = False


Handler = Callable[[Call], Answer | Awaitable[Answer]]
