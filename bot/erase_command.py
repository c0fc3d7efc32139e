"""`erase-customer`: the words around erasing one person."""

from bot import configured
from bot.configured import Kept
from bot.slots_command import SlotsImpossible, settings_of
from bot.slots_report import utc
from scheduling.errors import BookingError

NOT_REACHED = """Not reached by this, as it is not the bot's: mails already sent (in the mailbox of
the sender, and the customer's own), what staff copied out of Outlook, and backups. A backup is
erased again when it is restored, by the list in the audit folder; keep none over 35 days."""


async def preview(who: str, example: str | None) -> str:
    """Say what would be erased, and change nothing; SlotsImpossible."""
    try:
        kept = await configured.look_for_customer(settings_of(example), who)
    except BookingError as failure:
        raise SlotsImpossible(f"The store cannot be used: {failure}") from None
    if kept.is_nothing:
        return "Nothing is kept of this customer. (--yes also clears what older deletions left.)"
    how = "Nothing was changed. To erase it for good: the same command with --yes."
    return f"{_listed(kept)}\n\n{how}"


async def erase(who: str, example: str | None) -> str:
    """Erase it for good; SlotsImpossible, OSError."""
    try:
        kept = await configured.erase_customer(settings_of(example), who)
    except BookingError as failure:
        raise SlotsImpossible(f"Not erased: {failure}.") from None
    if kept.is_nothing:
        return "Nothing was kept of this customer. The files were cleared of older deletions."
    done = "Erased. The chain of facts stays whole: python3 run.py verify-audit."
    return f"{_listed(kept)}\n\n{done}\n\n{NOT_REACHED}"


def _listed(kept: Kept) -> str:
    lines = [f"  {b.number}  {b.state}  {utc(b.span.start)}" for b in kept.bookings]
    lines += [f"  {count} {what}" for what, count in kept.counts.items() if count]
    return "\n".join((f"{len(kept.bookings)} bookings and holds:", *lines))
