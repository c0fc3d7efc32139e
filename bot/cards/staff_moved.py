"""The card that asks whether the time suits to which the staff moved a booking."""

from zoneinfo import ZoneInfo

from bot.cards.elements import Node, action, card, facts, heading, line, literal, row
from bot.cards.places import chosen_place
from bot.cards.standing import was_words
from bot.cards.summary import ask_cancel
from bot.conversation import replies
from bot.texts import formats, text


def staff_moved(reply: replies.StaffMoved, language: str) -> Node:
    """Show the time before and the new one, and the three answers."""
    booking = reply.booking
    named = {"booking": booking.id, "version": str(booking.version)}
    suits = action(text("action_suits", language), "booking.accept", named, is_primary=True)
    ways = [ask_cancel(booking, reply.zone, language)]
    if reply.service.approval is None:
        other = text("action_other_time", language)
        ways.insert(0, action(other, "booking.ask_move", {"booking": booking.id}))
    return card(
        [
            heading(text("staff_moved_title", language)),
            line(literal(_before(reply, language)), spacing="Small"),
            line(text("move_new", language), weight="Bolder"),
            *(line(literal(words), spacing="None") for words in _new(reply, language)),
            facts([(t, literal(v)) for t, v in _pairs(reply, language)]),
            line(text("staff_moved_question", language)),
            row(suits, spacing="Medium"),
            *(row(way) for way in ways),
        ],
        language=language,
        speak=staff_moved_twin(reply, language),
    )


def staff_moved_twin(reply: replies.StaffMoved, language: str) -> str:
    """Return both times in words, and how to answer by typing."""
    lines = [text("staff_moved_title", language), _before(reply, language)]
    lines += [text("move_new", language), *_new(reply, language)]
    lines += [f"{title}: {value}" for title, value in _pairs(reply, language)]
    question = text("staff_moved_question", language)
    return "\n".join([*lines, question, text("staff_moved_hint", language)])


def _before(reply: replies.StaffMoved, language: str) -> str:
    was = was_words(reply.booking, reply.zone, language)
    return text("mail_moved_from", language, was=was)


def _new(reply: replies.StaffMoved, language: str) -> tuple[str, str]:
    zone = ZoneInfo(reply.zone)
    span = reply.booking.span
    start, end = span.start.astimezone(zone), span.end.astimezone(zone)
    hours = formats.interval(start, end, language)
    return (
        formats.date_full(start, language),
        f"{hours} · {formats.zone(reply.zone, start, language)}",
    )


def _pairs(reply: replies.StaffMoved, language: str) -> list[tuple[str, str]]:
    length = formats.duration(reply.booking.span.duration, language)
    details = reply.booking.details
    place = chosen_place(reply.service, details.location_id if details else None, language)
    pairs = [
        ("fact_what", f"{reply.service.name.in_language(language)} ({length})"),
        ("fact_with", reply.staff_member.name),
        ("fact_where", place),
        ("fact_number", reply.booking.number),
    ]
    return [(text(key, language), words) for key, words in pairs if words]
