"""Makes a message and its circumstances of any bytes, reads it, and checks what is read."""

from dataclasses import dataclass
from datetime import date, datetime

from bot.conversation import wishes
from bot.conversation.wording import wish_words
from bot.understanding import Context, clean, understand
from bot.understanding.dates import Circumstances, read_dates, sayings, words
from bot.understanding.dates.tokens import MOST_TOKENS
from bot.understanding.prediction import prediction
from bot.understanding.utterance import Utterance
from bot.understanding.wish import Wish
from scheduling.catalog import Business, Consent, LocalText, Location, LocationKind, Place
from tests.builders import BERLIN, a_business, a_service, a_staff_member, utc, weekdays

SHAPES = (
    "0 1 7 12 24 31. 32 99 99. 1530 2025 20260411 3.12. 30.2. 31.6. 10.10 12:30 24:00 25:00 3/12"
    " 29/2 1-2-26 14h30 2h30m 2025-12-03 12/2025 Q3 '27 15th ١٢ ½ , . - / ( ) : + & | am pm x ß"
    " Müller eva@example.org 0228/1234567 #3 (2) bei mit nicht oder und per Video am Telefon"
)
KNOWN = [
    *(word for word, _ in words.single_words()),
    *sayings.PHRASES,
    *words.SHORT_WEEKDAYS,
    *SHAPES.split(" "),
]
MOMENTS = tuple(
    utc(text)
    for text in (
        "2026-11-09 06:00", "2026-12-31 22:59", "2027-01-01 00:00", "2028-02-29 12:00",
        "2026-03-29 00:30", "2026-10-25 00:30", "2026-06-30 23:59", "2026-11-13 17:00",
    )
)  # fmt: skip
STEPS = ("start", "service", "duration", "staff", "location", "slot", "details", "review", "done")
FIELDS = ("", "name", "email", "phone", "location", "note", "privacy", "q_device")
HEAD = 5
"""Bytes that decide the circumstances; the message follows."""


def a_business_of_all_kinds() -> Business:
    """Return names, places and a state that a message can touch."""
    place = Place("office", LocalText("Praxis am Markt", "Market office"), "Markt 1, Bonn")
    return a_business(
        hours=weekdays("8-18"),
        subdivision="NW",
        services=(
            a_service(name=LocalText("Beratung", "Consultation")),
            a_service(
                id="repair",
                name=LocalText("Reparatur", "Repair"),
                locations=(Location(LocationKind.PLACE, place), Location(LocationKind.PHONE)),
            ),
        ),
        staff=(a_staff_member("anna", name="Anna Schmidt"), a_staff_member("may", name="Bo May")),
        privacy=Consent("v3", LocalText("Gelesen", "Read"), "https://example.test/privacy"),
    )


BUSINESS = a_business_of_all_kinds()


@dataclass(frozen=True, slots=True)
class Written:
    """A message and the state of the conversation it is read in."""

    text: str
    context: Context


def written(data: bytes) -> Written:
    """Return the message of some bytes: any text, or words the grammar knows, in any state."""
    head, body = data[:HEAD].ljust(HEAD, b"\0"), data[HEAD:]
    now = MOMENTS[head[1] % len(MOMENTS)]
    local = now.astimezone(BERLIN).replace(tzinfo=None)
    context = Context(
        BUSINESS,
        now,
        "de" if head[0] & 1 else "en",
        STEPS[head[2] % len(STEPS)],
        (local, local.replace(hour=15)) if head[0] & 2 else (),
        FIELDS[head[3] % len(FIELDS)],
        local if head[0] & 4 else None,
    )
    return Written(_known(body) if head[4] & 1 else body.decode("utf-8", "replace"), context)


def _known(body: bytes) -> str:
    """Return known words, two bytes each; some stick together."""
    said = ""
    for at in range(0, len(body) - 1, 2):
        number = body[at] << 8 | body[at + 1]
        said += KNOWN[number % len(KNOWN)] + ("" if number & 0x8000 else " ")
    return said


def check(message: Written) -> Utterance:
    """Read a message and use what was read; raises whatever goes wrong."""
    said = understand(message.text, None, message.context)
    local = message.context.now.astimezone(BERLIN).replace(tzinfo=None)
    for wish in (said.wish, *said.wish.readings):
        _use(wish, local)
    text = clean(message.text)
    read = read_dates(text, Circumstances(local, message.context.language))
    assert all(0 <= span.start < span.end <= len(text) for span in read.wish.spans)
    assert said.wish.spans == ()
    return said


def _use(wish: Wish, local: datetime) -> None:
    assert len(wish.alternatives) + len(wish.exclude) <= 2 * MOST_TOKENS
    assert all(_is_in_order(span.first, span.last) for c in wish.alternatives for span in c.dates)
    wishes.fits(wish, local)
    wishes.target(wish, local.date())
    wishes.last_day(wish)
    wishes.merge(wishes.merge(Wish(), wish, adds=False), wish, adds=True)
    prediction(wish, local.date())
    for language in ("de", "en"):
        wish_words(wish, language)


def _is_in_order(first: date, last: date | None) -> bool:
    return last is None or first <= last
