"""The table of routes below /v1.0 with the application roles of each."""

from graph.emulator import delta, directory, events, mail, schedule, subscriptions
from graph.emulator.router import Router

_READ_BASIC = ("Calendars.ReadBasic", "Calendars.ReadBasic.All", "Calendars.Read")
_WRITE = "Calendars.ReadWrite"
_USERS = ("User.ReadBasic.All", "User.Read.All")
_USER, _EVENT = "/users/{user-id}", "/users/{user-id}/events/{event-id}"
_CALENDARS = ("", "/calendar", "/calendars/{calendar-id}")


def graph_routes() -> Router:
    """All routes but $batch, which answers by means of them."""
    router = Router()
    _add_directory(router)
    _add_calendar(router)
    _add_event(router)
    _add_mail(router)
    _add_subscriptions(router)
    return router


def _add_directory(router: Router) -> None:
    settings = ("MailboxSettings.Read", "MailboxSettings.ReadWrite")
    zones = f"{_USER}/outlook/supportedTimeZones"
    router.add("GET", "/users", directory.users, *_USERS)
    router.add("GET", _USER, directory.user, *_USERS)
    router.add("GET", f"{_USER}/mailboxSettings", directory.mailbox_settings, *settings)
    for form in ("()", "(TimeZoneStandard='Iana')", "(TimeZoneStandard='Windows')"):
        router.add("GET", f"{zones}{form}", directory.supported_time_zones, *_USERS)
    router.add("GET", "/places/microsoft.graph.room", directory.rooms, "Place.Read.All")


def _add_calendar(router: Router) -> None:
    readers = (*_READ_BASIC, _WRITE)
    schedule_route = f"{_USER}/calendar/getSchedule"
    router.add("GET", f"{_USER}/calendar", directory.calendar, *readers)
    router.add("GET", f"{_USER}/calendars", directory.calendars, *readers)
    router.add("GET", f"{_USER}/calendars/{{calendar-id}}", directory.calendar, *readers)
    router.add("POST", schedule_route, schedule.get_schedule, *readers)
    for calendar in ("", "/calendar"):
        router.add("GET", f"{_USER}{calendar}/calendarView/delta()", delta.delta, *readers)
    for calendar in _CALENDARS:
        router.add("GET", f"{_USER}{calendar}/calendarView", events.view, *readers)
        router.add("GET", f"{_USER}{calendar}/events", events.listing, *readers)
        router.add("POST", f"{_USER}{calendar}/events", events.create, _WRITE)


def _add_event(router: Router) -> None:
    readers = (*_READ_BASIC, _WRITE)
    router.add("GET", _EVENT, events.read, *readers)
    router.add("PATCH", _EVENT, events.change, _WRITE)
    router.add("DELETE", _EVENT, events.delete, _WRITE)
    router.add("GET", f"{_EVENT}/instances", events.instances, *readers)
    actions = {
        "cancel": events.cancel,
        "accept": events.accept,
        "tentativelyAccept": events.tentatively_accept,
        "decline": events.decline,
        "permanentDelete": events.delete,
    }
    for name, handler in actions.items():
        router.add("POST", f"{_EVENT}/{name}", handler, _WRITE)


def _add_mail(router: Router) -> None:
    readers = ("Mail.Read", "Mail.ReadWrite", "Mail.ReadBasic.All")
    router.add("POST", f"{_USER}/sendMail", mail.send_mail, "Mail.Send")
    for folder in ("", "/mailFolders/SentItems"):
        messages = f"{_USER}{folder}/messages"
        router.add("GET", messages, mail.messages, *readers)
        router.add("GET", f"{messages}/{{message-id}}", mail.message, *readers)
        router.add("GET", f"{messages}/{{message-id}}/attachments", mail.attachments, *readers)


def _add_subscriptions(router: Router) -> None:
    readers = ("Calendars.Read", _WRITE)
    one = "/subscriptions/{subscription-id}"
    router.add("GET", "/subscriptions", subscriptions.listing)
    router.add("POST", "/subscriptions", subscriptions.create, *readers)
    router.add("GET", one, subscriptions.read)
    router.add("PATCH", one, subscriptions.renew, *readers)
    router.add("DELETE", one, subscriptions.delete)
    router.add("POST", f"{one}/reauthorize", subscriptions.reauthorize, *readers)
