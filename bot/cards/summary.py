"""Review before booking, receipt after it, the list of bookings."""

from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

from bot.cards.elements import (
    Node,
    action,
    address,
    banner,
    card,
    choice_row,
    clean,
    facts,
    heading,
    line,
    literal,
    row,
    subtle,
)
from bot.cards.links import Links, calendar_subject, google_link, outlook_link
from bot.cards.places import chosen_place
from bot.cards.policies import approval_rule, cancel_rule
from bot.cards.standing import ENDED, blind_notice, blind_words, standing
from bot.conversation import replies
from bot.conversation.wording import moment_words
from bot.texts import formats, text
from scheduling.booking import MOVABLE, Booking, BookingState
from scheduling.timespan import TimeSpan

_Listed = replies.BookingList | replies.WhichToCancel | replies.WhichToMove


def _when(span: TimeSpan, zone: str, language: str) -> tuple[str, str]:
    start, end = span.start.astimezone(ZoneInfo(zone)), span.end.astimezone(ZoneInfo(zone))
    hours = formats.interval(start, end, language)
    return (
        formats.date_full(start, language),
        f"{hours} · {formats.zone(zone, start, language)}",
    )


def _when_lines(span: TimeSpan, zone: str, language: str) -> list[Node]:
    day, hours = _when(span, zone, language)
    return [line(day, size="Medium", weight="Bolder"), line(hours, spacing="None")]


def _what(
    reply: replies.Review | replies.Receipt | replies.ConfirmCancel, span: TimeSpan, language: str
) -> str:
    length = formats.duration(span.duration, language)
    return f"{reply.service.name.in_language(language)} ({length})"


def _review_pairs(reply: replies.Review, language: str) -> list[tuple[str, str]]:
    span = TimeSpan(reply.span_start, reply.span_end)
    pairs = [
        (text("fact_what", language), _what(reply, span, language)),
        (text("fact_with", language), reply.staff_member.name),
        (text("fact_where", language), chosen_place(reply.service, reply.location_id, language)),
        (text("fact_price", language), formats.price(reply.service.price, language)),
        (text("fact_name", language), clean(reply.name)),
        (text("fact_email", language), clean(reply.email)),
        (text("fact_phone", language), clean(reply.phone)),
    ]
    pairs.append((text("fact_note", language), clean(reply.note)))
    return [(title, value) for title, value in pairs if value]


def _answers(reply: replies.Review, language: str) -> list[str]:
    """Return the own questions with their answers; their labels are too long for facts."""
    lines = []
    for question in reply.service.questions:
        if answer := reply.answers.get(question.id):
            labels = {value: words.in_language(language) for value, words in question.choices}
            label = question.label.in_language(language)
            lines.append(f"{label}: {labels.get(answer, clean(answer))}")
    return lines


def _book_words(reply: replies.Review, language: str) -> str:
    if reply.service.price.is_paid:
        return text("action_book_paid", language)
    if reply.known_at and not reply.service.approval:
        return text("action_note", language)
    return text("action_request" if reply.service.approval else "action_book_free", language)


def _rules(reply: replies.Review, language: str) -> Iterator[str]:
    if rule := approval_rule(reply.service, language):
        yield rule
    yield cancel_rule(reply.service, language)
    if reply.service.price.is_paid and reply.business.terms_url:
        yield text("terms", language, url=address(reply.business.terms_url))


def _held(reply: replies.Review, language: str) -> str:
    until = reply.hold_until.astimezone(ZoneInfo(reply.zone))
    return text("held", language, time=formats.time_spoken(until, language))


def _blind(reply: replies.Review, language: str) -> Iterator[Node]:
    if reply.known_at:
        words = blind_words(reply.known_at, reply.zone, language)
        yield banner(text("blind_title", language), words, "warning")


def review(reply: replies.Review, language: str) -> Node:
    """Show every fact in words; only its button books."""
    span = TimeSpan(reply.span_start, reply.span_end)
    book = action(
        _book_words(reply, language), "booking.confirm", {"hold": reply.hold_id}, is_primary=True
    )
    return card(
        [
            heading(text("review_title", language)),
            *_blind(reply, language),
            *_when_lines(span, reply.zone, language),
            facts([(t, literal(v)) for t, v in _review_pairs(reply, language)]),
            *(line(literal(words), spacing="Small") for words in _answers(reply, language)),
            *(subtle(words) for words in (*_rules(reply, language), _held(reply, language))),
            row(book, spacing="Medium"),
            row(
                action(text("action_edit", language), "booking.edit"),
                action(text("action_stop", language), "flow.cancel"),
            ),
        ],
        language=language,
        speak=review_twin(reply, language),
    )


def review_twin(reply: replies.Review, language: str) -> str:
    """Return all facts in words."""
    span = TimeSpan(reply.span_start, reply.span_end)
    pairs = [f"{title}: {value}" for title, value in _review_pairs(reply, language)]
    pairs += _answers(reply, language)
    key = "review_hint_request" if reply.service.approval else "review_hint"
    hint = text("review_hint_paid" if reply.service.price.is_paid else key, language)
    rules = [approval_rule(reply.service, language), cancel_rule(reply.service, language)]
    if reply.service.price.is_paid and reply.business.terms_url:
        rules.append(f"{text('terms_plain', language)} {reply.business.terms_url}")
    when = _when(span, reply.zone, language)
    blind = blind_notice(reply.known_at, reply.zone, language)
    lines = [
        text("review_title", language),
        blind,
        *when,
        *pairs,
        *rules,
        _held(reply, language),
        hint,
    ]
    return "\n".join(words for words in lines if words)


def _receipt_pairs(
    reply: replies.Receipt | replies.ConfirmCancel, language: str
) -> list[tuple[str, str]]:
    booking = reply.booking
    return [
        (text("fact_what", language), _what(reply, booking.span, language)),
        (text("fact_with", language), reply.staff_member.name),
        (text("fact_where", language), _place(reply, language)),
        (text("fact_number", language), booking.number),
    ]


def _place(reply: replies.Receipt | replies.ConfirmCancel, language: str) -> str:
    location = reply.booking.details.location_id if reply.booking.details else None
    return chosen_place(reply.service, location, language)


def _style(booking: Booking) -> str:
    if booking.state in ENDED:
        return "attention"
    return "good" if booking.state is BookingState.BOOKED else "warning"


def _next_step(reply: replies.Receipt, language: str) -> str:
    booking = reply.booking
    if booking.state in ENDED:
        return text("book_again", language)
    if reply.is_found:
        return text("found_next", language)
    return text("change_rule_chat", language, number=booking.number)


def _calendar_links(reply: replies.Receipt, language: str, links: Links) -> str:
    subject = calendar_subject(reply.service, reply.business, language)
    span, place = reply.booking.span, _place(reply, language)
    ways = [
        f"[Outlook]({outlook_link(span, subject, place)})",
        f"[Google]({google_link(span, subject, place)})",
        f"[{text('ics_file', language)}]({links.ics(reply.booking.id)})",
    ]
    return f"{text('add_to_calendar', language)} {' · '.join(ways)}"


def _standing(reply: replies.Receipt, language: str) -> tuple[str, str]:
    if reply.reminds:
        return text("reminder_title", language), text("reminder_words", language)
    return standing(reply.booking, reply.zone, language)


def receipt(reply: replies.Receipt, language: str, links: Links) -> Node:
    """Show the booking as the store has it: booked only if it was read back from Outlook."""
    booking = reply.booking
    title, words = _standing(reply, language)
    is_booked = booking.state is BookingState.BOOKED
    body = [
        banner(title, literal(words) if is_booked else words, _style(booking)),
        *_when_lines(booking.span, reply.zone, language),
        facts([(t, literal(v)) for t, v in _receipt_pairs(reply, language)]),
    ]
    if is_booked:
        body.append(line(_calendar_links(reply, language, links)))
    if reply.manage:
        words = text("manage_link", language)
        body.append(line(f"[{words}]({links.manage(reply.manage)})", spacing="Small"))
    body.append(subtle(literal(_next_step(reply, language))))
    if booking.join_url:
        join: Node = {
            "type": "Action.OpenUrl",
            "title": text("action_join", language),
            "url": booking.join_url,
        }
        body.append(row(join, spacing="Medium"))
    if booking.state in MOVABLE and reply.service.approval is None:
        body.append(row(ask_move(booking, reply.zone, language)))
    body.append(
        row(
            action(text("action_new", language), "flow.book"),
            action(text("action_contact", language), "flow.human"),
        )
    )
    return card(body, language=language, speak="\n".join(_receipt_lines(reply, language)))


def _receipt_lines(reply: replies.Receipt, language: str) -> list[str]:
    """Return the booking in words that can be read out: no address is among them."""
    booking = reply.booking
    title, words = _standing(reply, language)
    lines = [title, words, *_when(booking.span, reply.zone, language)]
    lines += [f"{t}: {v}" for t, v in _receipt_pairs(reply, language) if v]
    return [*lines, _next_step(reply, language)]


def receipt_twin(reply: replies.Receipt, language: str, links: Links) -> str:
    """Return the booking in words, with its addresses."""
    booking = reply.booking
    lines = _receipt_lines(reply, language)
    if booking.join_url:
        lines.append(f"{text('action_join', language)}: {booking.join_url}")
    if booking.state is BookingState.BOOKED:
        lines.append(f"{text('add_to_calendar', language)} {links.ics(booking.id)}")
    if reply.manage:
        lines.append(f"{text('manage_link', language)}: {links.manage(reply.manage)}")
    return "\n".join(lines)


def booking_lines(reply: _Listed, language: str) -> list[str]:
    """Return one line a booking, and the zone of all."""
    zones = dict.fromkeys(formats.zone(reply.zone, b.span.start, language) for b in reply.bookings)
    lines = [_booking_line(reply, booking, language) for booking in reply.bookings]
    return [*lines, text("all_times", language, zone=" / ".join(zones))]


def _booking_line(reply: _Listed, booking: Booking, language: str) -> str:
    zone = ZoneInfo(reply.zone)
    start, end = booking.span.start.astimezone(zone), booking.span.end.astimezone(zone)
    service = reply.business.service(booking.service_id).name.in_language(language)
    name = reply.business.staff_member(booking.staff_id).name
    words = text(f"state_{booking.state}", language)
    return f"{formats.when(start, end, language)}: {service}, {name} – {words}, {booking.number}"


def bookings(reply: replies.BookingList, language: str) -> Node:
    """List the customer's own bookings; what can still be moved or cancelled has buttons."""
    lines = booking_lines(reply, language)
    title = text("bookings_title", language)
    body = [heading(title)]
    for booking, words in zip(reply.bookings, lines, strict=False):
        body.append(line(literal(words), spacing="Small"))
        ways = []
        if booking.id in reply.movable:
            ways.append(ask_move(booking, reply.zone, language))
        if booking.id in reply.cancellable:
            ways.append(ask_cancel(booking, reply.zone, language))
        body += [row(way) for way in ways]
    body.append(line(literal(lines[-1]), spacing="Small"))
    return card(body, language=language, speak=" ".join([title, *lines]))


def ask_move(booking: Booking, zone: str, language: str) -> Node:
    """Return the button that begins to move a booking; it moves nothing yet."""
    start = booking.span.start.astimezone(ZoneInfo(zone))
    title = text("move_at", language, when=moment_words(start, language))
    return action(title, "booking.ask_move", {"booking": booking.id})


def ask_cancel(booking: Booking, zone: str, language: str) -> Node:
    """Return the button that asks whether to cancel a booking; it cancels nothing yet."""
    start = booking.span.start.astimezone(ZoneInfo(zone))
    title = text("cancel_at", language, when=moment_words(start, language))
    return action(title, "booking.ask_cancel", {"booking": booking.id})


def which_to_cancel(reply: replies.WhichToCancel, language: str) -> Node:
    """List what can be cancelled; a row asks about its booking and cancels nothing yet."""
    return which(reply, language, "cancel_which", ask_cancel)


def which_to_cancel_twin(reply: replies.WhichToCancel, language: str) -> str:
    """Return the numbered list in words."""
    return which_twin(reply, language, "cancel_which")


def which(
    reply: replies.WhichToCancel | replies.WhichToMove,
    language: str,
    question: str,
    ask: Callable[[Booking, str, str], Node],
) -> Node:
    """List bookings under a question (its key); `ask` gives the button of a row."""
    lines = numbered(reply, language)
    rows = [
        choice_row([line(literal(words))], ask(booking, reply.zone, language))
        for booking, words in zip(reply.bookings, lines, strict=False)
    ]
    return card(
        [
            heading(text(question, language)),
            *rows,
            subtle(literal(lines[-1])),
            row(action(text("action_contact", language), "flow.human")),
        ],
        language=language,
        speak=which_twin(reply, language, question),
    )


def which_twin(
    reply: replies.WhichToCancel | replies.WhichToMove, language: str, question: str
) -> str:
    """Return the numbered list in words, and how to answer."""
    hint = text("cancel_which_hint", language)
    return "\n".join([text(question, language), *numbered(reply, language), hint])


def numbered(reply: replies.WhichToCancel | replies.WhichToMove, language: str) -> list[str]:
    """Return one numbered line a booking, and the zone of all."""
    *lines, zone = booking_lines(reply, language)
    return [*(f"{number}. {words}" for number, words in enumerate(lines, 1)), zone]


def confirm_cancel(reply: replies.ConfirmCancel, language: str) -> Node:
    """Show the facts of a booking; only its button cancels."""
    named = {"booking": reply.booking.id}
    really = action(text("action_cancel", language), "booking.cancel", named)
    keep = action(text("action_keep", language), "booking.keep", named)
    return card(
        [
            heading(text("cancel_title", language)),
            *_when_lines(reply.booking.span, reply.zone, language),
            facts([(t, literal(v)) for t, v in _receipt_pairs(reply, language)]),
            row({**really, "style": "destructive"}, spacing="Medium"),
            row(keep),
        ],
        language=language,
        speak=confirm_cancel_twin(reply, language),
    )


def confirm_cancel_twin(reply: replies.ConfirmCancel, language: str) -> str:
    """Return the facts in words, and how to answer by typing."""
    lines = [text("cancel_title", language), *_when(reply.booking.span, reply.zone, language)]
    lines += [f"{t}: {v}" for t, v in _receipt_pairs(reply, language) if v]
    return "\n".join([*lines, text("cancel_hint", language)])
