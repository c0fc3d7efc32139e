"""What the emulator's pages say, in German and English."""

from datetime import date

_DE = {
    "title": "Outlook (Nachbildung)",
    "note": "Läuft nur auf diesem Rechner. Nichts wird versendet.",
    "calendar": "Kalender",
    "mails": "Mails",
    "faults": "Störungen",
    "week": "Woche",
    "previous": "← Vorige",
    "this_week": "Diese Woche",
    "next": "Nächste →",
    "nothing": "Nichts eingetragen",
    "all_day": "ganztägig",
    "private": "Privat",
    "no_subject": "(kein Betreff)",
    "booking": "Buchung des Bots",
    "busy": "gebucht",
    "tentative": "mit Vorbehalt",
    "oof": "abwesend",
    "free": "frei",
    "workingElsewhere": "arbeitet anderswo",
    "when": "Wann",
    "where": "Wo",
    "whose": "Kalender von",
    "status": "Anzeigen als",
    "attendees": "Teilnehmende",
    "categories": "Kategorien",
    "join": "Teams-Besprechung",
    "marks": "Merkmale",
    "cancelled": "Abgesagt",
    "from": "Von",
    "to": "An",
    "sent": "Gesendet",
    "attachments": "Anhänge",
    "no_mails": "Noch keine Mail gesendet.",
    "text": "Text",
    "invitation": "Einladung (von Exchange)",
    "cancellation": "Absage (von Exchange)",
    "mail": "Mail",
    "active": "Eingeschaltet",
    "well_now": "Alles läuft.",
    "calendar_down": "Kalender antwortet nicht (503)",
    "throttled": "Kalender gedrosselt (429)",
    "mail_down": "Mailversand gestört (503)",
    "lost_answer": "Nächste Antwort nach dem Schreiben geht verloren (504)",
    "login_down": "Anmeldung verweigert (401)",
    "dead_mailbox": "Postfach verschwunden",
    "all_well": "Alles heil",
    "gone": "Das gibt es nicht (mehr).",
    "back": "Zum Kalender",
    "new_start": "Neuer Beginn",
    "move": "Verschieben",
    "delete": "Löschen",
    "search": "Suche nach",
    "find": "Suchen",
    "of": "von",
    "page_before": "← Davor",
    "page_after": "Danach →",
    "found_none": "Nichts gefunden.",
    "address": "Adresse",
}
_EN = {
    "title": "Outlook (stand-in)",
    "note": "Runs on this computer only. Nothing is sent anywhere.",
    "calendar": "Calendar",
    "mails": "Mails",
    "faults": "Faults",
    "week": "Week",
    "previous": "← Previous",
    "this_week": "This week",
    "next": "Next →",
    "nothing": "Nothing planned",
    "all_day": "all day",
    "private": "Private",
    "no_subject": "(no subject)",
    "booking": "booked by the bot",
    "busy": "busy",
    "tentative": "tentative",
    "oof": "out of office",
    "free": "free",
    "workingElsewhere": "working elsewhere",
    "when": "When",
    "where": "Where",
    "whose": "Calendar of",
    "status": "Shown as",
    "attendees": "Attendees",
    "categories": "Categories",
    "join": "Teams meeting",
    "marks": "Properties",
    "cancelled": "Cancelled",
    "from": "From",
    "to": "To",
    "sent": "Sent",
    "attachments": "Attachments",
    "no_mails": "No mail was sent yet.",
    "text": "Text",
    "invitation": "Invitation (by Exchange)",
    "cancellation": "Cancellation (by Exchange)",
    "mail": "Mail",
    "active": "Switched on",
    "well_now": "All is well.",
    "calendar_down": "Calendar does not answer (503)",
    "throttled": "Calendar throttled (429)",
    "mail_down": "Mail does not go out (503)",
    "lost_answer": "Next answer after a write gets lost (504)",
    "login_down": "Login refused (401)",
    "dead_mailbox": "Mailbox gone",
    "all_well": "All well",
    "gone": "That does not exist (any more).",
    "back": "To the calendar",
    "new_start": "New start",
    "move": "Move",
    "delete": "Delete",
    "search": "Search for",
    "find": "Find",
    "of": "of",
    "page_before": "← Before",
    "page_after": "After →",
    "found_none": "Nothing found.",
    "address": "Address",
}
TEXTS = {"de": _DE, "en": _EN}
_DAYS = {
    "de": ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def language(asked: str | None, accepted: str) -> str:
    """Return de or en: what was asked for, else the browser's first known language."""
    if asked in TEXTS:
        return asked
    for part in accepted.lower().split(","):
        code = part.strip()[:2]
        if code in TEXTS:
            return code
    return "en"


def day_text(day: date, lang: str) -> str:
    """Return a short day, as `Mo 23.11.` or `Mon 23 Nov`."""
    name = _DAYS[lang][day.weekday()]
    if lang == "de":
        return f"{name} {day:%d.%m.}"
    return f"{name} {day.day} {_MONTHS[day.month - 1]}"
