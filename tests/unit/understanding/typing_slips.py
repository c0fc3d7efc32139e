"""Names as people type them: one or two slips each, drawn the same way every time."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from bot.understanding.cleaning import fold
from scheduling.catalog import Business
from tests.builders import a_business, a_service, a_staff_member, a_text

SERVICES = {
    "consultation": "Erstberatung", "checkup": "Vorsorgeuntersuchung", "haircut": "Haarschnitt",
    "colour": "Färben und Tönen", "massage": "Rückenmassage", "physio": "Krankengymnastik",
    "dental": "Zahnreinigung", "tax": "Steuererklärung", "remote": "Fernwartung",
    "onsite": "Vor-Ort-Einsatz", "repair": "Fahrradreparatur", "yoga": "Yogakurs",
    "piano": "Klavierunterricht", "inspection": "Inspektion", "photos": "Passfotos",
    "hearing": "Hörtest", "eyes": "Sehtest", "nutrition": "Ernährungsberatung",
    "pedicure": "Pediküre", "contract": "Vertragsprüfung",
}  # fmt: skip
STAFF = {
    "anna": "Anna Weber", "bernd": "Bernd Schmitz", "carla": "Carla Schröder",
    "jonas": "Jonas Vogel",
    "leyla": "Leyla Yıldız", "marek": "Marek Kowalski",
    "sofia": "Sofia Rossi", "peter": "Peter Neumann",
}  # fmt: skip
FRAMES = (
    "ich hätte gern {} am liebsten nachmittags", "{} bitte", "einen termin für {} bei euch",
    "kann ich {} buchen", "hallo, ich brauche {}", "wann geht {} bei ihnen",
    "i would like {} please", "can i book {} next week",
)  # fmt: skip
STAFF_FRAMES = (
    "bei {} bitte", "ich möchte zu {}", "hat {} noch zeit", "lieber mit {} als mit anderen",
    "with {} please", "is {} free in the afternoon",
)  # fmt: skip
NEIGHBOURS = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj",
    "i": "uo", "j": "hk", "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o",
    "q": "wa", "r": "et", "s": "ad", "t": "rz", "u": "zi", "v": "cb", "w": "qe", "x": "yc",
    "y": "x", "z": "tu",
}  # fmt: skip
LONG = 10
"""From so many letters on, every second name gets two slips."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A sentence with a mistyped name in it, and who or what is meant."""

    text: str
    id: str
    is_staff: bool


def the_business() -> Business:
    """Return who offers all of them."""
    services = tuple(
        a_service(id=key, name=a_text(name), staff_ids=tuple(STAFF), staff_choice=True)
        for key, name in SERVICES.items()
    )
    staff = tuple(a_staff_member(key, name=name) for key, name in STAFF.items())
    return a_business(services=services, staff=staff)


def mentions() -> Iterator[Mention]:
    """Yield 12 mentions of every service and of every staff member (by surname or whole)."""
    drawn = random.Random(2026)
    for key, name in SERVICES.items():
        for _ in range(12):
            yield Mention(drawn.choice(FRAMES).format(_mistyped(name, drawn)), key, is_staff=False)
    for key, name in STAFF.items():
        for turn in range(12):
            said = name if turn % 2 else name.split()[1]
            yield Mention(
                drawn.choice(STAFF_FRAMES).format(_mistyped(said, drawn)), key, is_staff=True
            )


def _mistyped(name: str, drawn: random.Random) -> str:
    said = fold(name) if drawn.random() < 0.5 else name.lower()
    slips = 2 if len(name) >= LONG and drawn.random() < 0.5 else 1
    for _ in range(slips):
        said = drawn.choice((_left_out, _doubled, _swapped, _beside))(said, drawn)
    return said


def _place(said: str, drawn: random.Random) -> int:
    return drawn.choice([at for at, letter in enumerate(said[:-1]) if letter.isalpha()])


def _left_out(said: str, drawn: random.Random) -> str:
    at = _place(said, drawn)
    return said[:at] + said[at + 1 :]


def _doubled(said: str, drawn: random.Random) -> str:
    at = _place(said, drawn)
    return said[:at] + said[at] + said[at:]


def _swapped(said: str, drawn: random.Random) -> str:
    at = _place(said, drawn)
    return said[:at] + said[at + 1] + said[at] + said[at + 2 :]


def _beside(said: str, drawn: random.Random) -> str:
    at = _place(said, drawn)
    return said[:at] + drawn.choice(NEIGHBOURS.get(said[at], "e")) + said[at + 1 :]
