"""Reads days and hours of a message with what the conversation and the business say about them."""

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.understanding.bare_hours import with_hours
from bot.understanding.dates import Circumstances, DateReading, Opening, read_dates
from bot.understanding.facts import read_facts
from bot.understanding.missing_days import without_missing_days
from bot.understanding.patterns import compiled
from bot.understanding.wish import Wish

if TYPE_CHECKING:
    from bot.understanding import Context
    from scheduling.catalog import Business


def read_when(text: str, context: "Context") -> DateReading:
    """Read days and hours with what the conversation and the business say about them."""
    local = context.now.astimezone(context.business.zone).replace(tzinfo=None)
    circumstances = Circumstances(
        now=local,
        language=context.language,
        month_first=context.language == "en",
        opening=_opening(context.business),
        state=_state(context.business),
        anchor=context.anchor or (context.offered[0] if context.offered else None),
    )
    text = with_hours(without_missing_days(text), is_asked_for_time=_is_hour_open(context, text))
    return read_dates(text, circumstances)


def _is_hour_open(context: "Context", text: str) -> bool:
    """Tell whether a correction can only mean the time: no list has so many places."""
    if context.step == "slot":
        figures = [int(f) for f in compiled(r"\d{1,2}").findall(text)]
        return all(figure > len(context.offered) for figure in figures)
    is_answer = context.next_field == "location" or context.next_field.startswith("q_")
    return context.step in {"details", "review"} and not is_answer


def read_wish(text: str, context: "Context") -> Wish:
    """Read only days and hours: once more, where it is known by now what they count from."""
    facts = read_facts(text, context.business.country)
    return replace(read_when(facts.rest, context).wish, spans=())


def _state(business: "Business") -> str:
    """Return the German state whose public holidays count, empty in other countries."""
    return (business.subdivision or "") if business.country == "DE" else ""


def _opening(business: "Business") -> Opening:
    """Return from when to when somebody can come on any day of the week."""
    openings = [o for day in business.hours.values() for o in day]
    if not openings:
        return Opening(8 * 60, 18 * 60)
    return Opening(
        min(o.opens.hour * 60 + o.opens.minute for o in openings),
        max((o.closes.hour * 60 + o.closes.minute) or 24 * 60 for o in openings),
    )
