"""Times to choose: days as headings, three chips a row, paired buttons below."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from bot.cards.choices import contact_lines
from bot.cards.elements import (
    Node,
    action,
    banner,
    card,
    chips,
    heading,
    line,
    literal,
    row,
    subtle,
)
from bot.cards.places import place_words
from bot.cards.standing import blind_notice, blind_words
from bot.conversation import replies
from bot.texts import formats, text
from scheduling.catalog import Service, StaffMember

ALREADY_SAID = frozenset({"slot_taken", "hold_ended", "not_offered", "no_match", "other_times"})


def slots(reply: replies.AskSlot, language: str) -> Node:
    """Offer the times."""
    return card(
        [
            *_head(reply, language),
            *_days(reply, language),
            *_paging(reply, language),
            _date_choice(reply, language),
            row(
                action(text("action_stop", language), "flow.cancel", without_inputs=True),
                action(text("action_help", language), "flow.help", without_inputs=True),
            ),
        ],
        language=language,
        speak=slots_twin(reply, language),
    )


def _about(reply: replies.AskSlot, language: str) -> str:
    parts = [
        reply.service.name.in_language(language),
        formats.duration(timedelta(minutes=reply.duration_minutes), language),
    ]
    if reply.staff_member:
        parts.append(text("with_staff", language, name=reply.staff_member.name))
    if reply.location:
        parts.append(place_words(reply.location, language))
    return " · ".join(parts)


def _lost(reply: replies.AskSlot, language: str) -> str:
    if reply.lost is None:
        return text("slot_taken", language)
    zone = ZoneInfo(reply.zone)
    when = formats.when(
        reply.lost.start.astimezone(zone), reply.lost.end.astimezone(zone), language
    )
    return text("slot_taken_lost", language, when=when)


def _note(reply: replies.AskSlot, language: str) -> str:
    if reply.note_key == "hold_ended":
        return text("hold_ended", language)
    if reply.note_key == "no_match" and reply.given_up in {"day", "hours"}:
        return text(f"no_match_{reply.given_up}", language)
    if reply.note_key == "not_offered":
        return text("note_not_offered", language)
    return text(reply.note_key, language) if reply.note_key in ALREADY_SAID else ""


def _zone(reply: replies.AskSlot, language: str) -> str:
    # a clock change between the days shown gives two names
    names = dict.fromkeys(formats.zone(reply.zone, t.start, language) for t in reply.times)
    return text("all_times", language, zone=" / ".join(names))


def _head(reply: replies.AskSlot, language: str) -> Iterator[Node]:
    if reply.note_key == "slot_taken":
        yield banner(text("slot_taken_title", language), _lost(reply, language), "warning")
        yield line(text("closest", language), weight="Bolder")
    else:
        yield heading(text("ask_slot", language))
    if reply.known_at:
        words = blind_words(reply.known_at, reply.zone, language)
        yield banner(text("blind_title", language), words, "warning")
    yield line(literal(_about(reply, language)), spacing="None")
    if reply.note_key != "slot_taken" and (note := _note(reply, language)):
        yield line(note, spacing="Small")
    if reply.wish_words:
        wish = literal(reply.wish_words)
        yield line(text("your_wish", language, wish=wish), spacing="Small")
    if reply.is_one_of_several:
        yield line(text("one_of_several", language), spacing="Small")
    yield subtle(_zone(reply, language))
    if reply.incomplete:
        yield subtle(text("incomplete", language))


def _by_day(
    reply: replies.AskSlot, language: str
) -> Iterator[tuple[str, list[tuple[int, replies.TimeOption]]]]:
    zone = ZoneInfo(reply.zone)
    numbered = list(enumerate(reply.times, 1))
    for _, options in groupby(numbered, key=lambda n: n[1].start.astimezone(zone).date()):
        day = list(options)
        yield formats.day_heading(day[0][1].start.astimezone(zone), language), day


def _days(reply: replies.AskSlot, language: str) -> Iterator[Node]:
    zone = ZoneInfo(reply.zone)
    for day, options in _by_day(reply, language):
        yield line(day, weight="Bolder", spacing="Medium")
        pairs = []
        for _, option in options:
            start = option.start.astimezone(zone)
            title = f"{formats.time_spoken(start, language)}, {day}"
            values = {"slot": start.isoformat(), "offer": reply.offer_id}
            pairs.append(
                (
                    formats.time(start, language),
                    action(title, "slot.pick", values, without_inputs=True),
                )
            )
        yield from chips(pairs)


def _paging(reply: replies.AskSlot, language: str) -> Iterator[Node]:
    pages = [
        action(
            text(f"action_{way}", language),
            f"slot.{way}",
            {"offer": reply.offer_id},
            without_inputs=True,
        )
        for way, there in (("earlier", reply.has_earlier), ("later", reply.has_later))
        if there
    ]
    if reply.note_key == "slot_taken":
        pages = [action(text("action_all_times", language), "slot.show", without_inputs=True)]
    if pages:
        yield row(*pages, spacing="Medium")


def _date_choice(reply: replies.AskSlot, language: str) -> Node:
    parts = [
        {"title": text(f"daypart_{part}", language), "value": part}
        for part in ("any", "morning", "afternoon", "evening")
    ]
    return {
        "type": "ActionSet",
        "spacing": "Small",
        "actions": [
            {
                "type": "Action.ShowCard",
                "title": text("action_other_date", language),
                "card": {
                    "type": "AdaptiveCard",
                    "body": [
                        {
                            "type": "Input.Date",
                            "id": "date",
                            "label": text("choose_date", language),
                        },
                        {
                            "type": "Input.ChoiceSet",
                            "id": "daypart",
                            "style": "compact",
                            "label": text("choose_daypart", language),
                            "value": "any",
                            "choices": parts,
                        },
                    ],
                    "actions": [
                        action(
                            text("action_show_date", language),
                            "slot.other",
                            {"offer": reply.offer_id},
                        )
                    ],
                },
            }
        ],
    }


def slots_twin(reply: replies.AskSlot, language: str) -> str:
    """Return the times as a numbered list that can be answered by number or by clock."""
    zone = ZoneInfo(reply.zone)
    lines = [_lost(reply, language) if reply.note_key == "slot_taken" else _note(reply, language)]
    lines.append(blind_notice(reply.known_at, reply.zone, language))
    lines.append(f"{text('ask_slot', language)} {_about(reply, language)}.")
    if reply.wish_words:
        lines.append(text("your_wish", language, wish=reply.wish_words))
    if reply.is_one_of_several:
        lines.append(text("one_of_several", language))
    for day, options in _by_day(reply, language):
        times = "  ".join(
            f"{n}) {formats.time(o.start.astimezone(zone), language)}" for n, o in options
        )
        lines.append(f"{day}: {times}")
    lines.append(_zone(reply, language))
    if reply.incomplete:
        lines.append(text("incomplete", language))
    lines.append(text("ask_slot_hint", language))
    return "\n".join(words for words in lines if words)


def no_slots_lines(reply: replies.NoSlots, language: str) -> list[str]:
    """Return that nothing is free, and what can be done."""
    lines = [_nothing(reply.service, reply.staff_member, language)]
    if reply.incomplete:
        lines.append(text("incomplete", language))
    return [*lines, text("no_slots_hint", language), *contact_lines(reply.business, language)[1:]]


def _nothing(service: Service, member: StaffMember | None, language: str) -> str:
    name = service.name.in_language(language)
    if member is None:
        return text("no_slots", language, service=name)
    return text("no_slots_person", language, service=name, name=member.name)


def no_slots(reply: replies.NoSlots, language: str) -> Node:
    """Say that nothing is free."""
    title, *more = no_slots_lines(reply, language)
    return card(
        [
            heading(literal(title)),
            *(line(words, spacing="Small") for words in more),
            row(
                action(text("action_new", language), "flow.book"),
                action(text("action_contact", language), "flow.human"),
                spacing="Medium",
            ),
        ],
        language=language,
        speak=" ".join([title, *more]),
    )


def calendar_down_lines(reply: replies.CalendarDown, language: str) -> list[str]:
    """Return that no calendar answers, and how to reach a person."""
    key = "move_calendar_down" if reply.moves else "calendar_down"
    return [text(key, language), *contact_lines(reply.business, language)[1:]]
