"""The words of dates and hours in German and English, each with its tag and value.

Tags are one letter, so that a message becomes a string that patterns of the grammar run on. Keys
are written as spoken; a word is found with its umlauts, with ae, oe, ue, and without any.
"""

from collections.abc import Iterator

Meaning = tuple[str, object]

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
BARE = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ß": "ss"})

MINUTE, HOUR, DAY, WEEK, MONTH, YEAR, WEEKEND, WORKWEEK, QUARTER = (
    "minute", "hour", "day", "week", "month", "year", "weekend", "workweek", "quarter",
)  # fmt: skip
THIS, NEXT, COMING, AFTER_NEXT, LAST = "this", "next", "coming", "after_next", "last"

WEEKDAYS = (
    "montag monday mon", "dienstag tuesday tue tues", "mittwoch wednesday wed weds",
    "donnerstag thursday thu thur thurs", "freitag friday fri",
    "samstag sonnabend saturday", "sonntag sunday",
)  # fmt: skip
SHORT_WEEKDAYS = {"mo": 0, "di": 1, "mi": 2, "do": 3, "fr": 4, "sa": 5, "so": 6,
                  "sat": 5, "sun": 6}  # fmt: skip
"""Also words or names; the words beside them decide."""

MONTHS = (
    "januar jänner january jan", "februar feber february feb", "märz mar", "april apr",
    "mai", "juni june jun", "juli july jul", "august aug", "september sept sep",
    "oktober october okt oct", "november nov", "dezember december dez dec",
)  # fmt: skip
SHORT_MONTHS = {"may": 5, "march": 3, "mar": 3}

_UNITS = {
    MINUTE: "minute minuten minutes min mins minütchen",
    HOUR: "stunde stunden std stdn hour hours hr hrs",
    DAY: "tag tage tagen tages tags day days",
    WEEK: "woche wochen kalenderwoche week weeks wk",
    MONTH: "monat monate monaten monats month months",
    YEAR: "jahr jahre jahren jahres year years",
    WEEKEND: "wochenende wochenenden wochenendes weekend",
    WORKWEEK: "arbeitswoche workweek",
    QUARTER: "quartal quartals",
}
_NEXT = {
    THIS: "diese dieser diesen diesem dieses this current aktuelle aktuellen laufenden laufende",
    NEXT: "next following folgende folgenden folgender darauffolgende darauffolgenden",
    COMING: "nächste nächster nächsten nächstem nächstes kommende kommenden kommender kommendem"
            " kommendes coming upcoming",
    AFTER_NEXT: "übernächste übernächster übernächsten übernächstem übernächstes",
    LAST: "letzte letzter letzten letztem letztes vorige voriger vorigen vergangene vergangenen"
          " last previous",
}  # fmt: skip
_RELATIVE = {
    0: "heute today heut",
    1: "tomorrow tmrw tmr tomorow tommorow tommorrow",
    2: "übermorgen",
    3: "überübermorgen",
    -1: "gestern yesterday",
    -2: "vorgestern",
}

# start and end in minutes; what "early" and "late" leave of it
PARTS: dict[str, tuple[int, int]] = {
    "early_morning": (360, 540),
    "morning": (360, 720),
    "late_morning": (600, 720),
    "forenoon": (480, 720),
    "noon": (720, 840),
    "afternoon": (720, 1080),
    "early_afternoon": (720, 960),
    "late_afternoon": (900, 1080),
    "early_forenoon": (480, 600),
    "late_forenoon": (600, 720),
    "daytime": (480, 1080),
    "evening": (1020, 1320),
    "early_evening": (1020, 1200),
    "late_evening": (1200, 1380),
    "night": (1200, 1440),
    "early_night": (1200, 1320),
    "late_night": (1320, 1440),
    "before_noon": (660, 720),
    "after_noon": (720, 780),
    "after_lunch": (780, 1020),
    "after_school": (900, 1260),
    "after_work": (1020, 1320),
    "before_work": (360, 540),
}
_PARTS = {
    "early_morning": "frühmorgens frühmorgen morgenfrüh",
    "morning": "morgens morning mornings morgenstunden morgenstunde",
    "forenoon": "vormittag vormittags vormittage forenoon vormittagsstunden vormittagstermin",
    "noon": "mittag mittags mittagszeit lunchtime noon midday lunch mittagspause mittagstermin",
    "afternoon": "nachmittag nachmittags nachmittage afternoon afternoons afternoonish arvo"
                 " nachmittagsstunde nachmittagsstunden nachmittagstermin",
    "late_afternoon": "spätnachmittag spätnachmittags",
    "early_evening": "vorabend",
    "evening": "abend abends abende evening evenings abendstunden abendstunde abendtermin",
    "late_evening": "spätabend spätabends",
    "daytime": "tagsüber daytime",
    "night": "nacht nachts nächte night nights nighttime",
}  # fmt: skip
_HOLIDAYS = {
    "christmas_eve": "heiligabend heiligabends",
    "christmas": "weihnachten weihnachtstag christmas xmas weihnachtsfeiertag",
    "new_year": "neujahr neujahrstag",
    "new_years_eve": "silvester sylvester",
    "halloween": "halloween",
    "all_saints": "allerheiligen",
    "all_souls": "allerseelen",
    "nicholas": "nikolaus nikolaustag",
    "mothers_day": "muttertag",
    "fathers_day": "vatertag",
    "valentine": "valentinstag",
    "labour_day": "maifeiertag",
    "unity": "nationalfeiertag",
    "reformation": "reformationstag",
    "martin": "martinstag",
    "epiphany": "dreikönigstag dreikönig epiphany",
    "ash_wednesday": "aschermittwoch",
    "good_friday": "karfreitag",
    "maundy_thursday": "gründonnerstag",
    "holy_saturday": "karsamstag",
    "palm_sunday": "palmsonntag",
    "easter": "ostern ostersonntag easter",
    "easter_monday": "ostermontag",
    "ascension": "himmelfahrt himmelfahrtstag",
    "pentecost": "pfingsten pfingstsonntag pentecost whitsun",
    "whit_monday": "pfingstmontag",
    "corpus_christi": "fronleichnam",
    "rose_monday": "rosenmontag",
    "shrove_tuesday": "faschingsdienstag fastnachtsdienstag fastnacht veilchendienstag",
    "carnival_saturday": "fastnachtssamstag faschingssamstag karnevalssamstag",
    "carnival_sunday": "fastnachtssonntag faschingssonntag karnevalssonntag tulpensonntag",
    "weiberfastnacht": "weiberfastnacht altweiber altweiberfastnacht",
    "repentance": "bettag",
    "dead_sunday": "totensonntag ewigkeitssonntag",
    "advent": "advent adventssonntag",
    "public_holiday": "feiertag feiertage",
    "bridge_day": "brückentag brückentage",
    "thanksgiving": "thanksgiving",
    "juneteenth": "juneteenth",
}

_SIMPLE: dict[str, str] = {
    "h": "uhr o'clock oclock h",
    "0": "o oh",
    "a": "ab starting since frühestens frühstens seit beginning erst",
    "A": "nach after past anschließend",
    "b": "bis until till untill spätestens through by",
    "B": "vor before",
    "t": "to auf zu zum",
    "v": "von vom zwischen between from",
    "&": "und and sowie plus & u",
    "|": "oder or bzw alternativ beziehungsweise respektive entweder either",
    "!": "nicht not kein keine keinen keinem keiner keinesfalls nie niemals never"
         " can't cant cannot won't wont don't dont doesn't doesnt isn't isnt wouldn't couldn't"
         " unmöglich impossible unavailable verhindert weder neither nor  nix ned net"
         " nichts nothing unable didn't shouldn't ungern",
    "X": "außer ausser ausgenommen ohne without except excluding excl statt anstatt anstelle"
         " avoid besides exklusive barring vermeiden",
    "i": "in im during während ins",
    "I": "within innerhalb binnen",
    "g": "der die das den dem des the of so dann then also zur my our meinem ganz",
    "G": "am on an",
    "c": "um at @ pünktlich",
    "~": "ca circa zirka about around approximately etwa ungefähr gegen gg roughly approx"
         " schätzungsweise near rund ~",
    "j": "jede jeder jeden jedem jedes every each alle any immer",
    "F": "for für",
    "E": "geht passt ginge klappt works work fine ok okay schon gut good möglich possible gern"
         " gerne prima ideal recht super nur only best am_besten wäre waere",
    ";": "lieber rather dafür instead stattdessen bevorzugt prefer besser aber sondern but"
         " jedoch allerdings however although though obwohl",
    "s": "selben selbe selber gleichen gleiche gleicher same",
}  # fmt: skip

PHRASES: dict[str, Meaning] = {
    # days
    "the day after tomorrow": ("r", 2), "day after tomorrow": ("r", 2),
    "the day after tmrw": ("r", 2), "tag nach morgen": ("r", 2),
    "this weekend": ("U", (THIS, WEEKEND)), "tag danach": ("r", 1),
    "unter der woche": ("W", frozenset(range(5))), "wochentags": ("W", frozenset(range(5))),
    "werktags": ("W", frozenset(range(5))), "weekdays": ("W", frozenset(range(5))),
    "weekends": ("W", frozenset({5, 6})), "wochenends": ("W", frozenset({5, 6})),
    "an wochenenden": ("W", frozenset({5, 6})), "on weekends": ("W", frozenset({5, 6})),
    "an werktagen": ("W", frozenset(range(5))), "during the week": ("W", frozenset(range(5))),
    "werktagen": ("W", frozenset(range(5))), "on weekdays": ("W", frozenset(range(5))),
    "wochentagen": ("W", frozenset(range(5))),
    "am wochenende": ("U", (COMING, WEEKEND)), "my weekend": ("U", (COMING, WEEKEND)),
    "all week": ("U", (THIS, WEEK)), "eom": ("k", "end_month"), "the eom": ("k", "end_month"),
    "kw": ("K", None), "kalenderwoche": ("K", None), "calendar week": ("K", None),
    "tonight": ("R", "evening"), "tonite": ("R", "evening"), "heut nacht": ("R", "night"),
    "from now": (">", 0), "from right now": (">", 0), "hence": (">", 0), "ab jetzt": (">", 0),
    "from today": (">", 0), "ab heute": (">", 0), "in the future": (">", 0), "ab sofort": (">", 0),
    "business days": ("u", "business_day"), "business day": ("u", "business_day"),
    "werktage": ("u", "business_day"), "arbeitstage": ("u", "business_day"),
    "werktag": ("u", "business_day"),
    "working days": ("u", "business_day"), "arbeitstagen": ("u", "business_day"),
    "fortnight": ("u", "fortnight"), "ides": ("O", 15),
    "now": ("?", None), "jetzt": ("?", None), "sofort": ("?", None), "right now": ("?", None),
    "aktuelle uhrzeit": ("?", None), "gerade jetzt": ("?", None),
    # beginning, middle, end
    "anfang": ("k", "begin"), "beginn": ("k", "begin"), "beginning": ("k", "begin"),
    "beginning of": ("k", "begin"), "start of": ("k", "begin"), "ende": ("k", "end"),
    "end": ("k", "end"), "end of": ("k", "end"), "mitte": ("k", "mid"), "mid": ("k", "mid"),
    "middle of": ("k", "mid"), "rest": ("k", "rest"), "rest of": ("k", "rest"),
    "later": ("L", "later"), "später": ("L", "later"), "earlier": ("L", "earlier"),
    "früher": ("L", "earlier"), "danach": ("L", "later"), "drauf": ("L", "later"),
    "darauf": ("L", "later"), "davor": ("L", "earlier"), "vorher": ("L", "earlier"),
    "nachher": ("L", "later"),
    # early and late
    "früh": ("e", "early"), "frühen": ("e", "early"),
    "frühe": ("e", "early"), "early": ("e", "early"), "spät": ("e", "late"),
    "späten": ("e", "late"), "späte": ("e", "late"), "late": ("e", "late"),
    "ziemlich": ("g", None), "relativ": ("g", None), "eher": ("g", None),
    "frühflieger": ("P", "earliest"), "spätanreise": ("p", "evening"),
    # named hours
    "mitternacht": ("C", 0), "mitternachts": ("C", 0), "midnight": ("C", 0),
    "zu mittag": ("p", "noon"), "ish": ("h", None), "weekday": ("W", frozenset(range(5))),
    "midmorning": ("p", "late_morning"), "mid-morning": ("p", "late_morning"),
    "mid morning": ("p", "late_morning"), "mid-afternoon": ("p", "afternoon"),
    "mid afternoon": ("p", "afternoon"), "midafternoon": ("p", "afternoon"),
    "first thing": ("P", "earliest"), "zwischen den jahren": ("U", ("between", YEAR)),
    "erste freie termin": ("P", "earliest"), "ersten freien termin": ("P", "earliest"),
    "erster freier termin": ("P", "earliest"), "nächste freie termin": ("P", "earliest"),
    "nächster freier termin": ("P", "earliest"), "nächsten freien termin": ("P", "earliest"),
    "mid night": ("C", 0), "mid day": ("p", "noon"),
    "nach feierabend": ("p", "after_work"),
    "after work": ("p", "after_work"), "nach der arbeit": ("p", "after_work"),
    "vor der arbeit": ("p", "before_work"), "before work": ("p", "before_work"),
    "after school": ("p", "after_school"), "nach der schule": ("p", "after_school"),
    "after lunch": ("p", "after_lunch"), "nach dem mittagessen": ("p", "after_lunch"),
    "nach der mittagspause": ("p", "after_lunch"), "mittagessen": ("p", "noon"),
    "in der mittagspause": ("p", "noon"), "kurz vor mittag": ("p", "before_noon"),
    "kurz nach mittag": ("p", "after_noon"), "over lunch": ("p", "noon"),
    "um die mittagszeit": ("p", "noon"), "feierabend": ("p", "after_work"),
    "in der früh": ("p", "morning"), "in der frühe": ("p", "morning"),
    # bounds that look like denials
    "nicht vor": ("a", None), "nicht früher als": ("a", None),
    "not before": ("a", None), "not earlier than": ("a", None), "no earlier than": ("a", None),
    "no sooner than": ("a", None), "not until": ("a", None), "erst ab": ("a", None),
    "erst nach": ("A", None), "erst um": ("a", None), "ab frühestens": ("a", None),
    "später als": ("A", None), "later than": ("A", None), "more than": ("x", None),
    "nicht nach": ("b", None), "nicht später als": ("b", None), "not after": ("b", None),
    "not later than": ("b", None), "no later than": ("b", None), "früher als": ("B", None),
    "bis spätestens": ("b", None), "spätestens bis": ("b", None), "earlier than": ("B", None),
    "as late as": ("b", None), "at the latest": ("b", None), "at the earliest": ("a", None),
    "bis zum": ("b", None), "bis zu": ("b", None), "bis vor": ("B", None),
    "bis auf": ("X", None), "anything but": ("X", None), "any day but": ("X", None),
    "any time but": ("X", None), "anytime but": ("X", None), "everything but": ("X", None),
    "every day but": ("X", None), "jeden tag außer": ("X", None), "all but": ("X", None),
    "other than": ("X", None), "apart from": ("X", None), "aside from": ("X", None),
    "rather than": ("X", None), "instead of": ("X", None), "an stelle von": ("X", None),
    "with the exception of": ("X", None), "mit ausnahme von": ("X", None), "save for": ("X", None),
    "mit ausnahme": ("X", None), "abgesehen von": ("X", None),
    "lieber nicht": ("!", None), "besser nicht": ("!", None), "rather not": ("!", None),
    "better not": ("!", None), "auf keinen fall": ("!", None), "keine zeit": ("!", None),
    "kann ich nicht": ("!", None), "no time": ("!", None), "not free": ("!", None),
    "nicht frei": ("!", None), "no good": ("!", None), "is out": ("!", None),
    "are out": ("!", None), "is bad": ("!", None), "im urlaub": ("!", None),
    "on holiday": ("!", None), "on vacation": ("!", None), "ist schlecht": ("!", None),
    "schlecht": ("!", None), "passt schlecht": ("!", None), "geht schlecht": ("!", None),
    "in no case": ("!", None), "under no circumstances": ("!", None), "i'm busy": ("!", None),
    "am busy": ("!", None), "busy": ("!", None), "no": ("x", None), "scheidet aus": ("!", None),
    "fällt aus": ("!", None), "fällt weg": ("!", None), "habe ich schon was vor": ("!", None),
    "bin ich weg": ("!", None), "not available": ("!", None), "no way": ("!", None),
    "rules out": ("X", None), "rule out": ("X", None), "no go": ("!", None),
    "nicht nur": ("x", None), "nicht auch": ("x", None), "nicht doch": ("x", None),
    "nicht vielleicht": ("x", None), "nichts außer": ("x", None), "nothing but": ("x", None),
    "nur außer": ("X", None), "ausgeschlossen": ("!", None), "excluded": ("!", None),
    "not only": ("x", None), "not just": ("x", None),
    "don't forget": ("x", None), "nicht vergessen": ("x", None), "no problem": ("x", None),
    "don't mind": ("x", None), "don't care": ("x", None), "nicht wahr": ("x", None),
    "doesn't matter": ("x", None), "weiß nicht": ("x", None), "don't know": ("x", None),
    "keine ahnung": ("x", None), "kein problem": ("x", None), "not sure": ("x", None),
    "not too early": ("Z", "early"), "nicht zu früh": ("Z", "early"),
    "nicht so früh": ("Z", "early"), "nicht ganz so früh": ("Z", "early"),
    "not so early": ("Z", "early"), "not too late": ("Z", "late"), "nicht zu spät": ("Z", "late"),
    "nicht so spät": ("Z", "late"), "not so late": ("Z", "late"),
    # preference
    "so früh wie möglich": ("P", "earliest"), "so bald wie möglich": ("P", "earliest"),
    "so schnell wie möglich": ("P", "earliest"), "möglichst früh": ("P", "earliest"),
    "möglichst bald": ("P", "earliest"), "möglichst schnell": ("P", "earliest"),
    "möglichst zeitnah": ("P", "earliest"), "zeitnah": ("P", "earliest"),
    "baldmöglichst": ("P", "earliest"), "schnellstmöglich": ("P", "earliest"),
    "asap": ("P", "earliest"), "as soon as possible": ("P", "earliest"),
    "as early as possible": ("P", "earliest"), "frühestmöglich": ("P", "earliest"),
    "frühstmöglich": ("P", "earliest"), "am frühesten": ("P", "earliest"),
    "frühester": ("P", "earliest"), "früheste": ("P", "earliest"), "frühesten": ("P", "earliest"),
    "frühestmögliche": ("P", "earliest"), "frühestmöglicher": ("P", "earliest"),
    "frühestmöglichen": ("P", "earliest"), "nächstmöglich": ("P", "earliest"),
    "nächstmögliche": ("P", "earliest"), "nächstmöglichen": ("P", "earliest"),
    "nächstmöglicher": ("P", "earliest"), "schnellstmöglichen": ("P", "earliest"),
    "schnellstmögliche": ("P", "earliest"), "next available": ("P", "earliest"),
    "first available": ("P", "earliest"), "earliest available": ("P", "earliest"),
    "next possible": ("P", "earliest"), "first possible": ("P", "earliest"),
    "earliest possible": ("P", "earliest"), "earliest": ("P", "earliest"),
    "soonest": ("P", "earliest"),
    "als erstes": ("P", "earliest"), "erster flug": ("P", "earliest"),
    "ersten flug": ("P", "earliest"), "first flight": ("P", "earliest"),
    "erste flug": ("P", "earliest"), "ersten termin": ("P", "earliest"),
    "erster termin": ("P", "earliest"), "der erste termin": ("P", "earliest"),
    "first appointment": ("P", "earliest"), "first slot": ("P", "earliest"),
    "so spät wie möglich": ("P", "latest"), "möglichst spät": ("P", "latest"),
    "as late as possible": ("P", "latest"), "spätester": ("P", "latest"),
    "späteste": ("P", "latest"), "spätesten": ("P", "latest"), "latest": ("P", "latest"),
    "spätestmöglich": ("P", "latest"), "letzter flug": ("P", "latest"),
    "letzten flug": ("P", "latest"), "last flight": ("P", "latest"),
    "latest possible": ("P", "latest"), "last possible": ("P", "latest"),
    "letzter termin": ("P", "latest"), "letzten termin": ("P", "latest"),
    "last appointment": ("P", "latest"), "last slot": ("P", "latest"),
    # clock
    "dreiviertel": ("f", 45), "drei viertel": ("f", 45), "viertel": ("f", 15),
    "a quarter": ("f", 15), "quarter": ("f", 15), "half past": ("f", "half_past"),
    "half": ("f", "half"), "halb": ("f", 30), "three quarters": ("f", 45),
    "half an hour": ("d", 30), "half hour": ("d", 30),
    "o clock": ("h", None), "away from now": (">", 0),
    "next quarter": ("U", (NEXT, QUARTER)), "this quarter": ("U", (THIS, QUARTER)),
    "so zeitig wie möglich": ("P", "earliest"), "three-quarters of an": ("n", 0.75),
    "eine halbe": ("n", 0.5),
    "halbe": ("n", 0.5), "halben": ("n", 0.5), "einer halben": ("n", 0.5),
    "half an": ("n", 0.5), "half a": ("n", 0.5), "a quarter of an": ("n", 0.25),
    "three quarters of an": ("n", 0.75), "anderthalb": ("n", 1.5), "eineinhalb": ("n", 1.5),
    "zweieinhalb": ("n", 2.5), "dreieinhalb": ("n", 3.5), "zwei ein halb": ("n", 2.5),
    "one and a half": ("n", 1.5), "two and a half": ("n", 2.5), "two and half": ("n", 2.5),
    "viertelstunde": ("d", 15), "dreiviertelstunde": ("d", 45),
    "half of": ("x", None), "second half": ("x", None),
    "couple of": ("n", 2), "a couple of": ("n", 2), "a couple": ("n", 2), "pair of": ("n", 2),
    "a pair of": ("n", 2), "a few": ("n", 3), "few": ("n", 3), "ein paar": ("n", 2),
    "paar": ("n", 2), "einigen": ("n", 3), "several": ("n", 3),
    "less than": ("g", None), "in etwa": ("~", None), "more or less": ("~", None),
    "so gegen": ("~", None), "so um": ("~", None), "so etwa": ("~", None), "or so": ("~", None),
    "for the day": ("r", 0), "the day": ("r", 0),
    "day": ("u", DAY), "my day": ("r", 0), "der tag": ("x", None), "guten tag": ("x", None),
    "guten morgen": ("x", None), "guten abend": ("x", None), "good morning": ("x", None),
    "good afternoon": ("x", None), "good evening": ("x", None), "schönen tag": ("x", None),
    "have a nice day": ("x", None), "nice day": ("x", None), "good day": ("x", None),
    "schönes wochenende": ("x", None), "schönen abend": ("x", None), "gute nacht": ("x", None),
    "good night": ("x", None), "schöne woche": ("x", None), "all day": ("g", None),
    "ganzen tag": ("g", None), "ganztägig": ("g", None), "later today": ("r", 0),
    "im laufe": ("g", None), "in the course": ("g", None), "irgendwann": ("g", None),
    "sometime": ("g", None), "anytime": ("g", None), "any time": ("g", None),
    "jederzeit": ("g", None), "spring": ("x", None),
    "later this week": ("U", ("rest", WEEK)), "later in the week": ("U", ("rest", WEEK)),
    "earlier in the week": ("U", (THIS, WEEK)), "later this month": ("U", ("rest", MONTH)),
    "week commencing": ("l", None), "w/c": ("l", None), "woche vom": ("l", None),
    "woche ab": ("l", None),
    # holidays of several words
    "boxing day": ("H", "boxing_day"), "christmas day": ("H", "christmas"),
    "christmas eve": ("H", "christmas_eve"), "zweiter weihnachtstag": ("H", "boxing_day"),
    "erster weihnachtstag": ("H", "christmas"), "zweiter weihnachtsfeiertag": ("H", "boxing_day"),
    "zweiten weihnachtstag": ("H", "boxing_day"), "ersten weihnachtstag": ("H", "christmas"),
    "zweiten weihnachtsfeiertag": ("H", "boxing_day"), "heiliger abend": ("H", "christmas_eve"),
    "erster weihnachtsfeiertag": ("H", "christmas"),
    "ersten weihnachtsfeiertag": ("H", "christmas"), "heiligen abend": ("H", "christmas_eve"),
    "new year's day": ("H", "new_year"), "new years day": ("H", "new_year"),
    "new year": ("H", "new_year"), "new years": ("H", "new_year"),
    "new year's eve": ("H", "new_years_eve"), "new years eve": ("H", "new_years_eve"),
    "halloween day": ("H", "halloween"), "all saints": ("H", "all_saints"),
    "all saints day": ("H", "all_saints"), "all saints' day": ("H", "all_saints"),
    "mother's day": ("H", "mothers_day"), "mothers day": ("H", "mothers_day"),
    "mothers' day": ("H", "mothers_day"), "mother day": ("H", "mothers_day"),
    "father's day": ("H", "us_fathers_day"), "fathers day": ("H", "us_fathers_day"),
    "fathers' day": ("H", "us_fathers_day"), "father day": ("H", "us_fathers_day"),
    "valentine's day": ("H", "valentine"), "valentine day": ("H", "valentine"),
    "valentines day": ("H", "valentine"), "labor day": ("H", "us_labor_day"),
    "labour day": ("H", "us_labor_day"), "tag der arbeit": ("H", "labour_day"),
    "tag der deutschen einheit": ("H", "unity"),
    "tag der einheit": ("H", "unity"), "heilige drei könige": ("H", "epiphany"),
    "christi himmelfahrt": ("H", "ascension"), "mariä himmelfahrt": ("H", "assumption"),
    "maria himmelfahrt": ("H", "assumption"), "mariä empfängnis": ("H", "immaculate"),
    "buß- und bettag": ("H", "repentance"), "buß und bettag": ("H", "repentance"),
    "good friday": ("H", "good_friday"), "easter sunday": ("H", "easter"),
    "easter monday": ("H", "easter_monday"), "ash wednesday": ("H", "ash_wednesday"),
    "palm sunday": ("H", "palm_sunday"), "maundy thursday": ("H", "maundy_thursday"),
    "whit monday": ("H", "whit_monday"), "whit sunday": ("H", "pentecost"),
    "pentecost monday": ("H", "whit_monday"), "ascension day": ("H", "ascension"),
    "corpus christi": ("H", "corpus_christi"), "shrove tuesday": ("H", "shrove_tuesday"),
    "mardi gras": ("H", "shrove_tuesday"), "rose monday": ("H", "rose_monday"),
    "independence day": ("H", "independence"), "thanksgiving day": ("H", "thanksgiving"),
    "black friday": ("H", "black_friday"), "cyber monday": ("H", "cyber_monday"),
    "mlk day": ("H", "mlk"), "martin luther king day": ("H", "mlk"),
    "martin luther king's day": ("H", "mlk"), "martin luther king jr day": ("H", "mlk"),
    "mlk jr day": ("H", "mlk"), "presidents day": ("H", "presidents"),
    "president day": ("H", "presidents"), "president's day": ("H", "presidents"),
    "presidents' day": ("H", "presidents"), "washington's birthday": ("H", "presidents"),
    "memorial day": ("H", "memorial"), "columbus day": ("H", "columbus"),
    "veterans day": ("H", "veterans"), "veteran's day": ("H", "veterans"),
    "groundhog day": ("H", "groundhog"), "april fools": ("H", "april_fools"),
    "april fools day": ("H", "april_fools"), "april fool's day": ("H", "april_fools"),
    "st patrick's day": ("H", "patrick"), "st patricks day": ("H", "patrick"),
    "saint patrick's day": ("H", "patrick"), "saint patricks day": ("H", "patrick"),
    "st. patrick's day": ("H", "patrick"), "earth day": ("H", "earth_day"),
    "public holiday": ("H", "public_holiday"), "bank holiday": ("H", "public_holiday"),
    "super bowl": ("x", None), "flag day": ("H", "flag_day"),
}  # fmt: skip

_ONES = {"null": 0, "eins": 1, "zwei": 2, "zwo": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6,
         "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "elf": 11, "zwölf": 12, "dreizehn": 13,
         "vierzehn": 14, "fünfzehn": 15, "sechzehn": 16, "siebzehn": 17, "achtzehn": 18,
         "neunzehn": 19, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6,
         "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
         "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
         "eighteen": 18, "nineteen": 19}  # fmt: skip
_TENS = {"zwanzig": 20, "dreißig": 30, "vierzig": 40, "fünfzig": 50, "sechzig": 60, "twenty": 20,
         "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90}  # fmt: skip
_GERMAN_ONES = ("ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")
_WEAK_ONES = "a an ein eine einen einem einer eines"
_ENGLISH_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
]
_GERMAN_ORDINALS = [
    "erst",
    "zweit",
    "dritt",
    "viert",
    "fünft",
    "sechst",
    "siebt",
    "acht",
    "neunt",
    "zehnt",
    "elft",
    "zwölft",
    "dreizehnt",
    "vierzehnt",
    "fünfzehnt",
    "sechzehnt",
    "siebzehnt",
    "achtzehnt",
    "neunzehnt",
    "zwanzigst",
]
_ENDINGS = ("e", "er", "en", "em", "es")


def number_words() -> Iterator[tuple[str, Meaning]]:
    """Give cardinal and ordinal numbers with their values."""
    for word, value in (*_ONES.items(), *_TENS.items()):
        yield word, ("n", value)
    for tens, value in list(_TENS.items())[:5]:
        for one, name in enumerate(_GERMAN_ONES, 1):
            yield f"{name}und{tens}", ("n", value + one)
    yield from ((word, ("1", 1)) for word in _WEAK_ONES.split())
    for value, word in enumerate(_ENGLISH_ORDINALS, 1):
        yield word, ("O", value)
    yield "thirtieth", ("O", 30)
    stems = [*enumerate(_GERMAN_ORDINALS, 1), (30, "dreißigst"), (31, "einunddreißigst"),
             (7, "siebent")]  # fmt: skip
    stems += [(20 + n, f"{name}undzwanzigst") for n, name in enumerate(_GERMAN_ONES, 1)]
    for value, stem in stems:
        yield from ((stem + ending, ("O", value)) for ending in _ENDINGS)


def single_words() -> Iterator[tuple[str, Meaning]]:
    """Give every single word; what comes later wins."""
    yield from number_words()
    for tag, words in _SIMPLE.items():
        yield from ((word, (tag, None)) for word in words.split())
    for number, words in enumerate(WEEKDAYS):
        for word in words.split():
            yield word, ("w", number)
            if len(word) > 5:
                yield word + "s", ("W", frozenset({number}))
    for number, words in enumerate(MONTHS, 1):
        yield from ((word, ("m", number)) for word in words.split())
    tables: tuple[tuple[str, dict[str, str]], ...] = (
        ("u", _UNITS), ("q", _NEXT), ("p", _PARTS), ("H", _HOLIDAYS),
    )  # fmt: skip
    for tag, table in tables:
        for value, words in table.items():
            yield from ((word, (tag, value)) for word in words.split())
    for offset, words in _RELATIVE.items():
        yield from ((word, ("r", offset)) for word in words.split())


def spellings(phrase: str) -> set[str]:
    """Return a word as folded text has it, and as typed without umlauts."""
    return {phrase.translate(UMLAUTS), phrase.translate(BARE)}
