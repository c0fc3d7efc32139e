"""Welcome, contact, services, durations: the cards before a time is chosen."""

from bot.cards.elements import (
    Node,
    action,
    card,
    chips,
    choice_row,
    clean,
    heading,
    line,
    literal,
    row,
    subtle,
)
from bot.cards.places import place_words
from bot.conversation import replies
from bot.texts import formats, text
from scheduling.catalog import Business, Service

MOST_SERVICES = 6
MOST_LOCATIONS = 6


def welcome(reply: replies.Welcome, language: str) -> Node:
    """Greet, with the three ways on."""
    title, hint = _greeting(reply, language)
    return card(
        [
            heading(literal(title)),
            line(literal(hint), spacing="Small"),
            row(
                action(text("action_book", language), "flow.book", is_primary=True),
                spacing="Medium",
            ),
            row(
                action(text("action_mine", language), "flow.mine"),
                action(text("action_contact", language), "flow.human"),
            ),
        ],
        language=language,
        speak=welcome_twin(reply, language),
    )


def _greeting(reply: replies.Welcome, language: str) -> tuple[str, str]:
    name = clean(reply.name)
    title = text("welcome_name", language, name=name) if name else text("welcome", language)
    return title, text("welcome_hint", language, service=_example(reply.business, language))


def _example(business: Business, language: str) -> str:
    named = (s for s in business.services if not s.needs_invitation)
    shown = next(iter(business.listed_services()), None) or next(named, None)
    return shown.name.in_language(language) if shown else text("any_service", language)


def welcome_twin(reply: replies.Welcome, language: str) -> str:
    """Return the greeting in words."""
    title, hint = _greeting(reply, language)
    ways = ("action_book", "action_mine", "action_contact")
    return f"{title} {hint} " + " · ".join(text(way, language) for way in ways)


def help_twin(reply: replies.Help, language: str) -> str:
    """Return what can be written."""
    return text("help", language, service=_example(reply.business, language))


def contact_lines(business: Business, language: str) -> list[str]:
    """Return how to reach a person, one line each."""
    ways = [
        text(f"contact_{way}", language, **{way: value})
        for way, value in (
            ("phone", business.phone),
            ("email", business.email),
            ("website", business.website),
        )
        if value
    ]
    title = text("contact_title", language, name=business.name.in_language(language))
    return [title, *(ways or [text("contact_none", language)])]


def contact(reply: replies.Contact, language: str) -> Node:
    """Say how to reach a person."""
    title, *ways = contact_lines(reply.business, language)
    return card(
        [heading(literal(title)), *(line(way, spacing="Small") for way in ways)],
        language=language,
        speak=" ".join([title, *ways]),
    )


def _facts(service: Service, language: str) -> str:
    length = " / ".join(formats.duration(d, language) for d in service.durations)
    return f"{length} · {formats.price(service.price, language)}"


def services(reply: replies.AskService, language: str) -> Node:
    """Offer the services as rows; the rest can be written."""
    rows = []
    for service in reply.services[:MOST_SERVICES]:
        name = service.name.in_language(language)
        about = service.description.in_language(language)
        title = f"{name} {_facts(service, language)} {about} – {text('choose', language)}"
        press = action(title, "service.pick", {"service": service.id})
        lines = [
            line(literal(name), weight="Bolder"),
            line(literal(_facts(service, language)), spacing="None"),
            line(literal(about), isSubtle=True, size="Small", spacing="None"),
        ]
        rows.append(choice_row(lines, press))
    more = [
        subtle(literal(f"{number}. {s.name.in_language(language)}"))
        for number, s in enumerate(reply.services[MOST_SERVICES:], MOST_SERVICES + 1)
    ]
    return card(
        [
            heading(text("ask_service", language)),
            *rows,
            *more,
            row(
                action(text("action_help", language), "flow.help"),
                action(text("action_contact", language), "flow.human"),
                spacing="Medium",
            ),
        ],
        language=language,
        speak=services_twin(reply, language),
    )


def services_twin(reply: replies.AskService, language: str) -> str:
    """Return the numbered services."""
    lines = [
        f"{number}. {s.name.in_language(language)} ({_facts(s, language)})"
        for number, s in enumerate(reply.services, 1)
    ]
    return "\n".join([text("ask_service", language), *lines, text("ask_service_hint", language)])


def locations(reply: replies.AskLocation, language: str) -> Node:
    """Offer the places as rows; many as one list to choose from."""
    ways = [(place_words(each, language), each.id) for each in reply.service.locations]
    stop = action(text("action_stop", language), "flow.cancel", without_inputs=True)
    if len(ways) <= MOST_LOCATIONS:
        choice = [
            choice_row(
                [line(literal(words), weight="Bolder")],
                action(words, "location.pick", {"location": location_id}),
            )
            for words, location_id in ways
        ]
    else:
        choice = [
            {
                "type": "Input.ChoiceSet",
                "id": "location",
                "style": "compact",
                "label": text("fact_where", language),
                "isRequired": True,
                "errorMessage": text("location_missing", language),
                "choices": [{"title": words, "value": value} for words, value in ways],
            },
            row(
                action(text("action_show_times", language), "location.pick", is_primary=True),
                spacing="Medium",
            ),
        ]
    return card(
        [
            heading(text("ask_place", language)),
            line(literal(reply.service.name.in_language(language)), spacing="None"),
            *choice,
            row(stop, spacing="Medium"),
        ],
        language=language,
        speak=locations_twin(reply, language),
    )


def locations_twin(reply: replies.AskLocation, language: str) -> str:
    """Return the numbered places."""
    ways = [place_words(each, language) for each in reply.service.locations]
    lines = [f"{number}. {words}" for number, words in enumerate(ways, 1)]
    return "\n".join([text("ask_place", language), *lines])


def durations(reply: replies.AskDuration, language: str) -> Node:
    """Offer the durations as chips."""
    options = [
        (
            formats.duration(d, language),
            action(
                formats.duration(d, language),
                "duration.pick",
                {"minutes": int(d.total_seconds()) // 60},
            ),
        )
        for d in reply.service.durations
    ]
    return card(
        [
            heading(text("ask_duration", language)),
            line(literal(reply.service.name.in_language(language)), spacing="None"),
            *chips(options),
            row(action(text("action_stop", language), "flow.cancel"), spacing="Medium"),
        ],
        language=language,
        speak=durations_twin(reply, language),
    )


def durations_twin(reply: replies.AskDuration, language: str) -> str:
    """Return the numbered durations."""
    lengths = [formats.duration(d, language) for d in reply.service.durations]
    numbered = " · ".join(f"{number}. {length}" for number, length in enumerate(lengths, 1))
    return f"{text('ask_duration', language)} {numbered}"
