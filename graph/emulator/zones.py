"""Time zone names as Outlook takes and gives them.

Windows names and the IANA names that
learn.microsoft.com/graph/api/resources/datetimetimezone lists; Europe/Vienna, Zurich and
Madrid are not among them.
"""

from zoneinfo import ZoneInfo

from tzlocal.windows_tz import tz_win, win_tz

from graph.emulator.errors import Refusal

_IANA = frozenset(
    """
    Etc/GMT+12 Etc/GMT+11 Pacific/Honolulu America/Anchorage America/Santa_Isabel
    America/Los_Angeles America/Phoenix America/Chihuahua America/Denver America/Guatemala
    America/Chicago America/Mexico_City America/Regina America/Bogota America/New_York
    America/Indiana/Indianapolis America/Caracas America/Asuncion America/Halifax America/Cuiaba
    America/La_Paz America/Santiago America/St_Johns America/Sao_Paulo
    America/Argentina/Buenos_Aires America/Cayenne America/Godthab America/Montevideo
    America/Bahia Etc/GMT+2 Atlantic/Azores Atlantic/Cape_Verde Africa/Casablanca Etc/GMT
    Europe/London Atlantic/Reykjavik Europe/Berlin Europe/Budapest Europe/Paris Europe/Warsaw
    Africa/Lagos Africa/Windhoek Europe/Bucharest Asia/Beirut Africa/Cairo Asia/Damascus
    Africa/Johannesburg Europe/Kyiv Europe/Istanbul Asia/Jerusalem Asia/Amman Asia/Baghdad
    Europe/Kaliningrad Asia/Riyadh Africa/Nairobi Asia/Tehran Asia/Dubai Asia/Baku Europe/Samara
    Indian/Mauritius Asia/Tbilisi Asia/Yerevan Asia/Kabul Asia/Tashkent Asia/Yekaterinburg
    Asia/Karachi Asia/Kolkata Asia/Colombo Asia/Kathmandu Asia/Almaty Asia/Dhaka Asia/Rangoon
    Asia/Novosibirsk Asia/Bangkok Asia/Krasnoyarsk Asia/Shanghai Asia/Irkutsk Asia/Singapore
    Australia/Perth Asia/Taipei Asia/Ulaanbaatar Asia/Tokyo Asia/Seoul Asia/Yakutsk
    Australia/Adelaide Australia/Darwin Australia/Brisbane Australia/Sydney Pacific/Port_Moresby
    Australia/Hobart Asia/Vladivostok Asia/Magadan Asia/Srednekolymsk Pacific/Guadalcanal
    Etc/GMT-12 Pacific/Auckland Pacific/Fiji Asia/Kamchatka Pacific/Tongatapu Pacific/Apia
    """.split()  # noqa: SIM905  # a hundred quoted names would hide the list
)


def zone_of(name: object) -> ZoneInfo:
    """Return the zone of a Windows or accepted IANA name; 400 for any other."""
    if not isinstance(name, str):
        raise _unsupported(name)
    if name in {"UTC", "tzone://Microsoft/Utc"}:
        return ZoneInfo("UTC")
    iana = win_tz.get(name) or (name if name in _IANA else None)
    if iana is None:
        raise _unsupported(name)
    return ZoneInfo(iana)


def windows_name(iana: str) -> str:
    """Return the Windows name of an IANA zone, UTC where there is none."""
    found: str = tz_win.get(iana, "UTC")
    return found


def all_zones(standard: str) -> list[dict[str, str]]:
    """Rows of supportedTimeZones."""
    names = sorted(_IANA) if standard.lower() == "iana" else sorted(win_tz)
    return [{"alias": name, "displayName": name} for name in names]


def _unsupported(name: object) -> Refusal:
    return Refusal(
        400,
        "TimeZoneNotSupportedException",
        f"A valid TimeZone value must be specified. The following TimeZone value is not "
        f"supported: '{name}'.",
    )
