"""Hours that are only a figure: "no wait, make it 11", "kann ich das auf 11 schieben".

A figure alone says nothing; here it stands where only an hour can. It is spelled out for the
grammar of days and hours.
"""

from bot.understanding.cleaning import fold
from bot.understanding.patterns import compiled

_HOUR = r"(?P<hour>[01]?\d|2[0-4])"
_OPENING = (
    r"(?:(?:ach|oh|ah|hm+|aeh|um|nein|nee+|noe|ne|no|nope|wait|warte\w*|moment|halt|stop|sorry|ok|okay"
    r"|ja|yes|aber|but|also|actually|eigentlich|dann|then|bitte|please|entschuldigung|pardon|so)"
    r"[ ,.!]+)*"
)
_CHANGE = (
    r"(?:make (?:it|that)|let'?s (?:make it|do|say)|can we (?:make it|do|say)|rather|better"
    r"|actually|instead|(?:lieber|doch|eher|besser|wieder)(?: (?:lieber|doch|eher|wieder))*"
    r"|mach(?:en|e)?(?: sie| wir)?(?: es| das)?(?: lieber| doch)?|nehmen wir|sagen wir)"
)
_SUITS = (
    r"(?:would be|is|works?|suits?|waere|ist|passt|geht)"
    r"(?: (?:\w+ )?(?:better|best|besser|gut))?"
)
_AFTER = r"(?: (?:bitte|please|instead|then|dann|lieber|doch|besser|if possible))*"
_CORRECTED = (
    rf"{_OPENING}(?:{_CHANGE}(?: (?:um|at|for|auf))? {_HOUR}(?: {_SUITS})?{_AFTER}"
    rf"|{_HOUR.replace('hour', 'suits')} {_SUITS}{_AFTER})[ .!?]*"
)
_MOVED = (
    rf"\bauf {_HOUR}(?= (?:ver|um|vor)?(?:schieb|leg|buch|zieh|aender)\w*)"
    rf"|\b(?:verschieb|verleg|schieb|leg)\w*\b.{{1,40}} auf {_HOUR.replace('hour', 'last')}"
    r"(?=[ .!?]*$)"
    rf"|\b(?:move|push|change|shift|switch|reschedule)\b.{{1,40}} to {_HOUR.replace('hour', 'to')}"
    r"(?=(?: please| instead)?[ .!?]*$)"
)
_NO_HOUR = (
    r"anzahl|zahl\b|person|leute|teilnehm|gaest|gruppe|platz|plaetze|nummer|dauer|laenge|number"
    r"|people|guest|participant|party|group|seats|option|length|duration|\b(?:us|uns) (?:to|auf)\b"
)
"""Other things whose figure may be changed."""
_LONGEST = 80
"""Characters of the longest correction: no pattern runs over more."""


def with_hours(text: str, *, is_asked_for_time: bool) -> str:
    """Return the text with "Uhr" behind a figure that is an hour.

    `is_asked_for_time`: a time is held or shown, so that a correction can only mean it.
    """
    folded = fold(text)
    is_short = len(folded) <= _LONGEST
    if is_asked_for_time and is_short and (found := compiled(_CORRECTED).fullmatch(folded)):
        return f"um {found['hour'] or found['suits']} uhr"
    if compiled(_NO_HOUR).search(folded):
        return text
    # folding makes one letter two: the place is that in the folded text
    found = compiled(_MOVED).search(folded)
    return f"{folded[: found.end()]} uhr{folded[found.end() :]}" if found else text
