"""Users, mailbox settings, calendars, zones and rooms."""

from graph.emulator.call import Answer, Call
from graph.emulator.errors import Refusal
from graph.emulator.event import Json
from graph.emulator.event_output import working_hours
from graph.emulator.events import mailbox_of
from graph.emulator.query import filter_test, order, page, select
from graph.emulator.tenant import Mailbox
from graph.emulator.times import write_moment
from graph.emulator.zones import all_zones, windows_name

_DEFAULT = [
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
]


def users(call: Call) -> Answer:
    """GET users."""
    text = call.option("$filter") or ""
    advanced = call.option("$search") or " ne " in text or "endswith(" in text.lower()
    if advanced and call.headers.get("consistencylevel", "").lower() != "eventual":
        raise Refusal(
            400,
            "Request_UnsupportedQuery",
            "The query needs the header ConsistencyLevel: eventual and $count=true.",
        )
    matches = filter_test(text)
    boxes = [m for m in call.tenant.mailboxes.values() if call.tenant.find(m.mail)]
    items = [i for i in (_user(m) for m in boxes) if matches(i, None)]
    body = page(call, order(call, items), default=100, largest=999)
    body["value"] = [_picked(call, item) for item in body["value"]]
    return Answer(body={"@odata.context": call.context("users"), **body})


def user(call: Call) -> Answer:
    """GET users/{id}."""
    name = call.params["user-id"]
    mailbox = call.tenant.find(name)
    if mailbox is None:
        raise Refusal(
            404,
            "Request_ResourceNotFound",
            f"Resource '{name}' does not exist or one of its queried reference-property objects "
            "are not present.",
        )
    item = _picked(call, _user(mailbox))
    return Answer(body={"@odata.context": call.context("users/$entity"), **item})


def _picked(call: Call, item: Json) -> Json:
    if call.option("$select"):
        return select(call, item)
    return {name: item[name] for name in _DEFAULT}


def _user(mailbox: Mailbox) -> Json:
    given, _, surname = mailbox.name.rpartition(" ")
    return {
        "id": mailbox.object_id,
        "businessPhones": [],
        "displayName": mailbox.name,
        "givenName": given or None,
        "jobTitle": None,
        "mail": mailbox.mail,
        "mobilePhone": None,
        "officeLocation": None,
        "preferredLanguage": "de-DE",
        "surname": surname or None,
        "userPrincipalName": mailbox.mail,
        "accountEnabled": mailbox.kind == "user",
    }


def mailbox_settings(call: Call) -> Answer:
    """GET mailboxSettings."""
    mailbox = mailbox_of(call)
    zone = windows_name(mailbox.zone)
    moment = write_moment(call.now.replace(minute=0, second=0, microsecond=0), "UTC")
    body: Json = {
        "@odata.context": call.context(f"users('{mailbox.object_id}')/mailboxSettings"),
        "archiveFolder": None,
        "timeZone": zone,
        "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
        "dateFormat": "dd.MM.yyyy",
        "timeFormat": "HH:mm",
        "userPurpose": mailbox.kind,
        "automaticRepliesSetting": {
            "status": "disabled",
            "externalAudience": "all",
            "internalReplyMessage": "",
            "externalReplyMessage": "",
            "scheduledStartDateTime": moment,
            "scheduledEndDateTime": moment,
        },
        "language": {"locale": "de-DE", "displayName": "Deutsch (Deutschland)"},
        "workingHours": working_hours(mailbox.zone),
    }
    return Answer(body=body)


def calendar(call: Call) -> Answer:
    """GET calendar and calendars/{id}."""
    mailbox = mailbox_of(call)
    context = call.context(f"users('{mailbox.object_id}')/calendars/$entity")
    return Answer(body={"@odata.context": context, **select(call, _calendar(call, mailbox))})


def calendars(call: Call) -> Answer:
    """GET calendars: everybody has one."""
    mailbox = mailbox_of(call)
    context = call.context(f"users('{mailbox.object_id}')/calendars")
    item = select(call, _calendar(call, mailbox))
    return Answer(body={"@odata.context": context, "value": [item]})


def _calendar(call: Call, mailbox: Mailbox) -> Json:
    teams = call.tenant.options.online_meetings
    return {
        "id": mailbox.calendar_id,
        "name": "Kalender",
        "color": "auto",
        "hexColor": "",
        "isDefaultCalendar": True,
        "changeKey": mailbox.calendar_id[-24:],
        "canShare": True,
        "canViewPrivateItems": True,
        "canEdit": True,
        "allowedOnlineMeetingProviders": ["teamsForBusiness"] if teams else [],
        "defaultOnlineMeetingProvider": "teamsForBusiness" if teams else "unknown",
        "isTallyingResponses": True,
        "isRemovable": False,
        "owner": {"name": mailbox.name, "address": mailbox.mail},
    }


def supported_time_zones(call: Call) -> Answer:
    """GET outlook/supportedTimeZones, Windows names unless IANA ones are asked for."""
    mailbox_of(call)
    asked = call.segments[-1].lower()
    context = call.context("Collection(microsoft.graph.timeZoneInformation)")
    rows = all_zones("iana" if "iana" in asked else "windows")
    return Answer(body={"@odata.context": context, "value": rows})


def rooms(call: Call) -> Answer:
    """GET places/microsoft.graph.room."""
    found = [m for m in call.tenant.mailboxes.values() if m.kind == "room"]
    body = page(call, [_room(m) for m in found], default=100)
    return Answer(body={"@odata.context": call.context("places/microsoft.graph.room"), **body})


def _room(mailbox: Mailbox) -> Json:
    return {
        "id": mailbox.object_id,
        "emailAddress": mailbox.mail,
        "displayName": mailbox.name,
        "nickname": mailbox.name,
        "bookingType": "standard",
        "capacity": 8,
        "isWheelChairAccessible": True,
        "tags": [],
    }
