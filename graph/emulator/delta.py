"""calendarView/delta: rounds of pages, links into the record of changes.

A link carries its window and its place, so it stays good as long as the record reaches back.
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import quote

from pydantic import TypeAdapter, ValidationError

from graph.emulator.call import Answer, Call
from graph.emulator.errors import Refusal, bad_request
from graph.emulator.event import Event, Json
from graph.emulator.event_output import write_event
from graph.emulator.events import mailbox_of, window_of
from graph.emulator.journal import Change, Journal, views
from graph.emulator.query import preferred_size
from graph.emulator.tenant import Mailbox
from graph.emulator.times import write_instant

_REFUSED = ("$orderby", "$filter", "$select", "$expand", "$search")
_DEFAULT_PAGE = 10
_WHOLE = -1
_BARE = ("@odata.type", "@odata.etag", "id", "seriesMasterId", "type", "start", "end")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a round stands: changes after `since` up to `until`; `last` was shown last."""

    mailbox: str
    life: str
    since: int
    until: int
    start: datetime
    end: datetime
    issued: datetime
    last: str | None = None

    @property
    def needed(self) -> int:
        """How far back the record must reach."""
        return self.until if self.since == _WHOLE else self.since


@dataclass(frozen=True, slots=True)
class _Gone:
    plain: str
    immutable: str


_PLACE = TypeAdapter(_Place)
_Rows = dict[str, Event | _Gone]


def delta(call: Call) -> Answer:
    """GET calendarView/delta: the first request, the next page, or the next round."""
    mailbox = mailbox_of(call)
    _check_options(call)
    is_new = mailbox.object_id not in call.tenant.sync.journals
    journal = call.tenant.sync.journal(mailbox.object_id, mailbox.events.values())
    place = _place(call, mailbox, journal)
    rows = (
        _whole(call, mailbox, place)
        if place.since == _WHOLE
        else _changed(call, mailbox, place, journal.since(place.since))
    )
    # a record that has begun is kept, or a restart would lose the links into it
    return Answer(body=_page(call, mailbox, place, rows), wrote=is_new)


def _check_options(call: Call) -> None:
    if any(call.option(name) is not None for name in _REFUSED):
        raise bad_request(
            "The following parameters are not supported with change tracking over the "
            f"'CalendarView' resource: '{', '.join(_REFUSED)}'.",
            "ErrorInvalidUrlQuery",
        )


def _place(call: Call, mailbox: Mailbox, journal: Journal) -> _Place:
    """Read the token; none or an empty $deltatoken begins a full round."""
    token, skip = call.option("$deltatoken"), call.option("$skiptoken")
    if not token and not skip:
        start, end = window_of(call)
        return _Place(
            mailbox.object_id, journal.life, _WHOLE, journal.sequence, start, end, call.now
        )
    place, is_ours = _read(call, skip or token or "")
    if place.mailbox != mailbox.object_id:
        raise _malformed()
    life = call.tenant.options.delta_token_seconds
    is_old = life is not None and call.now - place.issued > timedelta(seconds=life)
    if is_old or not is_ours or not journal.knows(place.life, place.needed):
        raise _lost(call, place)
    if skip:
        return place
    # an item may come once more in the next round
    since = max(place.since - call.tenant.options.delta_replays, journal.floor)
    return replace(place, since=since, until=journal.sequence)


def _read(call: Call, token: str) -> tuple[_Place, bool]:
    """Return what a token says, and whether this tenant wrote it."""
    payload, _, mark = token.partition(".")
    try:
        place = _PLACE.validate_json(base64.urlsafe_b64decode(payload + "=="))
    except (ValueError, binascii.Error, ValidationError):
        raise _malformed() from None
    return place, hmac.compare_digest(mark.encode(), _mark(call, payload).encode())


def _mark(call: Call, payload: str) -> str:
    key = call.tenant.token_key.encode()
    return hmac.new(key, payload.encode(), hashlib.sha256).hexdigest()[:16]


def _write(call: Call, place: _Place) -> str:
    text = json.dumps(asdict(place), default=lambda moment: moment.isoformat())
    payload = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    return f"{payload}.{_mark(call, payload)}"


def _malformed() -> Refusal:
    return bad_request("Badly formed token.", "SyncStateInvalid")


def _lost(call: Call, place: _Place) -> Refusal:
    options = call.tenant.options
    headers = {}
    if options.lost_token_status == 410:
        window = "&".join(
            f"{name}={quote(write_instant(moment), safe='')}"
            for name, moment in (("startDateTime", place.start), ("endDateTime", place.end))
        )
        headers["Location"] = f"{_address(call)}?{window}&$deltatoken="
    message = "The sync state generation is not found; a full synchronization is needed."
    return Refusal(options.lost_token_status, options.lost_token_code, message, headers=headers)


def _address(call: Call) -> str:
    path = "/".join(quote(s, safe="()") for s in call.segments)
    return f"{call.origin}/v1.0/{path}"


def _whole(call: Call, mailbox: Mailbox, place: _Place) -> _Rows:
    rows: _Rows = {}
    for event in mailbox.events.values():
        rows |= _shown(call, event, place)
    return rows


def _shown(call: Call, event: Event | None, place: _Place) -> _Rows:
    """Return what the window holds of one item; the master too where occurrences come bare."""
    found = views(event, place.start, place.end) if event is not None else []
    rows: _Rows = {view.shown_id(immutable=False): view for view in found}
    if rows and event is not None and call.tenant.options.delta_series == "bare":
        rows[event.id] = event
    return rows


def _changed(
    call: Call, mailbox: Mailbox, place: _Place, changes: dict[str, list[Change]]
) -> _Rows:
    rows: _Rows = {}
    for event_id, of_item in changes.items():
        shown = _shown(call, mailbox.events.get(event_id), place)
        if call.tenant.options.delta_series == "bare":
            gone: _Rows = {event_id: _Gone(event_id, of_item[-1].immutable_id)}
            rows |= shown or gone
        else:
            rows |= {**_former(of_item, place), **shown}
    return rows


def _former(changes: list[Change], place: _Place) -> _Rows:
    """Return every id that earlier states may have shown."""
    rows: _Rows = {}
    for change in changes:
        if change.was_single:
            rows[change.event_id] = _Gone(change.event_id, change.immutable_id)
        for view in views(change.before, place.start, place.end) if change.before else []:
            plain = view.shown_id(immutable=False)
            rows[plain] = _Gone(plain, view.shown_id(immutable=True))
    return rows


def _page(call: Call, mailbox: Mailbox, place: _Place, rows: _Rows) -> Json:
    """One page by order of ids: what does not change between two pages is never left out."""
    size = preferred_size(call, _DEFAULT_PAGE)
    left = sorted(key for key in rows if place.last is None or key > place.last)
    is_blank = place.last is None and call.tenant.options.delta_empty_pages
    keys = [] if is_blank else left[:size]
    context = call.context("Collection(event)")
    value = [_item(call, mailbox, rows[key]) for key in keys]
    if is_blank or len(left) > len(keys):
        following = replace(place, last=keys[-1] if keys else "")
        link = {"@odata.nextLink": f"{_address(call)}?$skiptoken={_write(call, following)}"}
    else:
        done = replace(place, since=place.until, issued=call.now, last=None)
        link = {"@odata.deltaLink": f"{_address(call)}?$deltatoken={_write(call, done)}"}
    return {"@odata.context": context, **link, "value": value}


def _item(call: Call, mailbox: Mailbox, row: Event | _Gone) -> Json:
    kind = {"@odata.type": "#microsoft.graph.event"}
    if isinstance(row, _Gone):
        identity = row.immutable if call.wants_immutable_ids else row.plain
        return {**kind, "id": identity, "@removed": {"reason": "deleted"}}
    whole = {**kind, **write_event(call, mailbox, row)}
    if row.type == "occurrence" and call.tenant.options.delta_series == "bare":
        return {name: whole[name] for name in _BARE}
    return whole
