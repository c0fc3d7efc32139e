"""How many people come: "zu dritt", "my wife and I", "a party of five"."""

from bot.understanding.lexicon import NUMBERS
from bot.understanding.patterns import compiled

MOST = 30
"""More are no party but a figure of something else."""

_TOGETHER = {"zweit": 2, "dritt": 3, "viert": 4, "fuenft": 5, "sechst": 6, "siebt": 7, "acht": 8}
_NUMBER = rf"(?P<n>\d{{1,2}}|{'|'.join(word for word, value in NUMBERS.items() if value > 1)})"
_KIN = (
    r"frau|mann|partner|partnerin|freund|freundin|tochter|sohn|mutter|vater|schwester|bruder|kind"
    r"|wife|husband|girlfriend|boyfriend|daughter|son|mother|father|sister|brother|friend|mum|mom"
    r"|dad|child"
)
_COUNTED = (
    rf"\b{_NUMBER} (?:personen|leute|erwachsene|teilnehmer\w*|gaeste|people|persons|adults|guests"
    r"|of us|participants)\b",
    rf"\b(?:party|group) of {_NUMBER}\b|\bgruppe von {_NUMBER.replace('<n>', '<m>')}\b",
    rf"\bwir (?:sind|kommen|waeren) {_NUMBER}(?= *(?:[,.!]|$|und\b))",
)
_PAIR = (
    rf"\b(?:meine?n?|my) (?:{_KIN}) (?:und|and) (?:ich|mich|i|me|myself)\b"
    r"|\b(?:uns beide|wir beide|both of us|the two of us)\b"
)


def people(folded: str) -> int | None:
    """Return how many people a folded message speaks of, from 2 to 30, else None."""
    if found := compiled(rf"\bzu (?P<n>{'|'.join(_TOGETHER)})\b").search(folded):
        return _TOGETHER[found["n"]]
    for pattern in _COUNTED:
        if found := compiled(pattern).search(folded):
            word = next(group for group in found.groups() if group)
            count = int(word) if word.isdecimal() else NUMBERS[word]
            return count if 1 < count <= MOST else None
    return 2 if compiled(_PAIR).search(folded) else None
