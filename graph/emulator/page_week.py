"""The week of all calendars, and one event."""

from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from graph.emulator.event import Event
from graph.emulator.markup import Html, el, join
from graph.emulator.page_search import MOST_ROWS, Wanted, listed
from graph.emulator.page_texts import TEXTS, day_text
from graph.emulator.schedule import BusyItem, busy_items, items_between
from graph.emulator.tenant import Mailbox, Tenant
from graph.emulator.times import midnight
from graph.emulator.zones import windows_name


def monday_of(day: date) -> date:
    """Return the Monday of a week."""
    return day - timedelta(days=day.weekday())


def week_page(tenant: Tenant, monday: date, today: date, lang: str, wanted: Wanted) -> Html:
    """Return the week: a row per mailbox on a desktop, one under the other on a phone."""
    words = TEXTS[lang]
    people = listed(_people(tenant), wanted, lambda box: f"{box.name} {box.mail}")
    boxes = people.rows
    items = {box.mail: _by_day(box, monday) for box in boxes}
    busy_days = {day for days in items.values() for day, found in days.items() if found}
    last = max([4, *((day - monday).days for day in busy_days)])
    days = [monday + timedelta(days=n) for n in range(last + 1)]
    cells = [el("div", words["week"], f" {monday.isocalendar().week}", cls="corner")]
    cells += [_day_head(day, today, lang) for day in days]
    for box in boxes:
        cells.append(_person(box))
        cells += [_cell(box, day, items[box.mail].get(day, []), today, lang) for day in days]
    head = f"{words['week']} {monday.isocalendar().week}"
    board = el("div", *cells, cls=f"board cols{len(days)}")
    search = people.search("/", lang, week=monday.isoformat())
    steps = _steps(monday, lang, people.wanted)
    return join(el("h1", head), search, steps, board, _legend(lang))


def _people(tenant: Tenant) -> list[Mailbox]:
    boxes = [m for m in tenant.mailboxes.values() if tenant.find(m.mail)]
    if len(boxes) <= MOST_ROWS:
        return boxes
    # among thousands one looks for what the bot did
    return sorted(boxes, key=lambda box: not (box.content.held and box.content.overlay()[0]))


def _by_day(box: Mailbox, monday: date) -> dict[date, list[BusyItem]]:
    zone = ZoneInfo(box.zone)
    start, end = midnight(monday, zone), midnight(monday + timedelta(days=7), zone)
    found: dict[date, list[BusyItem]] = {}
    for item in _shown(box, start, end):
        day = max(item.start, start).astimezone(zone).date()
        found.setdefault(day, []).append(item)
        while midnight(day := day + timedelta(days=1), zone) < min(item.end, end):
            found.setdefault(day, []).append(item)
    return found


def _shown(box: Mailbox, start: datetime, end: datetime) -> list[BusyItem]:
    cancelled = [
        BusyItem(e, e.start, e.end, "free")
        for e in items_between(box, start, end)
        if e.is_cancelled
    ]
    found = [*busy_items(box, start, end, windows_name(box.zone)), *cancelled]
    return sorted(found, key=lambda i: (not i.event.is_all_day, i.start, i.end))


def _day_head(day: date, today: date, lang: str) -> Html:
    return el("div", day_text(day, lang), cls=f"dayhead{' today' if day == today else ''}")


def _person(box: Mailbox) -> Html:
    return el("div", el("h2", box.name, el("small", box.mail)), cls="person")


def _cell(box: Mailbox, day: date, found: list[BusyItem], today: date, lang: str) -> Html:
    shown = [_item(box, item, lang) for item in found]
    empty = el("p", TEXTS[lang]["nothing"])
    head = el("h3", day_text(day, lang))
    return el("div", head, *(shown or [empty]), cls=f"day{' today' if day == today else ''}")


def _item(box: Mailbox, item: BusyItem, lang: str) -> Html:
    event = item.event
    name = subject(event, lang)
    kind = "booking" if event.extended and not event.is_cancelled else item.status
    gone = " gone" if event.is_cancelled else ""
    return el(
        "a",
        el("b", span_text(box, event, lang)),
        " ",
        name,
        cls=f"item {kind}{gone}",
        href=f"/events/{quote(box.mail)}/{quote(event.shown_id(immutable=False), safe='')}"
        f"?lang={lang}",
    )


def subject(event: Event, lang: str) -> str:
    """Return the subject; private ones are not shown."""
    if event.facts.get("sensitivity") in {"private", "confidential"}:
        return TEXTS[lang]["private"]
    return event.facts.get("subject") or TEXTS[lang]["no_subject"]


def span_text(box: Mailbox, event: Event, lang: str) -> str:
    """Return the times in the mailbox's zone."""
    if event.is_all_day:
        return TEXTS[lang]["all_day"]
    zone = ZoneInfo(box.zone)
    return f"{event.start.astimezone(zone):%H:%M}–{event.end.astimezone(zone):%H:%M}"


def _steps(monday: date, lang: str, wanted: Wanted) -> Html:
    words = TEXTS[lang]
    before, after = monday - timedelta(days=7), monday + timedelta(days=7)
    weeks = (
        ("previous", wanted.as_query(week=before.isoformat(), lang=lang)),
        ("this_week", wanted.as_query(lang=lang)),
        ("next", wanted.as_query(week=after.isoformat(), lang=lang)),
    )
    links = [el("a", words[name], href=f"/{query}") for name, query in weeks]
    return el("div", *links, cls="steps")


def _legend(lang: str) -> Html:
    kinds = ("booking", "busy", "tentative", "oof", "workingElsewhere", "free")
    rows = [el("li", el("span", TEXTS[lang][kind], cls=f"item {kind}")) for kind in kinds]
    return el("ul", *rows, cls="legend")


def event_page(box: Mailbox, event: Event, lang: str, body_path: str) -> Html:
    """Return everything the store holds about one event."""
    words = TEXTS[lang]
    zone = UTC if event.is_all_day else ZoneInfo(box.zone)
    day = event.start.astimezone(zone).date()
    facts = event.facts
    rows = {
        "when": f"{day_text(day, lang)} {day.year}, {span_text(box, event, lang)} ({box.zone})",
        "whose": f"{box.name} <{box.mail}>",
        "where": (facts.get("location") or {}).get("displayName") or "–",
        "status": words.get(facts.get("showAs") or "busy", "–"),
        "attendees": ", ".join(_attendee(a) for a in event.attendees) or "–",
        "categories": ", ".join(facts.get("categories") or []) or "–",
        "join": (event.online_meeting or {}).get("joinUrl") or "–",
        "marks": ", ".join(f"{k} = {v}" for k, v in event.extended.items()) or "–",
    }
    listed = [part for k, v in rows.items() for part in (el("dt", words[k]), el("dd", v))]
    title = subject(event, lang)
    if event.is_cancelled:
        title = f"{words['cancelled']}: {title}"
    text = el("iframe", src=body_path, sandbox="", title=words["text"])
    parts = [el("h1", title), el("div", el("dl", *listed), cls="card")]
    if _is_editable(event):
        parts.append(_edit_form(box, event, lang, body_path.removesuffix("/text")))
    return join(*parts, text)


def _is_editable(event: Event) -> bool:
    return event.day is None and not event.is_cancelled and not event.is_all_day


def _edit_form(box: Mailbox, event: Event, lang: str, path: str) -> Html:
    words = TEXTS[lang]
    start = f"{event.start.astimezone(ZoneInfo(box.zone)):%Y-%m-%dT%H:%M}"
    field = el("input", type="datetime-local", name="start", value=start, required=True)
    return el(
        "form",
        el("label", words["new_start"], " ", field),
        " ",
        el("button", words["move"], name="do", value="move"),
        " ",
        el("button", words["delete"], name="do", value="delete"),
        method="post",
        action=f"{path}?lang={lang}",
    )


def edit_event(box: Mailbox, event: Event, form: dict[str, str], now: datetime) -> bool:
    """Move it, as long as it is, or take it out; tell whether anything was done."""
    if not _is_editable(event):
        return False
    if form.get("do") == "delete":
        box.take_out(event)
        return True
    try:
        wall = datetime.fromisoformat(form.get("start", "")).replace(tzinfo=None)
        start = wall.replace(tzinfo=ZoneInfo(box.zone)).astimezone(UTC)
        event.start, event.end = start, start + (event.end - event.start)
    except (ValueError, OverflowError):
        return False
    event.touched(now)
    box.changed(event)
    return True


def _attendee(given: dict[str, dict[str, str]]) -> str:
    address, status = given["emailAddress"], given.get("status") or {}
    return f"{address.get('name') or address.get('address')} ({status.get('response') or 'none'})"
