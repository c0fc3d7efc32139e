"""Replies -> Adaptive Cards and their text twins. Pure."""

from collections.abc import Sequence

from bot.cards import choices, details, moving, slots, staff_moved, summary
from bot.cards.channel import for_channel
from bot.cards.elements import Node, card, clean, line, literal, subtle
from bot.cards.links import Links
from bot.conversation import replies
from bot.texts import language_of, text

__all__ = ["Links", "frozen", "render", "twin"]

ADAPTIVE = "application/vnd.microsoft.card.adaptive"
OPEN_ENDS = frozenset(
    {"not_understood", "closed_card", "stopped", "no_bookings", "nothing_to_confirm", "thanks"}
    | {"cancel_kept", "move_kept", "transition_refused", "out_of_scope", "bot_challenge"}
    | {"goodbye", "nothing_open", "prices", "lengths", "where", "open_hours"}
    | {"cancel_rule", "cancel_rule_start"}
    | {"staff_move_accepted"}
)
"""Sentences after which nothing is asked, where they come last."""


def render(
    said: Sequence[replies.Reply], *, language: str, channel: str, links: Links
) -> list[dict[str, object]]:
    """Return one activity per reply, in order; the last one may suggest what to write next."""
    activities = [_activity(reply, language, channel, links) for reply in said]
    if said and _leaves_open(said[-1]):
        activities[-1]["suggestedActions"] = _ways_on(language)
    return activities


def _leaves_open(reply: replies.Reply) -> bool:
    """Tell whether nothing is asked and no button shows a way on."""
    if isinstance(reply, replies.Said):
        return reply.key in OPEN_ENDS
    return isinstance(reply, replies.Help | replies.CalendarDown)


def _ways_on(language: str) -> dict[str, object]:
    """Return what Teams and Web Chat show as buttons above the input; Teams shows three."""
    ways = [text(f"action_{way}", language) for way in ("book", "mine", "contact")]
    return {"to": [], "actions": [{"type": "imBack", "title": w, "value": w} for w in ways]}


def _activity(
    reply: replies.Reply, language: str, channel: str, links: Links
) -> dict[str, object]:
    node = _card(reply, language, links)
    words = twin(reply, language, links)
    activity: dict[str, object] = {
        "type": "message",
        "locale": "de-DE" if language_of(language) == "de" else "en-US",
        "inputHint": "acceptingInput",
        "speak": words if node is None else node["speak"],
        "summary": words.split("\n", 1)[0],
    }
    if node is None:
        return activity | {"text": words, "textFormat": "plain"}
    content = for_channel(node, channel)
    return activity | {"attachments": [{"contentType": ADAPTIVE, "content": content}]}


def _card(reply: replies.Reply, language: str, links: Links) -> Node | None:  # noqa: C901 - one case a reply
    match reply:
        case replies.Welcome():
            return choices.welcome(reply, language)
        case replies.Contact():
            return choices.contact(reply, language)
        case replies.AskService():
            return choices.services(reply, language)
        case replies.AskDuration():
            return choices.durations(reply, language)
        case replies.AskLocation():
            return choices.locations(reply, language)
        case replies.AskSlot():
            return slots.slots(reply, language)
        case replies.NoSlots():
            return slots.no_slots(reply, language)
        case replies.AskDetails():
            return details.details(reply, language)
        case replies.Review():
            return summary.review(reply, language)
        case replies.Receipt():
            return summary.receipt(reply, language, links)
        case replies.BookingList():
            return summary.bookings(reply, language)
        case replies.WhichToCancel():
            return summary.which_to_cancel(reply, language)
        case replies.ConfirmCancel():
            return summary.confirm_cancel(reply, language)
        case replies.WhichToMove():
            return moving.which_to_move(reply, language)
        case replies.ConfirmMove():
            return moving.confirm_move(reply, language)
        case replies.StaffMoved():
            return staff_moved.staff_moved(reply, language)
        case replies.Said() | replies.Help() | replies.CalendarDown():
            return None


def twin(reply: replies.Reply, language: str, links: Links) -> str:  # noqa: C901 - one case a reply
    """Return everything a card says, as text that can be answered by typing."""
    match reply:
        case replies.Said():
            return clean(text(reply.key, language, **reply.values))
        case replies.Welcome():
            return choices.welcome_twin(reply, language)
        case replies.Help():
            return choices.help_twin(reply, language)
        case replies.Contact():
            return "\n".join(choices.contact_lines(reply.business, language))
        case replies.AskService():
            return choices.services_twin(reply, language)
        case replies.AskDuration():
            return choices.durations_twin(reply, language)
        case replies.AskLocation():
            return choices.locations_twin(reply, language)
        case replies.AskSlot():
            return slots.slots_twin(reply, language)
        case replies.NoSlots():
            return "\n".join(slots.no_slots_lines(reply, language))
        case replies.CalendarDown():
            return "\n".join(slots.calendar_down_lines(reply, language))
        case replies.AskDetails():
            return details.details_twin(reply, language)
        case replies.Review():
            return summary.review_twin(reply, language)
        case replies.Receipt():
            return summary.receipt_twin(reply, language, links)
        case replies.BookingList():
            return "\n".join(
                [text("bookings_title", language), *summary.booking_lines(reply, language)]
            )
        case replies.WhichToCancel():
            return summary.which_to_cancel_twin(reply, language)
        case replies.ConfirmCancel():
            return summary.confirm_cancel_twin(reply, language)
        case replies.WhichToMove():
            return moving.which_to_move_twin(reply, language)
        case replies.ConfirmMove():
            return moving.confirm_move_twin(reply, language)
        case replies.StaffMoved():
            return staff_moved.staff_moved_twin(reply, language)


def frozen(what: replies.Frozen, *, language: str, channel: str) -> dict[str, object]:
    """Return what is left of a used card: one line, nothing to press."""
    words = "✓ " + clean(text(what.line_key, language, **what.values))
    node = card(
        [line(literal(words), weight="Bolder"), subtle(text("closed_card", language))],
        language=language,
        speak=words,
    )
    return for_channel(node, channel)
