"""The words of dates and hours in German and English, each with its tag and value.

Tags are one letter, so that a message becomes a string that patterns of the grammar run on. Keys
are written as spoken; a word is found with its umlauts, with ae, oe, ue, and without any.
"""

from collections.abc import Iterator

Meaning = tuple[str, object]

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
BARE = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "ss"})

MINUTE, HOUR, DAY, WEEK, MONTH, YEAR, WEEKEND, WORKWEEK, QUARTER = (
    "minute", "hour", "day", "week", "month", "year", "weekend", "workweek", "quarter",
)  # fmt: skip
THIS, NEXT, COMING, AFTER_NEXT, LAST, BEFORE_LAST = (
    "this",
    "next",
    "coming",
    "after_next",
    "last",
    ("before_last"),
)
AFTER_THIS = "after_this"
"""The one after "this Friday": of "not this Friday but the next"."""

WEEKDAYS = (
    "montag monday mon monday's", "dienstag tuesday tue tues tuesday's",
    "mittwoch wednesday wed weds wednesday's",
    "donnerstag thursday thu thur thurs thursday's", "freitag friday fri friday's",
    "samstag sonnabend saturday saturday's", "sonntag sunday sunday's",
)  # fmt: skip
SHORT_WEEKDAYS = {"mo": 0, "di": 1, "mi": 2, "do": 3, "fr": 4, "sa": 5, "so": 6,
                  "sat": 5, "sun": 6}  # fmt: skip
"""Also words or names; the words beside them decide."""

MONTHS = (
    "januar jänner january jan", "februar feber february feb", "märz mar mrz mär", "april apr",
    "mai", "juni june jun", "juli july jul", "august aug", "september sept sep",
    "oktober october okt oct", "november nov", "dezember december dez dec",
)  # fmt: skip
SHORT_MONTHS = {"may": 5, "march": 3, "mar": 3}

_UNITS = {
    MINUTE: "minute minuten minutes min mins minütchen",
    HOUR: "stunde stunden std stdn hour hours hr hrs",
    DAY: "tag tage tagen tages tags day days",
    WEEK: "woche wochen kalenderwoche week weeks wk wks",
    MONTH: "monat monate monaten monats month months",
    YEAR: "jahr jahre jahren jahres year years",
    WEEKEND: "wochenende wochenenden wochenendes weekend",
    WORKWEEK: "arbeitswoche workweek",
    QUARTER: "quartal quartals vierteljahr vierteljahren",
}
_NEXT = {
    THIS: "diese dieser diesen diesem dieses this current aktuelle aktuellen laufenden laufende",
    NEXT: "next following folgende folgenden folgender darauffolgende darauffolgenden",
    COMING: "nächste nächster nächsten nächstem nächstes kommende kommenden kommender kommendem"
            " kommendes coming upcoming",
    AFTER_NEXT: "übernächste übernächster übernächsten übernächstem übernächstes",
    LAST: "letzte letzter letzten letztem letztes vorige voriger vorigen vergangene vergangenen"
          " last previous",
    BEFORE_LAST: "vorletzte vorletzter vorletzten vorletztem vorletztes penultimate",
}  # fmt: skip
_RELATIVE = {
    0: "heute today heut today's heutigen heutige",
    1: "tomorrow tomorrow's tmrw tmr tomorow tommorow tommorrow",
    2: "übermorgen",
    3: "überübermorgen",
    -1: "gestern yesterday",
    -2: "vorgestern",
}

# start and end in minutes; what "early" and "late" leave of it
PARTS: dict[str, tuple[int, int]] = {
    "early_morning": (360, 540),
    "morning": (360, 720),
    "late_morning": (600, 720),
    "forenoon": (480, 720),
    "noon": (720, 840),
    "midday": (720, 780),
    "afternoon": (720, 1080),
    "early_afternoon": (720, 960),
    "late_afternoon": (900, 1080),
    "early_forenoon": (480, 600),
    "late_forenoon": (600, 720),
    "daytime": (480, 1080),
    "evening": (1020, 1320),
    "early_evening": (1020, 1200),
    "late_evening": (1200, 1380),
    "night": (1200, 1440),
    "early_night": (1200, 1320),
    "late_night": (1320, 1440),
    "before_noon": (660, 720),
    "after_noon": (720, 780),
    "after_lunch": (780, 1020),
    "after_breakfast": (540, 720),
    "after_school": (900, 1260),
    "after_work": (1020, 1320),
    "before_work": (360, 540),
}
NOONS = frozenset({"noon", "midday"})
_PARTS = {
    "early_morning": "frühmorgens frühmorgen morgenfrüh",
    "morning": "morgens morn morning mornings morgenstunden morgenstunde",
    "forenoon": "vormittag vormittags vormittage forenoon vormittagsstunden vormittagstermin",
    "noon": "mittag mittags mittagszeit lunchtime lunch mittagspause mittagstermin",
    "midday": "noon midday",
    "afternoon": "nachmittag nachmittags nachmittage afternoon afternoons afternoonish arvo aft"
                 " nachmittagsstunde nachmittagsstunden nachmittagstermin",
    "late_afternoon": "spätnachmittag spätnachmittags",
    "early_evening": "vorabend",
    "evening": "abend abends abende eve evening evenings abendstunden abendstunde abendtermin",
    "late_evening": "spätabend spätabends",
    "daytime": "tagsüber daytime",
    "night": "nacht nachts nächte night nights nighttime",
}  # fmt: skip
_HOLIDAYS = {
    "christmas_eve": "heiligabend heiligabends",
    "christmas": "weihnachten weihnachtstag christmas xmas weihnachtsfeiertag weihnachtstage"
    " weihnachtstagen weihnachtsfeiertage weihnachtsfeiertagen",
    "new_year": "neujahr neujahrstag",
    "new_years_eve": "silvester sylvester",
    "halloween": "halloween",
    "all_saints": "allerheiligen",
    "all_souls": "allerseelen",
    "nicholas": "nikolaus nikolaustag",
    "mothers_day": "muttertag",
    "fathers_day": "vatertag",
    "valentine": "valentinstag",
    "labour_day": "maifeiertag",
    "unity": "nationalfeiertag",
    "reformation": "reformationstag",
    "martin": "martinstag",
    "epiphany": "dreikönigstag dreikönig epiphany",
    "ash_wednesday": "aschermittwoch",
    "good_friday": "karfreitag",
    "maundy_thursday": "gründonnerstag",
    "holy_saturday": "karsamstag ostersamstag",
    "palm_sunday": "palmsonntag",
    "easter": "ostern ostersonntag easter ostertage ostertagen osterfeiertage osterfeiertagen",
    "easter_monday": "ostermontag",
    "ascension": "himmelfahrt himmelfahrtstag",
    "pentecost": "pfingsten pfingstsonntag pentecost whitsun",
    "whit_monday": "pfingstmontag",
    "corpus_christi": "fronleichnam",
    "rose_monday": "rosenmontag",
    "shrove_tuesday": "faschingsdienstag fastnachtsdienstag fastnacht veilchendienstag",
    "carnival_saturday": "fastnachtssamstag faschingssamstag karnevalssamstag",
    "carnival_sunday": "fastnachtssonntag faschingssonntag karnevalssonntag tulpensonntag",
    "weiberfastnacht": "weiberfastnacht altweiber altweiberfastnacht",
    "repentance": "bettag",
    "dead_sunday": "totensonntag ewigkeitssonntag",
    "advent": "advent adventssonntag",
    "public_holiday": "feiertag feiertage",
    "bridge_day": "brückentag brückentage",
    "thanksgiving": "thanksgiving",
    "juneteenth": "juneteenth",
}

_SIMPLE: dict[str, str] = {
    "h": "uhr o'clock oclock h",
    "0": "o oh",
    "a": "ab starting since frühestens frühstens allerfrühestens seit beginning erst",
    "A": "nach after past anschließend",
    "b": "bis until till til untill spätestens allerspätestens through by",
    "B": "vor before",
    "t": "to auf zu zum",
    "v": "von vom zwischen zw between from",
    "&": "und and sowie plus & u",
    "|": "oder or bzw alternativ beziehungsweise respektive entweder either",
    "!": "nicht not kein keine keinen keinem keiner keinesfalls nie niemals never"
         " can't cant cannot won't wont don't dont doesn't doesnt isn't isnt wouldn't couldn't"
         " unmöglich impossible unavailable verhindert weder neither nor nix ned net"
         " nichts nothing unable didn't shouldn't ungern"
         " aren't arent haven't havent ain't mustn't vermeiden fällt",
    "X": "außer ausser ausgenommen ohne without except excluding excl statt anstatt anstelle"
         " avoid besides exklusive barring skip",
    "i": "in im during während ins",
    "I": "within innerhalb binnen inside",
    "g": "der die das den dem des the of so dann then also zur my our meinem ganz entire whole"
         " einschließlich inklusive inkl including inclusive sehr very",
    "G": "am on an",
    "c": "um at @ pünktlich punkt",
    "~": "ca circa zirka about around approximately etwa ungefähr gegen gg roughly approx"
         " schätzungsweise near rund ~ towards toward",
    "j": "jede jeder jeden jedem jedes every each alle any immer",
    "F": "for für",
    "E": "geht passt ginge klappt works work fine ok okay schon gut good möglich possible gern"
         " gerne prima ideal recht super nur only best am_besten wäre waere",
    ";": "lieber rather dafür instead stattdessen bevorzugt prefer besser aber sondern but"
         " jedoch allerdings however although though obwohl",
    "s": "selben selbe selber gleichen gleiche gleicher same",
}  # fmt: skip

_ONES = {"null": 0, "eins": 1, "zwei": 2, "zwo": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6,
         "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "elf": 11, "zwölf": 12, "dreizehn": 13,
         "vierzehn": 14, "fünfzehn": 15, "sechzehn": 16, "siebzehn": 17, "achtzehn": 18,
         "neunzehn": 19, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
         "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
         "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
         "eighteen": 18, "nineteen": 19}  # fmt: skip
_TENS = {"zwanzig": 20, "dreißig": 30, "vierzig": 40, "fünfzig": 50, "sechzig": 60, "twenty": 20,
         "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90}  # fmt: skip
_GERMAN_ONES = ("ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")
_WEAK_ONES = "a an ein eine einen einem einer eines ner nem"
_ENGLISH_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
]
_GERMAN_ORDINALS = [
    "erst",
    "zweit",
    "dritt",
    "viert",
    "fünft",
    "sechst",
    "siebt",
    "acht",
    "neunt",
    "zehnt",
    "elft",
    "zwölft",
    "dreizehnt",
    "vierzehnt",
    "fünfzehnt",
    "sechzehnt",
    "siebzehnt",
    "achtzehnt",
    "neunzehnt",
    "zwanzigst",
]
_ENDINGS = ("e", "er", "en", "em", "es")


def number_words() -> Iterator[tuple[str, Meaning]]:
    """Give cardinal and ordinal numbers with their values."""
    for word, value in (*_ONES.items(), *_TENS.items()):
        yield word, ("n", value)
    for tens, value in list(_TENS.items())[:5]:
        for one, name in enumerate(_GERMAN_ONES, 1):
            yield f"{name}und{tens}", ("n", value + one)
    yield from ((word, ("1", 1)) for word in _WEAK_ONES.split())
    for value, word in enumerate(_ENGLISH_ORDINALS, 1):
        yield word, ("O", value)
    yield "thirtieth", ("O", 30)
    stems = [*enumerate(_GERMAN_ORDINALS, 1), (30, "dreißigst"), (31, "einunddreißigst"),
             (7, "siebent")]  # fmt: skip
    stems += [(20 + n, f"{name}undzwanzigst") for n, name in enumerate(_GERMAN_ONES, 1)]
    for value, stem in stems:
        yield from ((stem + ending, ("O", value)) for ending in _ENDINGS)


def single_words() -> Iterator[tuple[str, Meaning]]:
    """Give every single word; what comes later wins."""
    yield from number_words()
    for tag, words in _SIMPLE.items():
        yield from ((word, (tag, None)) for word in words.split())
    for number, words in enumerate(WEEKDAYS):
        for word in words.split():
            yield word, ("w", number)
            if len(word) > 5:
                yield word + "s", ("W", frozenset({number}))
    for number, words in enumerate(MONTHS, 1):
        yield from ((word, ("m", number)) for word in words.split())
    tables: tuple[tuple[str, dict[str, str]], ...] = (
        ("u", _UNITS), ("q", _NEXT), ("p", _PARTS), ("H", _HOLIDAYS),
    )  # fmt: skip
    for tag, table in tables:
        for value, words in table.items():
            yield from ((word, (tag, value)) for word in words.split())
    for offset, words in _RELATIVE.items():
        yield from ((word, ("r", offset)) for word in words.split())


def spellings(phrase: str) -> set[str]:
    """Return a word as folded text has it, and as typed without umlauts."""
    return {phrase.translate(UMLAUTS), phrase.translate(BARE)}
