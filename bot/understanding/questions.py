"""Questions about an offer, folded, in both languages: what it costs, how long, where, when."""

from bot.understanding.utterance import Intent

_PAY = r"(?:be)?zahlen|kostenlos|kostenfrei|kostet|kosten|gebuehr\w*"
_GIVE_UP = r"(?:absag|abzusag|stornier|storno)\w*"
_FEE = r"for free|free of charge|fees?|charged?|pay|cost"
_MACHINE = r"bot|chatbot|roboter|robot|maschine|machine|computer|programm|program|ki|ai|mensch\w*"

QUESTIONS: tuple[tuple[Intent, str], ...] = (
    (Intent.CANCEL_TERMS, rf"\b(?:{_PAY})\b.{{0,80}}\b{_GIVE_UP}"
                          rf"|\b{_GIVE_UP}\b.{{0,80}}\b(?:{_PAY})\b"
                          rf"|\b(?:bis wann|wie lange?)\b.{{0,80}}\b{_GIVE_UP}"),
    (Intent.CANCEL_TERMS, rf"\b(?:{_FEE})\b.{{0,80}}\bcancel\w*"
                          rf"|\bcancel\w*\b.{{0,80}}\b(?:{_FEE})\b"
                          r"|\b(?:until when|how late|by when)\b.{0,80}\bcancel"
                          r"|\bcancellation policy\b|\bfree to cancel\b"),
    (Intent.OPENING, r"\boeffnungszeit\w*|\b(?:opening|business) (?:hours|times)\b"
                     r"|\b(?:wann|wie lange|wie ?viel uhr|habt ihr|haben sie|seid ihr|sind sie)\b"
                     # "haben Sie noch was offen?" asks for a time
                     r"(?!.{0,80}\b(?:was|etwas|noch|termin\w*|zeit\w*)\b)"
                     r".{0,80}\b(?:auf|offen|geoeffnet)(?: habt| haben)?[ ?.!]*$"),
    (Intent.OPENING, r"\b(?:when|what time|how long|until when) (?:do|are) (?:you|they)"
                     r"(?: \w+)? (?:open|close|closed)\b|\bare you (?:\w+ ){0,2}open\b"),
    (Intent.PRICE, r"\b(?:was|wie ?viel)\b.{0,25}\b(?:kostet|kosten|(?:be)?zahl\w*|nehmen sie"
                   r"|nehmt ihr|nimmst du|macht das)\b|\bwie teuer\b|\bpreis(?:e|liste)?\b"
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
    (Intent.BOT_CHALLENGE, r"\b(?:bist du|sind sie|ist das|(?:sprech|schreib|red|chatt)e? ich)"
                           r"\b.{0,30}"
                           rf"\b(?:{_MACHINE})\b"
                           rf"|\bare you\b.{{0,20}}\b(?:{_MACHINE}|human|real|person)\b"
                           r"|\b(?:am i|is this)\b.{0,30}"
                           rf"\b(?:{_MACHINE}|human|real person)\b"),
)  # fmt: skip
