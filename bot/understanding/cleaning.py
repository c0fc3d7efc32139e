"""Makes a message safe to read and easy to compare. Nothing here knows a word of any language."""

import re
import unicodedata

MAX_CHARACTERS = 2000
_UMLAUTS = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ß": "ss",
        "ı": "i",
        "ł": "l",
        "ø": "o",
        "æ": "ae",
        "đ": "d",
        "’": "'",
        "–": "-",
        "—": "-",
    }
)
# bidi overrides turn a name into another one on screen (Unicode TR36, 3.2); Cf holds them all
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def clean(text: str) -> str:
    """Return NFC without control, bidi and unassigned characters, cut at 2000 characters."""
    kept = [
        " " if character in "\n\r\t" else character
        for character in unicodedata.normalize("NFC", text[: 2 * MAX_CHARACTERS])
        if character in "\n\r\t" or unicodedata.category(character) not in _UNSEEN
    ]
    return re.sub(r" {2,}", " ", "".join(kept)).strip()[:MAX_CHARACTERS]


def fold(text: str) -> str:
    """Return lower case with ä as ae, ß as ss, and every other mark taken off."""
    spelled = text.lower().translate(_UMLAUTS)
    bare = unicodedata.normalize("NFD", spelled)
    return "".join(c for c in bare if unicodedata.category(c) != "Mn")
