"""Invents the staff of the example service-desk: nobody real, always the same for a number.

Pure: it returns the text of the CSV file. The names of places, skills and shifts are those of
examples/service-desk/business.yaml.
"""

import csv
import io
import random
from collections.abc import Iterator

EXAMPLE = "service-desk"
FILE = "staff.csv"
STAFF = 16_000
SAMPLE = 40
"""How many stand in the folder of the example."""

_COLUMNS = (
    *(
        "id",
        "name",
        "mailbox",
        "shift",
        "zone",
        "skills",
        "sites",
        "weight",
        "per_day",
        "per_week",
    ),
    *("wave", "declaration", "state"),
)
_PLACES = (
    ("magdeburg", "Magdeburg", "ST"),
    ("halle", "Halle", "ST"),
    ("leipzig", "Leipzig", "SN"),
    ("dresden", "Dresden", "SN"),
    ("berlin", "Berlin", "BE"),
    ("potsdam", "Potsdam", "BB"),
    ("hamburg", "Hamburg", "HH"),
    ("kiel", "Kiel", "SH"),
    ("rostock", "Rostock", "MV"),
    ("bremen", "Bremen", "HB"),
    ("hannover", "Hannover", "NI"),
    ("dortmund", "Dortmund", "NW"),
    ("duesseldorf", "Düsseldorf", "NW"),
    ("koeln", "Köln", "NW"),
    ("frankfurt", "Frankfurt", "HE"),
    ("erfurt", "Erfurt", "TH"),
    ("nuernberg", "Nürnberg", "BY"),
    ("muenchen", "München", "BY"),
    ("stuttgart", "Stuttgart", "BW"),
    ("karlsruhe", "Karlsruhe", "BW"),
)
"""Id, name and state; neighbours stand side by side."""
_SHIFTS = (
    *("day", "morning", "early", "saturday", "short-friday", "alternating", "dawn", "late"),
)
_EXTRA_SKILLS = (
    *("cable", "mobile", "voip", "isdn", "tv", "wifi", "mesh", "powerline", "smart-home", "alarm"),
    *("billing", "contracts", "tariffs", "moving", "cancelling", "porting", "roaming", "devices"),
    *("business-lines", "leased-lines", "fax", "switching", "firewall", "vpn", "cloud", "backup"),
    *("mail", "security", "parental-control", "accessibility", "sign-language"),
    *("german", "english", "turkish", "polish", "arabic"),
)
_SKILLS_EACH = 6
_TECHNICAL = (("dsl", "fibre"), ("dsl",), ("dsl", "fibre"), ("fibre",))
"""What the technicians of a place can do, in turn."""


def staff_csv(number: int, seed: int = 16) -> str:
    """Return the whole file, header line included."""
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    table.writerows(_rows(number, random.Random(seed)))  # noqa: S311 - invented staff, no secret
    return text.getvalue()


def _rows(number: int, chance: random.Random) -> Iterator[tuple[object, ...]]:
    for index in range(number):
        yield _technician(index // 2, chance) if index % 2 == 0 else _adviser(index // 2, chance)


def _technician(index: int, chance: random.Random) -> tuple[object, ...]:
    """Return one of the visitors; each place gets as many as any other."""
    round_, at = divmod(index, len(_PLACES))
    place, name, state = _PLACES[at]
    sites = [place]
    if chance.random() < 0.4:
        sites.append(_PLACES[(at + 1) % len(_PLACES)][0])
    skills = _skills(_TECHNICAL[round_ % len(_TECHNICAL)], chance)
    # the first of each place can be booked at once, so that a handful of staff is a business, too
    wave, declaration = ("w1", "v1") if round_ == 0 else _start(chance)
    return (
        f"t{index:05}",
        f"Technik {name} {round_ + 1:04}",
        f"technik-{index:05}@service-desk.example",
        chance.choice(_SHIFTS),
        "",
        skills,
        " ".join(sites),
        *_load(chance),
        wave,
        declaration,
        state,
    )


def _adviser(index: int, chance: random.Random) -> tuple[object, ...]:
    """Return one who serves by phone or online, from anywhere."""
    skill, team = (("advice", "Beratung"), ("router", "Router-Hilfe"))[index % 2]
    zone = chance.choices(("", "Europe/London", "America/New_York"), (60, 20, 20))[0]
    return (
        f"a{index:05}",
        f"{team} {index + 1:04}",
        f"beratung-{index:05}@service-desk.example",
        chance.choice(_SHIFTS),
        zone,
        _skills((skill,), chance),
        "",
        *_load(chance),
        *_start(chance),
        "",
    )


def _skills(first: tuple[str, ...], chance: random.Random) -> str:
    return " ".join((*first, *chance.sample(_EXTRA_SKILLS, _SKILLS_EACH - len(first))))


def _load(chance: random.Random) -> tuple[int, int, int | str]:
    """Return the weight and the caps: one in ten works half the time."""
    return (1, 3, 12) if chance.random() < 0.1 else (2, 5, "")


def _start(chance: random.Random) -> tuple[str, str]:
    """Return the wave, and the declaration that a few have not signed yet."""
    wave = chance.choices(("w1", "w2", "w3"), (70, 20, 10))[0]
    return wave, "v1" if chance.random() < 0.95 else ""
