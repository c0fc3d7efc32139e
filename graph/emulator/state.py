"""Keeps events and mails in a file, one line for each change; a start writes it anew, in short."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from pydantic import ValidationError

from graph.emulator.errors import TenantFileError
from graph.emulator.seed import Seeding, is_seeded
from graph.emulator.state_lines import LINE, Gone, Head, Image, Item, Known, Line, Made, Sent
from graph.emulator.tenant import Mailbox, Tenant


class StateFile:
    """The file of --state. What equals the seed is not in it, nor are mailboxes nobody changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._head: Head | None = None
        self._mails = 0
        self._known: set[str] = set()

    def forget(self) -> None:
        """Start anew."""
        self._path.unlink(missing_ok=True)

    def load(self, tenant: Tenant) -> frozenset[str]:
        """Fill the tenant's mailboxes; the addresses that were known. Others in the file are lost.

        A file of another tenant id is refused rather than overwritten.
        """
        image = self._read()
        if image is None or image.head is None:
            return frozenset()
        if image.head.tenant != tenant.id:
            raise TenantFileError(f"{self._path}: belongs to another tenant, use --reset")
        tenant.token_key = image.head.token_key
        tenant.tokens_valid_from = image.head.tokens_valid_from
        if image.head.seeded_since is not None:
            since = image.head.seeded_since
            tenant.shelf.seeding = Seeding(since, since)
        tenant.mails = image.mails
        tenant.sync.replay(image.sync)
        for address, box in image.boxes.items():
            if (mailbox := tenant.mailboxes.get(address)) is not None:
                mailbox.content.held = box.events
                mailbox.content.gone = frozenset(filter(is_seeded, box.gone))
                mailbox.transactions = box.transactions
                self._known.add(address)
        return frozenset(self._known)

    def _read(self) -> Image | None:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise TenantFileError(f"{self._path}: {error}") from error
        image = Image()
        # what follows the last end of line was cut off by a kill
        for text in content.split(b"\n")[:-1]:
            try:
                image.apply(LINE.validate_json(text))
            except ValidationError as error:
                raise TenantFileError(
                    f"{self._path}: not a state of this emulator, use --reset"
                ) from error
        if content and image.head is None:
            raise TenantFileError(f"{self._path}: not a state of this emulator, use --reset")
        return image

    def save(self, tenant: Tenant) -> None:
        """Write down what changed since the last time; the first time all that is to be kept."""
        if self._file is None:
            self._begin(tenant)
        elif lines := list(self._news(tenant)):
            self._file.write(_text(lines))

    def close(self) -> None:
        """Let go of the file; the next save writes it anew."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self, tenant: Tenant) -> None:
        """Write the whole file and swap it in one step; readers see the old one or the new one."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        part = self._path.with_suffix(".part")
        self._head, self._mails = None, 0
        self._known |= tenant.shelf.take_changes().keys()
        tenant.sync.take_news()
        part.write_bytes(_text(self._everything(tenant)))
        os.replace(part, self._path)
        self._file = self._path.open("ab", buffering=0)

    def _everything(self, tenant: Tenant) -> Iterator[Line]:
        yield from self._whole(tenant)
        for address in sorted(self._known):
            mailbox = tenant.mailboxes[address]
            yield Known(address)
            held, gone = mailbox.content.overlay()
            yield from (Item(address, event) for event in held.values())
            yield from (Gone(address, event_id) for event_id in gone)
            yield from (Made(address, name, made) for name, made in mailbox.transactions.items())
        yield from tenant.sync.everything()

    def _news(self, tenant: Tenant) -> Iterator[Line]:
        yield from self._whole(tenant)
        for address, ids in tenant.shelf.take_changes().items():
            if address not in self._known:
                self._known.add(address)
                yield Known(address)
            for event_id in ids:
                yield from _about(tenant.mailboxes[address], address, event_id)
        yield from tenant.sync.take_news()

    def _whole(self, tenant: Tenant) -> Iterator[Line]:
        seeding = tenant.shelf.seeding
        since = seeding.since if seeding else None
        head = Head(tenant.id, tenant.token_key, tenant.tokens_valid_from, since)
        if head != self._head:
            self._head = head
            yield head
        new = tenant.mails[self._mails :]
        self._mails += len(new)
        yield from map(Sent, new)


def _about(mailbox: Mailbox, address: str, event_id: str) -> Iterator[Line]:
    event = mailbox.content.held.get(event_id)
    if event is None:
        yield Gone(address, event_id)
        return
    yield Item(address, event)
    made = mailbox.transactions.get(event.transaction_id or "")
    if event.transaction_id is not None and made is not None:
        yield Made(address, event.transaction_id, made)


def _text(lines: Iterable[Line]) -> bytes:
    return b"".join(LINE.dump_json(line) + b"\n" for line in lines)
