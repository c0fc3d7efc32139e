"""How a customer wants to meet, said in passing: by video, by phone, or at the place."""

from bot.understanding.patterns import compiled

_VIDEO = r"(?:video(?:call|anruf|chat|konferenz|gespraech|termin|schalte)?|teams)"
_PHONE = r"(?:telefon|telephone|phone)"
_HOUSE = r"(?:praxis|buero|studio|laden|geschaeft|filiale|werkstatt)"
_ROOM = r"(?:office|practice|location|studio|shop|premises|branch|workshop)"
_CHOSEN = r"(?:lieber|doch|bitte|rather|prefer|preferably)"

_WAYS = {
    "teams": rf"\b(?:per|via|ueber|mit|als|by|over|on|as)(?: (?:an?|eine?n?|the|ms|microsoft))*"
             rf" {_VIDEO}\b|\bvideo(?:call|anruf|chat|konferenz|gespraech|termin|schalte)\b"
             rf"|\bvideo (?:call|chat|meeting|conference)\b|\b{_CHOSEN} (?:video|teams)\b"
             r"|(?<!book )(?<!booking )(?<!buchen )\bonline\b(?! (?:buch|book|form))",
    "phone": rf"\b(?:per|am|ueber|via|by|over|on)(?: (?:the|das|dem))? {_PHONE}\b|\btelefonisch\b"
             r"|\btelefon(?:termin|gespraech|at)\b|\b(?:tele)?phone (?:call|appointment)\b"
             rf"|\b{_CHOSEN} {_PHONE}\b",
    "place": rf"\bvor ort\b|\bpersoenlich\w*|\b(?:in|bei) (?:der|ihrer|eurer|deiner) {_HOUSE}\b"
             rf"|\b(?:im|in ihrem|in eurem|in deinem) {_HOUSE}\b|\bin person\b|\bon[- ]?site\b"
             rf"|\bface to face\b|\b(?:at|in) your {_ROOM}\b",
}  # fmt: skip
"""By kind of location; a message that names two of them names none."""
_DENIED = (
    r"\b(?:nicht|kein\w*|ohne|statt|anstatt|anstelle|ausser|not|no|without|instead of|rather than"
    r"|als|than|except|can't|cannot|won't|don't)(?: \w+){0,2} *$"
)
_DENIED_AFTER = r"^ (?:\w+ ){0,3}(?:nicht|schlecht|not|doesn't|isn't|won't)\b"


def way_of_meeting(folded: str) -> str:
    """Return `teams`, `phone` or `place`; "" where none or several are said."""
    said = [way for way, pattern in _WAYS.items() if _is_wanted(folded, pattern)]
    return said[0] if len(said) == 1 else ""


def _is_wanted(folded: str, pattern: str) -> bool:
    return any(
        not compiled(_DENIED).search(folded[: hit.start()])
        and not compiled(_DENIED_AFTER).search(folded[hit.end() :])
        for hit in compiled(pattern).finditer(folded)
    )
