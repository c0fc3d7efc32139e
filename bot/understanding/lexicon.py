"""The words of both languages, folded (ae, oe, ue, ss). Both are read at once, being mixed."""

from bot.understanding.questions import QUESTIONS
from bot.understanding.utterance import Intent

RESERVED: dict[Intent, frozenset[str]] = {
    Intent.HELP: frozenset({"hilfe", "help", "hilf mir", "help me", "?"}),
    Intent.STOP: frozenset(
        {"abbrechen", "abbruch", "stop", "stopp", "quit", "exit", "beenden", "ende", "abort",
         "never mind", "vergiss es", "vergessen sie es", "cancel", "hoer auf", "hoeren sie auf",
         "lass es", "lass das", "lassen sie das", "lassen sie es", "stop it", "forget it"}
    ),
    Intent.START_OVER: frozenset(
        {"neu", "von vorn", "von vorne", "noch mal von vorn", "nochmal von vorn", "new",
         "start over", "restart", "neustart", "neu anfangen"}
    ),
    Intent.BACK: frozenset(
        {"zurueck", "back", "go back", "einen schritt zurueck", "one step back"}
    ),
    Intent.LIST: frozenset({"meine termine", "my bookings", "my appointments", "meine buchungen"}),
    Intent.RESCHEDULE: frozenset(
        {"aendern", "verschieben", "change", "move", "termin verschieben", "termin aendern",
         "reschedule", "move booking", "change booking"}
    ),
    Intent.CANCEL_BOOKING: frozenset(
        {"absagen", "cancel booking", "termin absagen", "cancel my booking", "cancel appointment",
         "cancel my appointment", "stornieren", "termin stornieren"}
    ),
    Intent.HUMAN: frozenset(
        {"mensch", "kontakt", "person", "contact", "human", "mitarbeiter", "a real person",
         "echter mensch", "agent", "rueckruf", "call me back"}
    ),
    Intent.LANGUAGE: frozenset(
        {"sprache", "language", "deutsch", "german", "english", "englisch", "auf deutsch",
         "auf englisch", "in english", "in german", "english please", "deutsch bitte"}
    ),
    Intent.PRIVACY: frozenset(
        {"datenschutz", "privacy", "daten loeschen", "meine daten loeschen", "delete my data"}
    ),
}  # fmt: skip

ANSWERS: dict[Intent, frozenset[str]] = {
    Intent.YES: frozenset(
        {"ja", "ja bitte", "ja gern", "ja gerne", "jo", "jep", "jawohl", "ok", "okay", "passt",
         "stimmt", "stimmt so", "genau", "richtig", "einverstanden", "ich stimme zu", "zustimmen",
         "jetzt buchen", "ja jetzt buchen", "verbindlich buchen", "zahlungspflichtig buchen",
         "ja buchen", "buchen sie", "gerne", "gern", "yes", "yes please", "yep", "yeah", "sure",
         "agreed", "i agree", "book now", "book it", "yes book it", "confirm", "bestaetigen",
         "that's right", "correct", "right", "passt so", "alles richtig", "ja stimmt",
         "book with obligation to pay", "ja einverstanden", "yes i agree", "ja passt",
         "absolutely", "definitely", "of course", "exactly", "yup", "go ahead", "natuerlich",
         "klar", "na klar", "sicher", "auf jeden fall", "selbstverstaendlich", "korrekt", "jap"}
    ),
    Intent.NO: frozenset(
        {"lass mal", "noe lass mal", "nein lass mal",
         "nein", "nein danke", "noe", "ne", "no", "nope", "no thanks", "keine", "keins", "nichts",
         "none", "nothing", "neither", "weder noch", "keins von beiden", "none of them",
         "-", "weiter", "skip", "ueberspringen"}
    ),
    Intent.GREET: frozenset(
        {"hallo", "hi", "hey", "guten tag", "guten morgen", "guten abend", "moin", "servus",
         "hello", "good morning", "good afternoon", "good evening", "gruess gott",
         "hallo zusammen"}
    ),
    Intent.THANKS: frozenset(
        {"danke", "vielen dank", "danke schoen", "dankeschoen", "thanks", "thank you", "thx",
         "super danke", "thank you very much", "many thanks", "besten dank", "ok danke"}
    ),
    Intent.GOODBYE: frozenset(
        {"tschuess", "tschuss", "tschues", "tschau", "ciao", "auf wiedersehen", "wiedersehen",
         "bis bald", "bis dann", "bis spaeter", "schoenen tag noch", "schoenen abend noch", "ade",
         "bis morgen", "bis zum termin", "see you tomorrow", "bye", "bye bye", "goodbye",
         "good bye", "see you", "see you later", "see ya", "cya",
         "have a nice day", "take care", "danke tschuess", "thanks bye", "servus und danke"}
    ),
    Intent.EARLIER: frozenset({"frueher", "fruehere", "fruehere zeiten", "earlier",
                               "earlier times", "etwas frueher", "geht es frueher",
                               "a bit earlier"}),
    Intent.LATER: frozenset({"spaeter", "spaetere", "spaetere zeiten", "later", "later times",
                             "etwas spaeter", "geht es spaeter", "mehr", "more", "weitere zeiten",
                             "more times", "a bit later"}),
    Intent.EXTEND_HOLD: frozenset({"verlaengern", "extend", "mehr zeit", "more time"}),
    Intent.EDIT_DETAILS: frozenset({"angaben aendern", "edit details", "edit", "change details",
                                    "daten aendern", "bearbeiten"}),
}  # fmt: skip

_SOFT = (
    r"(?:(?:geht|ginge|gibt|habt|haben|es|das|ihr|sie|auch|noch|etwas|was|ein|bisschen|viel|bitte"
    r"|lieber|eher|is|there|anything|something|a|bit|little|much|even|please|do|you|have|any"
    r"|got) )*"
)
_SHIFTED_END = r"(?: (?:bitte|please|moeglich))?[ ?.!]*$"

PHRASES: tuple[tuple[Intent, str], ...] = (
    (Intent.LATER, rf"^{_SOFT}(?:spaeter|later){_SHIFTED_END}"
                   r"|^(?:das ist |that'?s )?(?:mir )?(?:zu frueh|too early)[ .!]*$"),
    (Intent.EARLIER, rf"^{_SOFT}(?:frueher|earlier){_SHIFTED_END}"
                     r"|^(?:das ist |that'?s )?(?:mir )?(?:zu spaet|too late)[ .!]*$"),
    (Intent.RETHINK, r"^(?:ach|oh|ah|hm+|aeh)[ ,]+(?:nee+|ne|nein|no|noe|doch nicht|mist)[ .!]*$"
                     r"|^(?:ach )?(?:quatsch|doch nicht|lieber doch nicht)[ .!]*$"
                     r"|^(?:(?:ich|wir) (?:will|wollen|moechten?) )?(?:doch |lieber )*(?:et)?was"
                     r" anderes(?: bitte)?[ .!]*$|^i('ve)? changed my mind[ .!]*$"
                     r"|^(?:actually )?(?:i (?:want|meant) )?something else[ .!]*$"),
    (Intent.WHY_NOT, r"\b(warum|wieso|weshalb|weswegen)\b.*\b(nicht|nichts|kein\w*|nix)\b"),
    (Intent.WHY_NOT, r"\bwhy\b.*(\b(not|no|nothing|cannot)\b|n't\b)|\bwhat('s| is) wrong with\b"),
    (Intent.WAIT_LIST, r"\bwarteliste\w*\b|\bnachrueck\w*\b|\bwait(ing)?[ -]?list\b|\bon standby\b"
                       r"|\bwenn (etwas|was|jemand|ein termin|ein platz) (\w+ )?"
                       r"(frei ?wird|absagt|abspringt)\b"
                       r"|\bif (something|anything|someone|somebody|a (slot|place)) "
                       r"(opens up|comes up|becomes free|cancels|drops out)\b"),
    *QUESTIONS,
    (Intent.OTHER_SERVICE, r"\b(andere|anderen|other|another|different) (leistung|service)"),
    (Intent.RESCHEDULE, r"\b(andere|neue)[nr]? (tag|zeit|uhrzeit) fuer (meinen|den) termin\b"),
    (Intent.OTHER_TIME, r"\b(andere[nmrs]?|other|another|different)"
                        r" (zeit|zeiten|termin|datum|tag|uhrzeit|time|times|date|day)"),
    (Intent.OTHER_TIME, r"^(?!.*\b(absag|abzusag|stornier|cancel)\w*).*?"
                        r"(\b(zeit|uhrzeit|tag|datum|termin) (stimmt|passt)"
                        r"( (mir|uns|doch|leider|so|gar))* nicht\b"
                        r"|\b(zeit|uhrzeit|tag|datum) ist (falsch|verkehrt)\b"
                        r"|\bfalsche[rs]? (zeit|uhrzeit|tag|datum)\b|\bwrong (time|day|date)\b"
                        r"|\b(change|switch) the (time|day|date)\b(?! of my\b)"
                        r"|\b(zeit|uhrzeit|tag|datum) (aendern|wechseln)\b"
                        r"|\b(time|day|date) (is (wrong|not right)|isn't right"
                        r"|doesn't (suit|work))\b)"),
    (Intent.OTHER_STAFF, r"\b(andere|anderen|jemand|someone|somebody|other|another|different)"
                         r" (person|mitarbeiter\w*|kolleg\w+|anderen?s?|else|colleague|staff)"),
    # the old time is given up when the new one is confirmed, not before
    (Intent.RESCHEDULE, r"\b(absagen|stornieren|cancel)\b.{0,60}\b(und|and)\b.{0,60}"
                        r"\b(neuen?|anderen?|new|another|different)"
                        r" (termin|zeit|appointment|time|one)\b"),
    (Intent.CANCEL_BOOKING, r"\b(termin|buchung|booking|appointment)\b.*\b(absagen|stornieren)"),
    (Intent.CANCEL_BOOKING, r"\bcancel\b.*\b(booking|appointment)|\bsag\w* .*termin\b.*\bab\b"),
    (Intent.CANCEL_BOOKING, r"\bcancel (it|both|all|them)\b|\b(beide|alle)[sn]?( \w+){0,2}"
                            r" (absagen|stornieren)\b"),
    (Intent.CANCEL_BOOKING, r"\b(termin|buchung|reservierung)\b.{0,60}\b(he)?raus(zu)?nehmen\b"
                            r"|(?<!ich )\b(nimm|nehm\w*)\b[^,]{0,60}\b(termin|buchung|reservierung"
                            r"|mich|uns)\b[^,]{0,60}\b(he)?raus\b"
                            # "tragen Sie mich ein, ich komme aus Bonn"
                            r"|\b(trag\w*)( sie)? (mich|uns)\b[^,]{0,60}\baus\b"),
    (Intent.CANCEL_BOOKING, r"\btake (me|us|it|that|my (booking|appointment)) (off|out)\b"
                            r"|\b(remove|delete|drop|scrap) (my|our|the|that|this|it|both|all)\b"
                            r"(?!.{0,60}\b(data|from|off)\b).{0,60}\b(appointment|booking)s?\b"),
    # nothing else may stand there: "Frau Weber hat abgesagt", "ich muss Montag absagen"
    (Intent.CANCEL_BOOKING, r"^((ich|wir) (moechten?|will|wollen|muss|muessen|wuerden?) )?"
     r"((bitte|doch|leider|jetzt|lieber|gern\w*|ihn|den|das|es|wieder) )*"
     r"(absagen|stornieren)( bitte)?[.! ]*$"),
    (Intent.RESCHEDULE, r"\b(termin|buchung)\b.*\b(verschieb|verschoben|verleg|umbuch)"),
    (Intent.RESCHEDULE, r"\b(verschieb|verleg)\w*\b.*\b(termin|buchung)"),
    (Intent.RESCHEDULE, r"\b(reschedule|move|change)\b.*\b(booking|appointment)"),
    (Intent.RESCHEDULE, r"\b(move|reschedule) it\b"),
    (Intent.RESCHEDULE, r"\bhabe? .*\btermin\b.*\bkann ich\b.*\b(spaeter|frueher)\b"),
    (Intent.RESCHEDULE, r"\b(switch|change|shift) my (slot|time|day)\b"),
    (Intent.LIST, r"\b(wann|wo|um wie ?viel uhr) (ist|war|waere|hab|habe|hatte)( ich)?"
                  r"( denn| nochmal| noch mal| gleich| eigentlich)* (mein|unser)\w*( \w+)?"
                  r" (\w*termin|buchung)|\b(when|where|what time) (is|was|are) (my|our)( \w+)?"
                  r" (appointment|booking|visit)"),
    (Intent.LIST, r"\bhat (das|es|alles)( jetzt| denn| nun)? (geklappt|funktioniert)\b"
                  r"|\b(bin ich|ist (das|es|alles|der termin))( jetzt| denn| nun| schon)*"
                  r" (gebucht|eingetragen|angemeldet|bestaetigt)\b|\bam i booked\b"
                  r"|\bdid (it|that) (work|go through)\b|\bis (it|that) (booked|confirmed)\b"),
    (Intent.LIST, r"\b(meine|my|welche) (termine|buchungen|bookings|appointments)\b"),
    (Intent.HUMAN, r"\b(mit (einem|einer|jemand\w*) \w*(menschen?|mitarbeiter\w*|person)\b"
                   r"|(speak|talk) (to|with) (a |some)\w*|a human|real person|echten menschen)"),
    (Intent.EDIT_DETAILS, r"\b(mein|unser)e (daten|angaben) (aendern|korrigieren|berichtigen)\b"
                          r"|\b(change|correct|update|edit) my (details|contact details|data)\b"),
    (Intent.PRIVACY, r"\b(datenschutz\w*|dsgvo|gdpr|privacy|(mein|unser)en? daten"
                     r"|(my|our|personal) data|personenbezogen\w*|(welche|was fuer) daten"
                     r"|speicher\w* .*\bdaten|(what|which) data)\b"),
    (Intent.START_OVER, r"\b(von vorne?|start over|start again|from scratch)\b"),
    (Intent.LANGUAGE, r"\b(auf (deutsch|englisch)|in (english|german)|speak (english|german)"
                      r"|sprechen sie (deutsch|englisch))\b"),
    (Intent.THANKS, r"\b(danke|dank|thanks|thank you) (fuer|for) (\w+ ){0,3}(hilfe|help)\b"),
    (Intent.HELP, r"\bhow (does|do) (this|it|i) (work|use|start)\b"
                  r"|\bwie (funktioniert|geht) (das|es) (hier|denn)\b"
                  r"|\bkomm\w* (hier )?nicht weiter\b|\bi don'?t get it\b"),
    (Intent.HELP, r"\b(hilfe|was kannst du|was koennen sie|what can you do|i need help)\b"),
    (Intent.BOOK, r"\b(termin|buchen|buchung|appointment|book|booking|reservieren|schedule)\b"),
)  # fmt: skip

POLITE = r"\b(bitte|please|mal|doch|einfach|just|mir)\b"

TARGET_LANGUAGE = {"deutsch": "de", "german": "de", "englisch": "en", "english": "en"}

# words that only one of the two languages has; deciding needs two more of one than of the other
GERMAN = frozenset(
    {
        "ich", "moechte", "wir", "haben", "einen", "eine", "termin", "bitte", "am", "um",
        "uhr", "und", "der", "die", "das", "fuer", "mit", "naechste", "naechsten", "woche",
        "morgen", "uebermorgen", "heute", "nachmittags", "vormittags", "gern", "gerne",
        "brauche", "haette", "kann", "koennen", "geht", "nicht", "aber", "oder", "bei",
        "zum", "zur", "ist", "sind", "lieber", "guten", "tag", "hallo", "danke", "mein",
        "meine", "heisse", "montag", "dienstag", "mittwoch", "donnerstag", "freitag",
        "samstag", "sonntag",
    }
)  # fmt: skip
ENGLISH = frozenset(
    {
        "i", "would", "like", "to", "the", "a", "an", "appointment", "please", "at", "on",
        "and", "for", "with", "next", "week", "tomorrow", "today", "afternoon", "morning",
        "my", "name", "is", "can", "could", "you", "need", "want", "book", "have", "not",
        "but", "or", "hello", "thanks", "thank", "monday", "tuesday", "wednesday",
        "thursday", "friday", "saturday", "sunday", "i'd", "i'm", "rather", "instead",
    }
)  # fmt: skip

NUMBERS = {
    "null": 0, "ein": 1, "eins": 1, "eine": 1, "einem": 1, "einen": 1, "einer": 1, "zwei": 2,
    "drei": 3, "vier": 4, "fuenf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10,
    "elf": 11, "zwoelf": 12, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
    "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "a": 1, "an": 1,
}  # fmt: skip

ORDINALS = {
    "erste": 1, "zweite": 2, "dritte": 3, "vierte": 4, "fuenfte": 5, "sechste": 6, "siebte": 7,
    "achte": 8, "neunte": 9, "zehnte": 10, "letzte": -1, "first": 1, "second": 2, "third": 3,
    "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
    "last": -1,
}  # fmt: skip

LOCATION_WORDS = {
    "teams": r"\b(teams|video\w*|online|videogespraech)\b",
    "phone": r"\b(telefon\w*|phone|anruf\w*|call)\b",
    "place": r"\b(vor ort|praxis|buero|in person|on site|onsite|office)\b",
}
