"""A yes in all its words: a message that is made of words of agreement and of nothing else.

Whatever else is said, even a question mark, makes it something to read or to ask about: a booking
is never made by half a yes. The model of intents has no say here.
"""

from bot.understanding.patterns import compiled

_THUMB = "[\U0001f44d\U0001f44c✅][\U0001f3fb-\U0001f3ff]?"
_JA = r"j+a+(?:ja+)?|jo+|ju+p+|je+p+|ja+p+|jau|joa|jawohl+|jawoll"
_YES = r"y+e+s+|ye+p+|yu+p+|ye+a+h*|yeh|ya+|o+k+|oka+y+|oke+y*|oki+|okidoki|okey dokey"
_SURE = (
    r"klar|na klar|aber klar|logisch|logo|natuerlich|selbstverstaendlich|sicher|aber sicher"
    r"|gewiss|unbedingt|absolut|auf jeden fall|(?:sehr |aber )?gerne?"
    r"|mit vergnuegen|genau(?: so)?|ganz genau|richtig|korrekt|einverstanden|abgemacht"
    r"|bestaetigt|bestaetigen"
    r"|sure(?: thing)?|of course|certainly|definitely|absolutely|exactly|indeed|by all means"
    r"|correct|right|confirm|confirmed|agreed"
)
_RIGHT = r"richtig|korrekt|ok|okay|in ordnung|gut|sehr gut|perfekt|prima|super|wunderbar"
_GERMAN = (
    rf"(?:(?:das|es|so|alles|der termin|die zeit|jetzt|nun) )?(?:passt|stimmt)(?:'?s)?"
    rf"(?: (?:so|mir|uns|gut|sehr gut|perfekt|alles|super|prima))*"
    rf"|(?:(?:das|es|so|alles) )?(?:ist |waere )(?:so |alles )?(?:{_RIGHT})(?: so)?"
    rf"|(?:so|alles) (?:{_RIGHT})(?: so)?"
    r"|geht klar|geht in ordnung|in ordnung|alles klar|nehme ich|ich bestaetige(?: das| es)?"
    r"|ich stimme zu|ich bin einverstanden"
)
_FINE = r"fine|good|great|ok|okay|right|correct|perfect|alright|all right"
_ENGLISH = (
    rf"(?:that|it|this|all|everything)(?:'?s| is| looks| sounds)? (?:{_FINE})"
    rf"(?: (?:for|with|by|to) me)?"
    rf"|(?:sounds|looks) (?:{_FINE})(?: to me)?|(?:that |it |this )?works(?: for me)?"
    r"|i (?:confirm|agree|accept)(?: it| that| this)?|go ahead|go for it|please do"
    r"|all (?:good|correct|right)|alright"
)
_COURTESY = r"bitte|please|danke(?: schoen| sehr)?|vielen dank|thanks|thank you"

_BOOKED = (
    r"(?:jetzt |so |gleich |verbindlich |das |den termin )*(?:buchen|reservieren|eintragen)"
    r"|buch(?:en sie|e)?(?: das| es| ihn| den termin)(?: so)?"
    r"|mach(?:en sie|e)? (?:das|es)(?: so)?|(?:so )?machen wir(?: das| es)?(?: so)?"
    r"|(?:book|confirm|do|make|take)(?: it| that| this)|book(?: now| me in)?"
    r"|let'?s (?:do it|do that|book it|go)"
)
_PLEASED = (
    r"perfekt|super|prima|top|klasse|wunderbar|toll|gut|sehr gut|bestens|spitze|fein"
    r"|perfect|great|good|very good|fine|wonderful|excellent|brilliant|lovely|lgtm|k+|j|y"
)
_SARCASM = "yeah right"
_LONGEST = 80
"""Characters of the longest yes: no pattern runs over more."""


def _made_of(pieces: str) -> str:
    """Return the pattern of a message of at least one piece, with courtesy among them."""
    return rf"(?:(?:{_COURTESY}) )*(?:{pieces})(?: (?:{pieces}|{_COURTESY}))*"


_ANYWHERE = _made_of("|".join((_THUMB, _JA, _YES, _SURE, _GERMAN, _ENGLISH)))
_AT_REVIEW = _made_of("|".join((_THUMB, _JA, _YES, _SURE, _GERMAN, _ENGLISH, _BOOKED, _PLEASED)))


def is_yes(folded: str, *, at_review: bool) -> bool:
    """Tell whether a folded message agrees and does nothing else.

    `at_review`: the booking lies before the customer to be confirmed, so that "perfekt" and
    "bitte so buchen" are a yes too.
    """
    words = compiled(r"[.,!;:\"„“()\s-]+").sub(" ", folded).strip()
    if len(words) > _LONGEST or words == _SARCASM:
        return False
    return bool(compiled(_AT_REVIEW if at_review else _ANYWHERE).fullmatch(words))
