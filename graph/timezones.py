"""Zone names of Windows and of IANA, as Exchange mixes them."""

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tzlocal.windows_tz import tz_win, win_tz

UTC_NAMES = frozenset({"", "utc", "etc/utc", "tzone://microsoft/utc"})


def windows_name(zone: str) -> str | None:
    """Return the Windows name, or None where there is none.

    Exchange takes only some IANA names, but all of these.
    """
    name = tz_win.get(zone)
    return str(name) if name else None


def zone_of(name: str) -> tzinfo:
    """Return the zone of a Windows or IANA name; raises ValueError for any other."""
    if name.lower() in UTC_NAMES:
        return UTC
    try:
        return ZoneInfo(win_tz.get(name, name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"unknown zone {name[:60]!r}") from None
