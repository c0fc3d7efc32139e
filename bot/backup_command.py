"""`backup`, `verify-backup` and `restore`: the words around the files of a backup."""

import shlex
from pathlib import Path

from bot import configured
from bot.slots_command import SlotsImpossible, settings_of
from bot.slots_report import utc
from scheduling.clock import SystemClock
from scheduling.errors import BookingError

LEAST = 12
"""Characters of a passphrase that protects a new backup."""


class BackupImpossible(SlotsImpossible):
    """The message says why, and what was left untouched."""


async def back_up(out: Path | None, passphrase_file: Path | None, example: str | None) -> str:
    """Copy the store of the configured bot, or of an example's demo; BackupImpossible, OSError."""
    passphrase = _passphrase(passphrase_file)
    if passphrase is not None and len(passphrase) < LEAST:
        raise BackupImpossible(f"The passphrase is shorter than {LEAST} characters.")
    file = out or _named_by_the_hour(is_sealed=passphrase is not None)
    try:
        made = await configured.back_up(settings_of(example), file, passphrase)
    except SlotsImpossible as impossible:
        raise BackupImpossible(str(impossible)) from None
    except BookingError as failure:
        raise BackupImpossible(f"There is no new backup: {failure}.") from None
    guarded = (
        "encrypted" if passphrase is not None else "not encrypted: keep it as the store itself"
    )
    return f"{file}: {_counted(made.rows)}, schema {made.revision}, checked, {guarded}."


async def verify(file: Path, passphrase_file: Path | None) -> str:
    """Check a backup as a restore would; BackupImpossible, OSError."""
    try:
        found = await configured.verify_backup(file, _passphrase(passphrase_file))
    except BookingError as failure:
        raise BackupImpossible(f"{file} cannot be restored: {failure}.") from None
    made = f"made {utc(found.created_at)}, schema {found.revision}"
    return f"{file}: sound, {made}, {_counted(found.rows)}."


async def restore(
    file: Path, folder: Path, passphrase_file: Path | None, erased: Path | None
) -> str:
    """Put the store of a backup into a new or empty folder; BackupImpossible, OSError.

    Who was erased since is erased again, by the list `erased` or the one of this configuration.
    """
    erased = erased or configured.list_of_erased()
    try:
        done = await configured.restore(file, folder, _passphrase(passphrase_file), erased)
    except BookingError as failure:
        raise BackupImpossible(f"Nothing was restored: {failure}.") from None
    jobs = f"Jobs that an earlier process had begun and that are free again: {done.released}."
    again = (
        f"Bookings erased again, by the list {erased}: {done.erased_again}."
        if erased
        else "NO LIST OF ERASED CUSTOMERS was found. If any were erased since, delete this\n"
        "folder and restore again with --erased FILE (erased-customers.jsonl of the audit folder)."
    )
    made = utc(done.manifest.created_at)
    return _restored(done.file, done.manifest.rows, made, f"{jobs}\n{again}")


def _restored(store: Path, rows: dict[str, int], made: str, done: str) -> str:
    return f"""{store}: {_counted(rows)}, as they were at {made}.
{done}

Before you start it: the bot that this backup was taken from must be stopped for good, also
on another computer. Two bots with a store each write to customers twice and do not see
each other's bookings. What happened after {made} is not in this store,
though Outlook and the customers may know of it.

Start:  TERMINBOT_DATA_DIR={shlex.quote(str(store.parent))} python3 run.py serve"""


def _counted(rows: dict[str, int]) -> str:
    return f"bookings {rows.get('bookings', 0)}, jobs {rows.get('outbox', 0)}"


def _named_by_the_hour(*, is_sealed: bool) -> Path:
    ending = "zip.sealed" if is_sealed else "zip"
    return Path(f"terminbot-{SystemClock().now():%Y%m%dT%H%M%SZ}.{ending}")


def _passphrase(file: Path | None) -> str | None:
    """Return the first line: an editor adds an end of line that nobody sees."""
    if file is None:
        return None
    try:
        first = file.read_text(encoding="utf-8").partition("\n")[0].removesuffix("\r")
    except UnicodeDecodeError:
        raise BackupImpossible(f"{file} is no text, so it holds no passphrase.") from None
    if not first:
        raise BackupImpossible(f"The first line of {file} is empty; it must be the passphrase.")
    return first
