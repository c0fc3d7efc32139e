"""Questions about an offer, folded, in both languages: what it costs, how long, where, when."""

from bot.understanding.utterance import Intent

_PAY = r"(?:be)?zahlen|kostenlos|kostenfrei|kostet|kosten|gebuehr\w*"
_GIVE_UP = r"(?:absag|abzusag|stornier|storno)\w*"
_FEE = r"for free|free of charge|fees?|charged?|pay|cost"
# "bitte absagen, die Gebühr zahle ich" does not ask
_ASKS = (
    r"^(?!.*\b(?:koennen sie|kannst du|koennt ihr|(?:can|could) you)\b)"
    r"(?=.*(?:\?|\b(?:wenn|falls|ob|if|was|welche|wie ?viel|wie hoch|what|how much"
    r"|absage|stornierung|storno|cancellation"
    r"|(?:kann|koennte|darf) (?:ich|man|wir)|(?:can|could|do|will|would) (?:i|we)"
    r"|kostet (?:das|es|die|eine?|mich)|(?:is|are) (?:it|there)"
    rf"|muss (?:ich|man|wir) (?:(?!absagen|stornieren)\w+ ){{0,6}}(?:{_PAY}))\b))"
)
# a word or two may stand before it: "is this a real person", not "is this for my computer"
_FILLERS = (
    r"(?:(?:jetzt|denn|hier|eigentlich|etwa|nur|ueberhaupt|wirklich|vielleicht|echt|echte\w*"
    r"|richtige\w*|gerade|da|bloss|auch|mit|ein\w*|ne|a|an|the|just|really|actually|only|even"
    r"|actual|real|live|some|kind|of|talking|speaking|chatting|writing|texting|to|with|now"
    r"|artificial|like) )*"
)
_MACHINE = (
    r"(?:bot|chatbot|roboter|robot|ki|ai|mensch(?:en)?|human"
    r"|(?:(?<=real )|(?<=actual )|(?<=live )|(?<=a ))person"
    r"|(?:(?<=ein )|(?<=eine )|(?<=einem )|(?<=einer )|(?<=a ))"
    r"(?:maschine|machine|computer|programm|program))"
    r"\b(?! (?:repair|reparatur\w*|kurs\w*|course|class|lesson|training|session))"
)

QUESTIONS: tuple[tuple[Intent, str], ...] = (
    (Intent.CANCEL_TERMS, rf"{_ASKS}(?:.*\b(?:{_PAY})\b.{{0,80}}\b{_GIVE_UP}"
                          rf"|.*\b{_GIVE_UP}\b.{{0,80}}\b(?:{_PAY})\b)"
                          rf"|\b(?:bis wann|wie lange?)\b.{{0,80}}\b{_GIVE_UP}"),
    (Intent.CANCEL_TERMS, rf"{_ASKS}(?:.*\b(?:{_FEE})\b.{{0,80}}\bcancel\w*"
                          rf"|.*\bcancel\w*\b.{{0,80}}\b(?:{_FEE})\b)"
                          r"|\b(?:until when|how late|by when)\b.{0,80}\bcancel"
                          r"|\bcancellation policy\b|\bfree to cancel\b"),
    (Intent.OPENING, r"\boeffnungszeit\w*|\b(?:opening|business) (?:hours|times)\b"
                     r"|\b(?:wann|wie lange|wie ?viel uhr|habt ihr|haben sie|seid ihr|sind sie)\b"
                     # "haben Sie noch was offen?" asks for a time
                     r"(?!.{0,80}\b(?:was|etwas|noch|termin\w*|zeit\w*)\b)"
                     r".{0,80}\b(?:auf|offen|geoeffnet)(?: habt| haben)?[ ?.!]*$"),
    (Intent.OPENING, r"(?:\b(?:when|what time|how long|until when) (?:do|are) (?:you|they)"
                     r"(?: \w+)? (?:open|close|closed)\b|\bare you (?:\w+ ){0,2}open\b(?! to\b))"
                     # "are you open for an appointment" asks for a time
                     r"(?!.{0,80}\b(?:appointment|slot|booking|meeting|visit|time)s?\b)"),
    (Intent.PRICE, r"\b(?:was|wie ?viel)\b.{0,25}\b(?:kostet|kosten|(?:be)?zahl\w*|nehmen sie"
                   r"|nehmt ihr|nimmst du|macht das(?! (?:fuer|mit|aus)\b))\b"
                   r"|\bwie teuer\b|\bpreis(?:e|liste)?\b"
                   r"|\bmuss ich\b.{0,25}\b(?:be)?zahlen\b"
                   r"|\bkostet (?:das|es|die|der)\b.{0,80}\b(?:was|etwas)\b"
                   r"|\bist (?:das|es|die \w+|der \w+) (?:denn |eigentlich )?"
                   r"(?:kostenlos|umsonst|gratis|teuer|kostenpflichtig)\b"),
    (Intent.PRICE, r"\bhow much\b(?! (?:time|longer|notice|later|earlier))"
                   r"|\bwhat\b.{0,25}\b(?:costs?|charge)\b|\bprices?\b"
                   r"|\bdo (?:you|i|we) (?:charge|have to pay|need to pay)\b"
                   r"|\bis (?:it|this|that) (?:for )?free(?: of charge)?[ ?.!]*$"),
    (Intent.LENGTH, r"\bwie lange? (?:dauer\w*|geht|gehen|brauch\w*)\b"
                    r"|\bhow long (?:does|do|will|would) (?:it|that|this|the|a|an)\b"
                    # "how long does it take to get an appointment"
                    r"(?!.{0,40}\b(?:get|until|till)\b)"
                    r"|\bhow long is (?:it|that|this|an?|the (?:\w+ )?(?:appointment|session"
                    r"|consultation|meeting|lesson))\b"),
    (Intent.PLACE, r"\bwo (?:ist|waere|findet|finde|seid|sind|muss|soll) (?:das|es|die praxis"
                   r"|der laden|ihr|sie|ich (?:sie|euch|dich|(?:denn |da )?hin))\b"
                   r"|\bwie (?:komme|finde) ich (?:zu ihnen|zu euch|dahin|dorthin|hin|sie|euch)\b"
                   r"|\b(?:wie|was) (?:ist|lautet) (?:die|ihre|eure|deine) "
                   r"(?:adresse|anschrift)\b"),
    (Intent.PLACE, r"\bwhere (?:are you|is (?:it|that|this|the (?:office|practice|studio|shop))"
                   r"|do (?:i|we) (?:have to |need to )?(?:go|come)|will (?:it|that|this) be)\b"
                   r"|\bwhat(?:'s| is) (?:your|the) address\b"),
    (Intent.BOT_CHALLENGE, r"\b(?:bist du|sind sie|ist das|(?:sprech|schreib|red|chatt)e? ich"
                           rf"|are you|am i|is this) {_FILLERS}{_MACHINE}"
                           r"|\bare you (?:for )?real\b"),
)  # fmt: skip
