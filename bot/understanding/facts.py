"""What the customer says about themselves: e-mail, phone, name. Checking them is not done here."""

import re
from typing import NamedTuple

from bot.understanding.cleaning import fold
from bot.understanding.patterns import compiled

# bounded, and without @ inside: no message makes the search slow
_PART = r"[^\s@<>()\[\],;:\"']"
_EMAIL = rf"{_PART}{{1,64}}@{_PART}{{1,250}}\.[^\W\d_]{{2,}}"
_WORD = r"[^\W\d_][\w'’.-]*"
_NAME = rf"(?P<name>{_WORD}(?: {_WORD}){{0,5}})"
_INTRODUCED = (
    r"\b(?:(?i:ich heiße|ich heisse|mein name ist|my name is|my name's|name ?:)"
    # "der Name ist richtig" tells no name
    r"|(?i:ich bin|i'm|i am|ich bin's,?|this is"
    r"|(?:der|den) name(?:n)? (?:ist|lautet|auf)|(?:the|my) name (?:to|should be))"
    r"(?= +[A-ZÄÖÜ]))"
    rf" *(?:(?i:der|die|herr|frau|dr\.|mr\.?|mrs\.?|ms\.?) )*{_NAME}"
)
_NO_NAME = frozenset(
    {
        "und", "oder", "and", "or", "bitte", "please", "am", "um", "at", "on", "meine",
        "mein", "my", "ich", "i", "aber", "but", "mit", "with", "e-mail", "email", "mail",
        "tel", "telefon", "phone", "die", "der", "das", "ist", "is", "the", "a", "ab", "im",
        "in", "von", "from", "bei", "für", "for", "doch", "lieber", "nicht", "not", "was",
        "wann", "wie", "what", "when", "how", "falsch", "verkehrt", "wrong", "incorrect", "sorry",
    }
)  # fmt: skip
_PARTICLES = frozenset({"von", "van", "de", "zu", "der", "den", "la", "le", "da", "di", "al"})
# a sentence made of these alone is no name; beside a word of another kind they may be ("Can Öz")
_SENTENCES = (
    "ja nein nee doch nicht nichts ok okay gut sie du ich er wir ihr mich mir dich dir uns "
    "euch ihnen mal halt eben eigentlich wirklich gar sehr ganz so dann jetzt gleich noch "
    "schon erst kurz moment warte warten kann kannst koennen koennt will wollen moechte muss "
    "soll sollen darf geht gehen bin bist sind habe hab haben hat wird werden machen mach "
    "mache sage sagen weiss wissen egal keine kein keinen ahnung vielleicht spaeter frueher "
    "lieber anders falsch richtig stimmt hmm hm aeh oh ach na also einfach bloss nur das dies "
    "es den dem ein eine einen bloed mist quatsch scheisse klappe ruhe danke leck arsch yes no "
    "not none nope actually really maybe perhaps wait hold on sorry oops please you me we they "
    "it this that there here do does don't dont did is are was were am be want need know say "
    "said think make change go get let lets let's just then now later first yet well uh um "
    "fine wrong right stop never mind forget whatever nothing something anything idea fuck off "
    "damn shit your his her their our too very works work better best suits suit would could can "
    "okay of business f passt passen besser waere ginge klappt wieder again back hmmm also"
)
_OF_SENTENCES = frozenset(_SENTENCES.split())
_NO_EMAIL = (
    r"\b(?:kein\w*|ohne|no|without|don'?t have|haven'?t got|nicht)\b.{0,25}\be?-?mail"
    r"|\b(?:warum|wieso|weshalb|wozu|wofuer|why|what)\b.*\be?-?mail|\be?-?mail\w*\b.{0,25}\bnicht\b"
)
_CAPITAL = r"[A-ZÄÖÜ][\w'’-]+"
_BEFORE_EMAIL = (
    r"(?:^|[,;.] *|\b(?i:bin|hier ist) (?i:die|der) )"
    rf"(?P<name>{_CAPITAL}(?: {_CAPITAL}){{1,3}})[ ,;(]+{_EMAIL}"
)
_BESIDE_EMAIL = frozenset(
    {
        "vielen", "besten", "lieben", "schoenen", "dank", "danke", "gruss", "gruesse", "guten",
        "tag", "hallo", "liebe", "sehr", "bestaetigung", "mail", "email", "adresse", "kontakt",
        "neu", "neue", "bitte", "termin", "beste", "freundliche", "an", "via", "per", "regards",
        "thanks", "best", "dear", "hi", "hello", "kind", "many", "confirmation", "address",
        "contact", "new", "please", "appointment", "booking", "to", "mfg", "lg", "vg",
    }
)  # fmt: skip
"""Words that stand before an address and in no name."""
_WITH_ARTICLE = r"(?i)^(?:ich bin|bin|hier ist) (?:der|die) "
_AND = r"(?<=\S) (?:und|and|&) (?=[A-ZÄÖÜ])"
MAX_NAME_WORDS = 5


class Facts(NamedTuple):
    """Contact fields as written, and the text without them."""

    rest: str
    name: str = ""
    email: str = ""
    phone: str = ""


def read_facts(text: str, country: str) -> Facts:
    """Take e-mail, phone and an introduced name out of a cleaned text."""
    text, email = _cut(text, compiled(_EMAIL).search(text))
    text, phone = _phone(text, country)
    text, name = _introduced(text)
    return Facts(text, name, email.rstrip("."), phone)


def _cut(text: str, found: re.Match[str] | None) -> tuple[str, str]:
    if not found:
        return text, ""
    return f"{text[: found.start()]} , {text[found.end() :]}".strip(" ,"), found[0]


def _phone(text: str, country: str) -> tuple[str, str]:
    # imported here: its tables take longer than all the rest of reading
    import phonenumbers

    for match in phonenumbers.PhoneNumberMatcher(text, country):
        digits = sum(c.isdigit() for c in match.raw_string)
        if digits >= 7 and not re.fullmatch(r"[\d./-]*(19|20)\d\d", match.raw_string):
            rest = f"{text[: match.start]} , {text[match.end :]}".strip(" ,")
            spelled = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164)
            return rest, spelled
    return text, ""


def _introduced(text: str) -> tuple[str, str]:
    for found in compiled(_INTRODUCED).finditer(text):
        rest, name = _name_in(text, found)
        if name:
            return rest, name
    return text, ""


def _name_in(text: str, found: re.Match[str]) -> tuple[str, str]:
    kept: list[str] = []
    for word in found["name"].split():
        if fold(word).strip(".,") in _NO_NAME - _PARTICLES and kept:
            break
        kept.append(word)
        if word.endswith(".") and len(word) > 3:
            break
    while kept and kept[-1] in _PARTICLES:
        kept.pop()
    name = " ".join(kept).rstrip(".,")
    if not name or fold(name.split()[0]) in _NO_NAME:
        return text, ""
    end = found.start("name") + len(" ".join(kept))
    return f"{text[: found.start()]} , {text[end:]}".strip(" ,"), name


def name_before_email(text: str) -> str:
    """Return "Ina Roth" of "Beratung morgen um zehn, Ina Roth, ina@roth.de", else ""."""
    found = compiled(_BEFORE_EMAIL).search(text)
    name = found["name"] if found else ""
    is_phrase = any(fold(word) in _BESIDE_EMAIL for word in name.split())
    return name if looks_like_name(name) and not is_phrase else ""


def without_article(text: str) -> str:
    """Return "Eva" of "ich bin die Eva"; only an answer to "your name?" means a name so."""
    return compiled(_WITH_ARTICLE).sub("", text)


def lacks_email(folded: str) -> bool:
    """Tell whether an answer says that there is no e-mail address, or asks what it is for."""
    return bool(compiled(_NO_EMAIL).search(folded))


def looks_like_name(text: str) -> bool:
    """Tell whether an answer to "your name?" is one: few words, letters, nothing of a sentence.

    Two may be named: "Ida und Max Krause", not "date and time".
    """
    words = re.sub(_AND, " ", text.strip(" .,!")).split()
    return (
        0 < len(words) <= MAX_NAME_WORDS
        and all(re.fullmatch(r"[^\W\d_][\w'’.-]*,?", word) for word in words)
        and not any(re.split("['’]", fold(word).strip(".,"))[0] in _NO_NAME for word in words)
        and not all(fold(word).strip(".,'’") in _OF_SENTENCES for word in words)
    )
