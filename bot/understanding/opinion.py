"""What the intent model makes of a message no rule has an answer for.

Each label is heard only where the model is sure enough for what follows from it; nothing that it
says writes anything: cancelling and moving are asked about before they are done, and a yes is
never taken from it.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.understanding.patterns import compiled
from bot.understanding.utterance import Intent

if TYPE_CHECKING:
    from bot.understanding.model import Guess

LANGUAGES = ("de", "en")

_HEARD: Mapping[str, tuple[Intent, float]] = {
    "cancel": (Intent.CANCEL_BOOKING, 0.6),
    "reschedule": (Intent.RESCHEDULE, 0.5),
    "list": (Intent.LIST, 0.55),
    "help": (Intent.HELP, 0.45),
    "not_understood": (Intent.HELP, 0.5),
    "human": (Intent.HUMAN, 0.65),
    "complaint": (Intent.HUMAN, 0.6),
    "greet": (Intent.GREET, 0.6),
    "thanks": (Intent.THANKS, 0.5),
    "goodbye": (Intent.GOODBYE, 0.5),
    "nothing_more": (Intent.THANKS, 0.6),
    "deny": (Intent.NO, 0.65),
    "stop": (Intent.STOP, 0.8),
    "book": (Intent.BOOK, 0.5),
    "availability": (Intent.BOOK, 0.5),
    "request_alternatives": (Intent.OTHER_TIME, 0.5),
    "bot_challenge": (Intent.BOT_CHALLENGE, 0.6),
    "out_of_scope": (Intent.OUT_OF_SCOPE, 0.6),
}
"""Label -> what follows, and how sure the model must be. Others have no consequence."""

_GIVING_UP = (
    r"\b(cancel\w*|delet\w*|remov\w*|clear\w*|eras\w*|scrap|nix|drop|undo|void|forget|releas\w*"
    r"|re(scind|tract|voke)|wo?n'?t|can'?t|cannot|not|don'?t|no longer|get rid|off|end|empty"
    r"|unreserve|destroy\w*|wipe|kill|rm|nicht|kein\w*|doch|weg|aus|ab|absag\w*|abzusagen"
    r"|stornier\w*|loesch\w*|streich\w*|entfern\w*|annull\w*|rueckgaengig|verwirf\w*"
    r"|verwerfen|abbrechen|ausfallen)\b"
)
_A_BOOKING = (
    r"(termin|buchung|reserv|book|appoint|erinner|remind|meeting|event|calend|kalender|table)"
)
_FEW_WORDS = 3
"""So short, "cancel that" means what is under way, not a booking."""

_CANNOT_COME = (
    r"\b(can'?t|cannot|can not|won'?t|unable to|not able to)( be able to)? "
    r"(make it|come|attend|be there)\b"
    r"|\b(kann|koennen|werde|werden)\b.*\bnicht (kommen|erscheinen|wahrnehmen|da sein)\b"
    r"|\bschaff\w*( \w+){0,4} nicht\b|\bsage?n? (\w+ ){0,2}ab$"
    r"|\b(have|got|need|want|like) to cancel( (today|tomorrow))?$"
)

_OF_A_BOOKING = frozenset({Intent.CANCEL_BOOKING, Intent.RESCHEDULE, Intent.LIST})


def label_of(folded: str, language: str) -> str:
    """Return the likeliest label; `out_of_scope` where nothing in the text is known."""
    guess = _guess(folded, language)
    return guess.label if guess else "out_of_scope"


def heard(folded: str, language: str) -> Intent:
    """Return what a message wants as far as the model is sure of it, else NONE."""
    guess = _guess(folded, language)
    if guess is None:
        return Intent.NONE
    intent, least = _HEARD.get(guess.label, (Intent.NONE, 1.0))
    return intent if guess.confidence >= least else Intent.NONE


def corrected(intent: Intent, folded: str, language: str) -> Intent:
    """Return what a booking word really asks for: "Buchung" also stands in a cancellation."""
    if intent not in {Intent.NONE, Intent.BOOK}:
        return intent
    said = heard(folded, language)
    return said if said in _OF_A_BOOKING else intent


def cannot_come(folded: str) -> bool:
    """Tell whether somebody says that they will not come: of a booking that stands."""
    return bool(compiled(_CANNOT_COME).search(folded))


def _gives_up_a_booking(folded: str) -> bool:
    words = folded.split()
    if len(words) <= _FEW_WORDS and not compiled(_A_BOOKING).search(folded):
        return False
    return bool(compiled(_GIVING_UP).search(folded))


def _guess(folded: str, language: str) -> "Guess | None":
    """Ask the model; a cancellation must say so, or the runner-up is meant."""
    # imported here: most messages are read without it
    from bot.understanding.model import model_of

    guess = model_of(language if language in LANGUAGES else LANGUAGES[0]).guess(folded)
    if guess and guess.label == "cancel" and not _gives_up_a_booking(folded):
        return guess.without_first()
    return guess
