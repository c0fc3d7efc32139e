"""Why a time is not offered, in words a customer may hear."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.conversation import filling, holding, times, wishes
from bot.conversation.asking import Move, ask, ask_service
from bot.conversation.draft import Draft
from bot.conversation.replies import Reply, Said
from bot.conversation.setting import DeskPort, Setting
from bot.conversation.wording import day_words, moment_words
from bot.understanding.utterance import Utterance
from bot.understanding.wish import Clause, Wish
from scheduling.catalog import Service
from scheduling.desk import HoldOrder
from scheduling.explain import Explanation, Public
from scheduling.timespan import wall_time


async def explain(draft: Draft, said: Utterance, desk: DeskPort, setting: Setting) -> Move:
    """Answer "why not at ten?", then ask the open question again."""
    if draft.service_id is None:
        draft = filling.with_service_of(draft, said, setting)
    if draft.service_id is None:
        return ask_service(draft, setting)
    service = setting.business.service(draft.service_id)
    clauses = (*said.wish.alternatives, *said.wish.exclude)
    clock = next((w for c in clauses for w in c.windows), None)
    if clock is None:
        draft, question = await ask(draft, desk, setting)
        return draft, (Said("why_which_time"), *question)
    day = _day(draft, clauses, setting)
    start = wall_time(day, clock.start, setting.business.zone)
    named = said.staff_ids[0] if len(said.staff_ids) == 1 else draft.staff_id
    found = await desk.explain(
        HoldOrder(
            service_id=service.id,
            duration=times.chosen_duration(draft, service),
            start=start,
            staff_id=named,
            owner=setting.owner,
            excluded_staff_ids=draft.excluded_staff_ids,
            ignore_booking=draft.hold_id,
            location_id=times.location_of(draft, service, setting),
            moves=draft.moving or None,
        )
    )
    answer = _words(found, start, draft, service, setting)
    is_held = start == draft.hold_start and named in {None, draft.hold_staff_id}
    if found.public is None and not is_held:
        # it can be had: then that is what is wished
        draft = replace(
            holding.reopened(draft),
            wish=Wish((wishes.on_day(day, clock),), draft.wish.exclude),
            staff_id=named,
            excluded_staff_ids=tuple(i for i in draft.excluded_staff_ids if i != named),
        )
    draft, question = await ask(draft, desk, setting)
    return draft, (answer, *question)


def _day(draft: Draft, clauses: tuple[Clause, ...], setting: Setting) -> date:
    """Return the day that is meant: the one said, the one on the table, or the next."""
    today = times.local(setting.clock.now(), setting).date()
    said = [span.first for clause in clauses for span in clause.dates]
    if said:
        return said[0]
    weekdays = {day for clause in clauses for day in clause.weekdays}
    if weekdays:
        return next(d for d in (today + timedelta(n) for n in range(8)) if d.weekday() in weekdays)
    if draft.hold_start is not None:
        return times.local(draft.hold_start, setting).date()
    if draft.wish.alternatives:
        return wishes.first_day(draft.wish, today)
    if draft.offered:
        return times.local(draft.offered[0].start, setting).date()
    return today


def _words(
    found: Explanation, start: datetime, draft: Draft, service: Service, setting: Setting
) -> Reply:
    when = moment_words(times.local(start, setting), draft.language)
    values = {"when": when, "service": service.name.in_language(draft.language)}
    public = found.public
    if public is None:
        return Said("why_free", values)
    facts = found.reasons[0].facts
    if public is Public.LEAD:
        earliest = datetime.fromisoformat(facts["earliest"])
        values["earliest"] = moment_words(times.local(earliest, setting), draft.language)
    elif public is Public.ADVANCE:
        latest = times.local(datetime.fromisoformat(facts["latest"]), setting).date()
        values["latest"] = day_words(latest, draft.language)
    elif public is Public.SEASON:
        values |= {
            name: day_words(date.fromisoformat(facts[name]), draft.language)
            for name in ("first", "last")
        }
    elif public is Public.CLOSED and facts.get("hours"):
        return Said("why_closed_hours", values | {"hours": facts["hours"].replace("-", "–")})
    elif public in {Public.HOLIDAY, Public.GRID}:
        values |= facts
    return Said(f"why_{public}", values)
