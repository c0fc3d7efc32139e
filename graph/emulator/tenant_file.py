"""Reads who is in the tenant: the file of mailboxes, the file of credentials, or the default."""

import uuid
from pathlib import Path
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic.alias_generators import to_camel

from graph.emulator.busy import Busy
from graph.emulator.errors import TenantFileError
from graph.emulator.seed import Density
from graph.emulator.tenant import ALL_ROLES, Client, Mailbox, Tenant

# the documented credentials of the demo; they open nothing but an emulator
DEMO_TENANT = "11111111-1111-4111-8111-111111111111"
DEMO_CLIENT = "22222222-2222-4222-8222-222222222222"
DEMO_SECRET = "demo-secret-for-the-local-emulator"  # noqa: S105  # documented, opens nothing else

_Model = TypeVar("_Model", bound=BaseModel)


class ClientEntry(BaseModel):
    """An app registration of the file."""

    model_config = ConfigDict(extra="forbid")

    client_id: str = Field(min_length=1)
    client_secret: str | None = None
    certificate_pem: str | None = None
    roles: list[str] | None = None
    """Application roles, all that the emulator knows when left out."""


class MailboxEntry(BaseModel):
    """A mailbox of the file."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)

    mail: str = Field(pattern="^[^@\\s]+@[^@\\s]+$")
    display_name: str
    time_zone: str = "Europe/Berlin"
    kind: Literal["user", "room", "shared"] = "user"
    busy: list[Busy] = []

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("no IANA time zone") from None
        return name


class Credentials(BaseModel):
    """Tenant id and app registrations."""

    model_config = ConfigDict(extra="ignore")

    tenant: str | None = None
    clients: list[ClientEntry] = []


class TenantFile(Credentials):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")

    mailboxes: list[MailboxEntry] = []
    seed: Density = "normal"
    """How full the seed makes the calendars of people."""


def default_file() -> TenantFile:
    """Three people and a room."""
    people = [("anna", "Anna Berger"), ("ben", "Ben Yilmaz"), ("clara", "Clara Novak")]
    boxes = [MailboxEntry(mail=f"{m}@contoso.com", display_name=n) for m, n in people]
    room = MailboxEntry(mail="room1@contoso.com", display_name="Raum 1", kind="room")
    client = ClientEntry(client_id=DEMO_CLIENT, client_secret=DEMO_SECRET)
    return TenantFile(tenant=DEMO_TENANT, clients=[client], mailboxes=[*boxes, room])


def read_file(path: Path) -> TenantFile:
    """Return the mailbox file; `TenantFileError` names what is wrong."""
    return _read(path, TenantFile)


def read_credentials(path: Path) -> Credentials:
    """Return a file of tenant id and clients apart from the mailboxes."""
    return _read(path, Credentials)


def _read(path: Path, model: type[_Model]) -> _Model:
    try:
        return model.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise TenantFileError(f"{path}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise TenantFileError(f"{path}: {place}: {first['msg']}") from error


def build_tenant(file: TenantFile, credentials: Credentials | None = None) -> Tenant:
    """Return a tenant without events; credentials of their own file win."""
    source = credentials if credentials and credentials.clients else file
    identity = (credentials and credentials.tenant) or file.tenant or str(uuid.uuid4())
    clients = {c.client_id.lower(): _client(c) for c in source.clients}
    tenant = Tenant(identity, clients, {})
    for entry in file.mailboxes:
        tenant.add_mailbox(Mailbox(entry.mail, entry.display_name, entry.time_zone, entry.kind))
    return tenant


def _client(entry: ClientEntry) -> Client:
    roles = ALL_ROLES if entry.roles is None else frozenset(entry.roles)
    return Client(entry.client_id, entry.client_secret, entry.certificate_pem, roles)
