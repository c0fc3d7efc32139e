"""An emulator in this process on a free port, with a clock that tests move."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from aiohttp.test_utils import TestClient, TestServer

from graph.emulator.app import create_app
from graph.emulator.clock import MovableClock
from graph.emulator.tenant import Client, Mailbox, Tenant

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
TENANT, CLIENT, SECRET = "11111111-1111-4111-8111-111111111111", "client-1", "s3cret"
MARK = "String {00020329-0000-0000-C000-000000000046} Name BookingId"
ANNA, BEN, ROOM = "anna@contoso.com", "ben@contoso.com", "room1@contoso.com"


def a_tenant() -> Tenant:
    tenant = Tenant(TENANT, {CLIENT: Client(CLIENT, SECRET)}, {})
    tenant.add_mailbox(Mailbox(ANNA, "Anna Berger"))
    tenant.add_mailbox(Mailbox(BEN, "Ben Yilmaz"))
    tenant.add_mailbox(Mailbox(ROOM, "Raum 1", kind="room"))
    return tenant


def moment(text: str, zone: str = "UTC") -> dict[str, str]:
    return {"dateTime": text, "timeZone": zone}


def an_event(**changes: Any) -> dict[str, Any]:
    return {
        "subject": "Erstberatung",
        "start": moment("2026-12-01T09:00:00", "Europe/Berlin"),
        "end": moment("2026-12-01T10:00:00", "Europe/Berlin"),
        "singleValueExtendedProperties": [{"id": MARK, "value": "b1"}],
        **changes,
    }


def weekly(**changes: Any) -> dict[str, Any]:
    return an_event(
        recurrence={
            "pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"]},
            "range": {"type": "noEnd", "startDate": "2026-12-01"},
        },
        **changes,
    )


class World:
    """Speaks to the emulator as a client would."""

    def __init__(self) -> None:
        self.clock = MovableClock(NOW)
        self.tenant = a_tenant()
        self.http = TestClient(TestServer(create_app(self.tenant, self.clock)))
        self.token = ""
        self.headers: dict[str, str] = {}

    async def __aenter__(self) -> "World":
        await self.http.start_server()
        self.token = (await self.login()).get("access_token", "")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.close()

    async def login(self, **changes: str) -> dict[str, Any]:
        form = {
            "client_id": CLIENT,
            "client_secret": SECRET,
            "grant_type": "client_credentials",
            "scope": "https://graph.microsoft.com/.default",
            **changes,
        }
        answer = await self.http.post(f"/{TENANT}/oauth2/v2.0/token", data=form)
        return {"status": answer.status, **await answer.json()}

    async def call(
        self, method: str, path: str, body: Any = None, **headers: str
    ) -> tuple[int, Any]:
        """Status and JSON; header names with `_` for `-`."""
        sent = {"Authorization": f"Bearer {self.token}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await self.http.request(method, f"/v1.0{path}", json=body, headers=sent)
        self.headers = dict(answer.headers)
        text = await answer.read()
        return answer.status, await answer.json() if text else None

    async def create(self, body: dict[str, Any] | None = None, mailbox: str = ANNA) -> Any:
        status, event = await self.call("POST", f"/users/{mailbox}/events", body or an_event())
        assert status == 201, event
        return event

    async def view(self, mailbox: str = ANNA, days: str = "01/02", more: str = "") -> Any:
        first, last = days.split("/")
        window = f"startDateTime=2026-12-{first}T00:00:00Z&endDateTime=2026-12-{last}T00:00:00Z"
        status, body = await self.call("GET", f"/users/{mailbox}/calendarView?{window}{more}")
        assert status == 200, body
        return body["value"]

    async def schedule(self, *addresses: str, **changes: Any) -> tuple[int, Any]:
        body = {
            "Schedules": list(addresses),
            "StartTime": moment("2026-12-01T00:00:00"),
            "EndTime": moment("2026-12-02T00:00:00"),
            "AvailabilityViewInterval": 60,
            **changes,
        }
        return await self.call("POST", f"/users/{ANNA}/calendar/getSchedule", body)

    async def fault(self, **switch: Any) -> None:
        answer = await self.http.post("/control/faults", json=switch)
        assert answer.status == 201, await answer.text()


def event_path(event: dict[str, Any], mailbox: str = ANNA, tail: str = "") -> str:
    return f"/users/{mailbox}/events/{quote(event['id'], safe='')}{tail}"
