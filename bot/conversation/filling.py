"""Takes everything a message said into the draft; asks nothing and reaches nobody."""

from dataclasses import dataclass, field, replace

from bot.conversation import checks, holding, times, wishes
from bot.conversation.draft import Draft
from bot.conversation.replies import Reply, Said
from bot.conversation.setting import Setting
from bot.conversation.wording import join_or, place_words
from bot.texts import text
from bot.understanding.people import MOST
from bot.understanding.utterance import Utterance
from scheduling.catalog import Service


@dataclass(frozen=True, slots=True)
class Filled:
    """The draft with what was said, remarks to make, and facts that will not do."""

    draft: Draft
    remarks: tuple[Reply, ...] = ()
    errors: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)


def has_content(said: Utterance) -> bool:
    """Tell whether a message says anything about a booking."""
    return bool(
        not said.wish.is_empty
        or said.service_ids
        or said.staff_ids
        or said.excluded_staff_ids
        or said.any_staff
        or said.location_ids
        or said.way
        or said.dont_care
        or said.duration_minutes
        or said.people
        or said.name
        or said.email
        or said.phone
    )


def still_offered(draft: Draft, setting: Setting) -> Draft:
    """Drop what a changed business file no longer has; the hold of a service gone runs out.

    What needs an invitation is not there for a chat.
    """
    services = {s.id: s for s in setting.business.services if not s.needs_invitation}
    service = services.get(draft.service_id or "")

    def is_there(staff_id: str | None) -> bool:
        return staff_id is not None and setting.business.has_staff_member(staff_id)

    if draft.service_id is not None and service is None:
        draft = replace(holding.reopened(draft), service_id=None, hold_id=None, step="service")
    if draft.hold_staff_id is not None and not is_there(draft.hold_staff_id):
        draft = replace(holding.reopened(draft), hold_id=None)
    return replace(
        draft,
        staff_id=draft.staff_id if is_there(draft.staff_id) else None,
        excluded_staff_ids=tuple(i for i in draft.excluded_staff_ids if is_there(i)),
        staff_candidates=tuple(i for i in draft.staff_candidates if is_there(i)),
        service_candidates=tuple(i for i in draft.service_candidates if i in services),
    )


def fill(draft: Draft, said: Utterance, setting: Setting) -> Filled:
    """Fill in service, duration, staff, wish and contact fields, whatever was asked."""
    before = draft
    draft = with_service_of(draft, said, setting)
    draft = _with_duration(draft, said, setting)
    draft, remarks = _with_staff(draft, said, setting)
    draft, elsewhere = _with_location(draft, said, setting)
    draft, counted = _with_people(draft, said)
    remarks = (*remarks, *elsewhere, *counted)
    draft = _with_wish(draft, said)
    if _asks_for_other_times(before, draft):
        draft = replace(draft, offered=(), offer_id="", earlier_pages=(), note_key="")
        if not _held_time_fits(draft, before, setting):
            draft = holding.reopened(draft)
    return _with_facts(draft, said, setting, remarks)


def with_service(draft: Draft, service: Service) -> Draft:
    """Change the service and drop only what the new one cannot use."""
    if draft.service_id == service.id:
        return replace(draft, service_candidates=())
    minutes = draft.duration_minutes
    lengths = {int(d.total_seconds()) // 60 for d in service.durations}
    ids = {q.id for q in service.questions}
    return replace(
        draft,
        service_id=service.id,
        service_candidates=(),
        duration_minutes=minutes if minutes in lengths else None,
        location_id=_known_location(draft.location_id, service),
        answers={k: v for k, v in draft.answers.items() if k in ids},
        # the wording belongs to the service: agreed to again
        consents={k: v for k, v in draft.consents.items() if k != "consent"},
        asked=(),
        # what is moved keeps its service
        moving="",
    )


def with_service_of(draft: Draft, said: Utterance, setting: Setting) -> Draft:
    """Take the service that a message names, or the ones it might mean."""
    ids = said.service_ids
    if not ids or (len(ids) > 1 and draft.service_id in ids):
        return draft
    if len(ids) == 1:
        return with_service(draft, setting.business.service(ids[0]))
    return replace(draft, service_id=None, service_candidates=ids)


def _with_duration(draft: Draft, said: Utterance, setting: Setting) -> Draft:
    if said.duration_minutes is None or draft.service_id is None:
        return draft
    service = setting.business.service(draft.service_id)
    lengths = {int(d.total_seconds()) // 60 for d in service.durations}
    if said.duration_minutes not in lengths or len(lengths) == 1:
        return draft
    return replace(draft, duration_minutes=said.duration_minutes)


def _with_staff(
    draft: Draft, said: Utterance, setting: Setting
) -> tuple[Draft, tuple[Reply, ...]]:
    excluded = tuple(dict.fromkeys((*draft.excluded_staff_ids, *said.excluded_staff_ids)))
    draft = replace(draft, excluded_staff_ids=excluded)
    if draft.staff_id in said.excluded_staff_ids:
        draft = replace(draft, staff_id=None)
    if said.any_staff:
        draft = replace(draft, staff_id=None, staff_candidates=(), excluded_staff_ids=())
    elif len(said.staff_ids) == 1:
        named = said.staff_ids[0]
        kept = tuple(i for i in excluded if i != named)
        draft = replace(draft, staff_id=named, staff_candidates=(), excluded_staff_ids=kept)
    elif said.staff_ids and draft.staff_id not in said.staff_ids:
        draft = replace(draft, staff_candidates=said.staff_ids)
    draft = _with_either(draft, said, setting)
    return without_unfit_staff(draft, setting)


def _with_either(draft: Draft, said: Utterance, setting: Setting) -> Draft:
    """Leave of the people who are asked about those not ruled out; "egal" means any of them."""
    left = tuple(i for i in draft.staff_candidates if i not in draft.excluded_staff_ids)
    draft = replace(draft, staff_candidates=left)
    is_asked = bool(said.staff_ids) or draft.step == "staff"
    if not (left and said.dont_care and is_asked and draft.service_id):
        return draft
    serving = setting.business.service(draft.service_id).staff_ids
    others = tuple(i for i in serving if i not in left)
    excluded = tuple(dict.fromkeys((*draft.excluded_staff_ids, *others)))
    return replace(draft, staff_candidates=(), excluded_staff_ids=excluded)


def without_unfit_staff(draft: Draft, setting: Setting) -> tuple[Draft, tuple[Reply, ...]]:
    """Drop a named staff member who does not offer the service, and say so."""
    if draft.service_id is None:
        return draft, ()
    if draft.staff_id is None and not draft.staff_candidates:
        return draft, ()
    service = setting.business.service(draft.service_id)
    serving = set(service.staff_ids)
    able = tuple(i for i in draft.staff_candidates if i in serving)
    draft = replace(draft, staff_candidates=able if len(able) > 1 else ())
    if len(able) == 1:
        draft = replace(draft, staff_id=able[0])
    if draft.staff_id is None or draft.staff_id in serving:
        return draft, ()
    name = setting.business.staff_member(draft.staff_id).name
    words = {"name": name, "service": service.name.in_language(draft.language)}
    return replace(draft, staff_id=None), (Said("staff_not_for_service", words),)


def _with_location(
    draft: Draft, said: Utterance, setting: Setting
) -> tuple[Draft, tuple[Reply, ...]]:
    """Take a place that was named; one that the service is not offered at is remarked on."""
    if len(said.location_ids) != 1:
        return _with_way(draft, said.way, setting) if said.way else (draft, ())
    (named,) = said.location_ids
    if draft.service_id is None:
        return replace(draft, location_id=named), ()
    service = setting.business.service(draft.service_id)
    if named in {location.id for location in service.locations}:
        return replace(draft, location_id=named), ()
    place = next(p for p in setting.business.places if p.id == named)
    words = {
        "place": place.name.in_language(draft.language),
        "service": service.name.in_language(draft.language),
    }
    return draft, (Said("place_not_for_service", words),)


def _with_people(draft: Draft, said: Utterance) -> tuple[Draft, tuple[Reply, ...]]:
    """Write how many come into the note: one booking is made, and who serves knows of the others.

    A note of the customer's own stays as it is.
    """
    if said.people is None:
        return draft, ()
    ours = {
        text("people_note", language, count=str(count))
        for language in ("de", "en")
        for count in range(2, MOST + 1)
    }
    note = text("people_note", draft.language, count=str(said.people))
    if draft.note == note or (draft.note and draft.note not in ours):
        return draft, ()
    return replace(draft, note=note), (Said("people_noted", {"people": str(said.people)}),)


def _with_way(draft: Draft, way: str, setting: Setting) -> tuple[Draft, tuple[Reply, ...]]:
    """Take "by phone" or "vor Ort"; of several places none is chosen yet."""
    if draft.service_id is None:
        return replace(draft, location_id=way), ()
    service = setting.business.service(draft.service_id)
    fitting = checks.locations_by_way(way, service)
    if fitting:
        ids = {location.id for location in fitting}
        kept = draft.location_id if draft.location_id in ids else _known_location(way, service)
        return replace(draft, location_id=kept), ()
    words = {
        "service": service.name.in_language(draft.language),
        "ways": join_or(
            [place_words(x, draft.language) for x in service.locations], draft.language
        ),
    }
    return draft, (Said("way_not_for_service", words),)


def _known_location(location_id: str | None, service: Service) -> str | None:
    """Return the id if the service is offered there; of a way of meeting, its only location."""
    if location_id is None or location_id in {location.id for location in service.locations}:
        return location_id
    fitting = checks.locations_by_way(location_id, service)
    return fitting[0].id if len(fitting) == 1 else None


def _with_wish(draft: Draft, said: Utterance) -> Draft:
    if len(said.wish.readings) > 1:
        return replace(holding.reopened(draft), readings=said.wish.readings)
    if draft.readings and (meant := wishes.reading_meant(draft.readings, said.wish, said.choice)):
        said = replace(said, wish=meant)
    if not said.wish.is_empty:
        draft = replace(draft, readings=())
    old = draft.wish
    if said.dont_care and draft.step == "slot":
        old = wishes.only_exclusions(old)
    elif draft.note_key == "no_match" and not said.wish.alternatives:
        # nothing was free then; "as early as possible" now gives up the day
        old = old if said.wish.is_empty else wishes.only_exclusions(old)
    return replace(draft, wish=wishes.merge(old, said.wish, adds=said.adds))


def _asks_for_other_times(before: Draft, after: Draft) -> bool:
    return (
        before.service_id,
        before.duration_minutes,
        before.staff_id,
        before.excluded_staff_ids,
        before.wish,
        before.location_id,
    ) != (
        after.service_id,
        after.duration_minutes,
        after.staff_id,
        after.excluded_staff_ids,
        after.wish,
        after.location_id,
    )


def _held_time_fits(draft: Draft, before: Draft, setting: Setting) -> bool:
    """Tell whether the held time is still what the customer wants after a correction."""
    if draft.hold_start is None:
        return True
    return (
        draft.service_id == before.service_id
        and draft.duration_minutes == before.duration_minutes
        and draft.staff_id in {None, draft.hold_staff_id}
        and not _is_elsewhere(draft, before, setting)
        and draft.hold_staff_id not in draft.excluded_staff_ids
        and wishes.fits(draft.wish, times.local(draft.hold_start, setting))
    )


def _is_elsewhere(draft: Draft, before: Draft, setting: Setting) -> bool:
    """Tell whether a changed place changes who is free."""
    if draft.service_id is None or draft.location_id == before.location_id:
        return False
    return setting.business.asks_place_first(setting.business.service(draft.service_id))


def _with_facts(
    draft: Draft, said: Utterance, setting: Setting, remarks: tuple[Reply, ...]
) -> Filled:
    service = setting.business.services[0]
    if draft.service_id is not None:
        service = setting.business.service(draft.service_id)
    errors: dict[str, str] = {}
    values: dict[str, str] = {}
    for name, raw in (("name", said.name), ("email", said.email), ("phone", said.phone)):
        if not raw:
            continue
        try:
            draft = checks.filled(draft, name, raw, setting.business, service)
        except checks.Refused as refused:
            errors[name] = refused.key
            values[name] = raw
    return Filled(draft, remarks, errors, values)
