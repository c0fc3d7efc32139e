"""`migrate-data`: the words around taking everything to PostgreSQL."""

from bot import configured
from bot.slots_command import SlotsImpossible, settings_of
from scheduling.errors import BookingError


async def migrate_data(to: str) -> str:
    """Copy the store of the configured bot; SlotsImpossible: nothing was changed anywhere."""
    try:
        done = await configured.relocate(settings_of(None), to)
    except BookingError as failure:
        raise SlotsImpossible(f"Nothing was taken over: {failure}.") from None
    lines = [
        f"  {name:<14} {content.rows:>9}  {content.digest[:16]}"
        for name, content in sorted(done.tables.items())
    ]
    table = "\n".join(lines)
    return f"""From {done.source}, rows and digest of each table, the same in both:
{table}

Start the bot with TERMINBOT_DATABASE_URL set to the new database, and never again on the old
file: rename it, and delete it once a backup of the new database was restored in a drill."""
