"""Keeps events and mails in a file, written whole and swapped in one step."""

import os
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from graph.emulator.errors import TenantFileError
from graph.emulator.tenant import Mail, Mailbox, Tenant


@dataclass
class _Saved:
    tenant: str
    token_key: str
    tokens_valid_from: datetime
    mailboxes: list[Mailbox]
    mails: list[Mail]


_SAVED = TypeAdapter(_Saved)


class StateFile:
    """The file of --state."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def forget(self) -> None:
        """Start anew."""
        self._path.unlink(missing_ok=True)

    def load(self, tenant: Tenant) -> frozenset[str]:
        """Fill the tenant's mailboxes; the addresses that were known. Others in the file are lost.

        A file of another tenant id is refused rather than overwritten.
        """
        try:
            saved = _SAVED.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return frozenset()
        except (OSError, ValidationError) as error:
            raise TenantFileError(f"{self._path}: not a state of the emulator") from error
        if saved.tenant != tenant.id:
            raise TenantFileError(f"{self._path}: belongs to another tenant, use --reset")
        tenant.token_key, tenant.tokens_valid_from = saved.token_key, saved.tokens_valid_from
        tenant.mails = saved.mails
        known = frozenset(m.mail.lower() for m in saved.mailboxes)
        for held in saved.mailboxes:
            if (mailbox := tenant.mailboxes.get(held.mail.lower())) is not None:
                mailbox.events = held.events
                mailbox.transactions = held.transactions
                mailbox.seeded_until = held.seeded_until
        return known

    def save(self, tenant: Tenant) -> None:
        """Write all of it; readers see the old file or the new one."""
        saved = _Saved(
            tenant.id,
            tenant.token_key,
            tenant.tokens_valid_from,
            list(tenant.mailboxes.values()),
            tenant.mails,
        )
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_suffix(".part")
        part.write_bytes(_SAVED.dump_json(saved))
        os.replace(part, self._path)
