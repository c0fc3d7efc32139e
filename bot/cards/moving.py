"""The cards of a move: which booking, and old and new time side by side before it is done."""

from zoneinfo import ZoneInfo

from bot.cards.elements import (
    Node,
    action,
    card,
    facts,
    heading,
    line,
    literal,
    row,
    subtle,
)
from bot.cards.places import chosen_place
from bot.cards.summary import ask_move, which, which_twin
from bot.conversation import replies
from bot.conversation.wording import moment_words
from bot.texts import formats, text


def which_to_move(reply: replies.WhichToMove, language: str) -> Node:
    """List what can be moved; a row asks for the new time of its booking."""
    return which(reply, language, "move_which", ask_move)


def which_to_move_twin(reply: replies.WhichToMove, language: str) -> str:
    """Return the numbered list in words."""
    return which_twin(reply, language, "move_which")


def confirm_move(reply: replies.ConfirmMove, language: str) -> Node:
    """Show the time before and the new one; only its button moves."""
    named = {"hold": reply.hold_id}
    really = action(text("action_move", language), "booking.confirm", named, is_primary=True)
    return card(
        [
            heading(text("move_title", language)),
            line(literal(_before(reply, language)), spacing="Small"),
            line(text("move_new", language), weight="Bolder"),
            *(line(literal(words), spacing="None") for words in _new(reply, language)),
            facts([(t, literal(v)) for t, v in _pairs(reply, language)]),
            subtle(_held(reply, language)),
            row(really, spacing="Medium"),
            row(
                action(text("action_other_time", language), "slot.show", named),
                action(text("action_keep", language), "flow.cancel", named),
            ),
        ],
        language=language,
        speak=confirm_move_twin(reply, language),
    )


def confirm_move_twin(reply: replies.ConfirmMove, language: str) -> str:
    """Return both times in words, and how to answer by typing."""
    lines = [text("move_title", language), _before(reply, language)]
    lines += [text("move_new", language), *_new(reply, language)]
    lines += [f"{title}: {value}" for title, value in _pairs(reply, language)]
    return "\n".join([*lines, _held(reply, language), text("move_hint", language)])


def _before(reply: replies.ConfirmMove, language: str) -> str:
    was = reply.was_start.astimezone(ZoneInfo(reply.zone))
    words = text("mail_moved_from", language, was=moment_words(was, language))
    if reply.was_staff_member.id == reply.staff_member.id:
        return words
    return f"{words} ({reply.was_staff_member.name})"


def _new(reply: replies.ConfirmMove, language: str) -> tuple[str, str]:
    zone = ZoneInfo(reply.zone)
    start, end = reply.span_start.astimezone(zone), reply.span_end.astimezone(zone)
    hours = formats.interval(start, end, language)
    return (
        formats.date_full(start, language),
        f"{hours} · {formats.zone(reply.zone, start, language)}",
    )


def _pairs(reply: replies.ConfirmMove, language: str) -> list[tuple[str, str]]:
    length = formats.duration(reply.span_end - reply.span_start, language)
    pairs = [
        ("fact_what", f"{reply.service.name.in_language(language)} ({length})"),
        ("fact_with", reply.staff_member.name),
        ("fact_where", chosen_place(reply.service, reply.location_id, language)),
    ]
    return [(text(key, language), words) for key, words in pairs if words]


def _held(reply: replies.ConfirmMove, language: str) -> str:
    until = reply.hold_until.astimezone(ZoneInfo(reply.zone))
    return text("held", language, time=formats.time_spoken(until, language))
