"""Finds the route of a decoded path: names in any case, actions with or without namespace."""

from collections.abc import Awaitable
from dataclasses import dataclass

from graph.emulator.call import Answer, Call, Handler
from graph.emulator.errors import Refusal


@dataclass(frozen=True, slots=True)
class Route:
    """One row: `template` in the words of the contract file, `roles` of which one is needed."""

    method: str
    template: str
    handler: Handler
    roles: frozenset[str]

    @property
    def parts(self) -> tuple[str, ...]:
        """The segments of the template."""
        return tuple(self.template.strip("/").split("/"))

    def match(self, segments: tuple[str, ...]) -> dict[str, str] | None:
        """Return the parameters, None if the path is another one."""
        if len(segments) != len(self.parts):
            return None
        found: dict[str, str] = {}
        for part, segment in zip(self.parts, segments, strict=True):
            if part.startswith("{"):
                found[part.strip("{}")] = segment
            elif _bare(part) != _bare(segment):
                return None
        return found


def _bare(segment: str) -> str:
    return segment.lower().removeprefix("microsoft.graph.").removesuffix("()")


class Router:
    """The table of routes below /v1.0."""

    def __init__(self) -> None:
        self._routes: list[Route] = []

    def add(self, method: str, template: str, handler: Handler, *roles: str) -> None:
        """Append a route; one of the roles suffices, none means everybody."""
        self._routes.append(Route(method, template, handler, frozenset(roles)))

    def find(self, method: str, segments: tuple[str, ...]) -> tuple[Route, dict[str, str]]:
        """Return the route and its parameters; 404 or 405."""
        known = False
        for route in self._routes:
            found = route.match(segments)
            if found is not None and route.method == method:
                return route, found
            known = known or found is not None
        if known:
            raise Refusal(405, "Request_BadRequest", "Specified HTTP method is not allowed.")
        shown = segments[-1] if segments else ""
        raise Refusal(404, "ResourceNotFound", f"Resource not found for the segment '{shown}'.")

    async def answer(self, call: Call, route: Route) -> Answer:
        """Check the role, then run the route."""
        if route.roles and not route.roles & call.roles:
            raise _forbidden(route)
        made = route.handler(call)
        return await made if isinstance(made, Awaitable) else made


def _forbidden(route: Route) -> Refusal:
    if len(route.parts) <= 2:
        return Refusal(
            403,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        )
    return Refusal(403, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
