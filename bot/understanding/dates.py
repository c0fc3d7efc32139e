"""Dates and hours of a message as a Wish: constraints in wall-clock time, never instants.

Each reading takes its words out of the text, so that what is left may hold names. Polarity comes
first: what is excluded must never be read as wished.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from bot.understanding.clock import BARE, CLOCK, ClockTime, as_time, read_clock, resolve
from bot.understanding.lexicon import MONTHS, NUMBERS, PARTS_OF_DAY, WEEKDAYS
from bot.understanding.wish import Clause, DateSpan, Prefer, Window, Wish
from scheduling.catalog import Business

FROM = (
    r"nicht vor|nicht frueher als|not before|not earlier than|no earlier than|fruehestens(?: ab)?"
    r"|erst ab|erst|ab|from|after|nach|later than|spaeter als|starting|since"
)
UNTIL = (
    r"nicht nach|nicht spaeter als|not after|not later than|no later than|spaetestens(?: bis)?"
    r"|bis spaetestens|bis|vor|before|until|till|by|earlier than|frueher als"
)
_LINK = r"(?:(?:dem|den|der|zum|am|um|the|on|at|in) ){0,2}"
_OP = rf"(?:(?P<op>{FROM}|{UNTIL}) )?{_LINK}"
_DAY_NAMES = "|".join(sorted(WEEKDAYS, key=len, reverse=True))
_MONTH_NAMES = "|".join(sorted(MONTHS, key=len, reverse=True))
_COUNT = r"(?P<count>\d{1,2}|" + "|".join(NUMBERS) + ")"
_NOT = re.compile(
    r"\b(ausser|ausgenommen|except(?: for)?|anything but|nur nicht|but not|nicht|not|kein\w*"
    r"|can'?t|cannot|doesn'?t|don'?t|without|ohne)\b"
)
_BREAK = re.compile(r"[,;!?]|\.(?= |$)|\b(?:aber|sondern|dafuer|but|lieber|rather)\b")
_OR = re.compile(r"\b(?:oder|or|bzw|alternativ)\b|(?<=[a-z\x1f]) ?/ ?(?=[a-z\x1f])")
_ABBREVIATIONS = {
    r"\bMo\b\.?": "montag", r"\bDi\b\.?": "dienstag", r"\bMi\b\.?": "mittwoch",
    r"\bDo\b\.?(?! (?:you|I|we|they|it)\b)": "donnerstag",
    r"\bFr\b(?!\.? ?[A-ZÄÖÜ](?!achm|orm|bend))\.?": "freitag", r"\bSa\b\.?": "samstag",
    r"\b[Mm]on\b\.?": "monday", r"\b[Tt]ues?\b\.?": "tuesday", r"\b[Ww]ed\b\.?": "wednesday",
    r"\b[Tt]hu(?:rs?)?\b\.?": "thursday", r"\b[Ff]ri\b\.?": "friday",
}  # fmt: skip
_TAKEN = "\x1f"


@dataclass(frozen=True, slots=True)
class _Token:
    """One reading at its place in the text; windows come from clock, part of day or range."""

    at: int
    days: tuple[DateSpan, ...] = ()
    weekdays: frozenset[int] = frozenset()
    window: Window | None = None
    clock: ClockTime | None = None
    op: str = ""
    to: ClockTime | None = None
    named_weekday: int | None = None
    is_part: bool = False


@dataclass(slots=True)
class _Reader:
    """The text with what was read taken out, and what was read."""

    text: str
    today: date
    now: datetime
    language: str
    tokens: list[_Token] = field(default_factory=list)

    def take(self, pattern: str, read: Callable[[re.Match[str]], _Token | None]) -> None:
        """Read every match; those that make no sense (30 February) stay in the text."""

        def cut(found: re.Match[str]) -> str:
            token = read(found)
            if token is None:
                return found[0]
            self.tokens.append(token)
            return _TAKEN * len(found[0])

        self.text = re.sub(pattern, cut, self.text)


@dataclass(frozen=True, slots=True)
class DateReading:
    """The wish, the text without its words, and whether it starts with "oder"."""

    wish: Wish
    rest: str
    adds: bool


def spell_out(text: str) -> str:
    """Return the text with abbreviated weekdays in full; needs the customer's capitals."""
    for short, full in _ABBREVIATIONS.items():
        text = re.sub(short, full, text)
    return text


def read_dates(folded: str, now: datetime, language: str, business: Business) -> DateReading:
    """Read a folded text at the local moment `now` (wall clock of the business)."""
    reader = _Reader(_split_words(folded), now.date(), now, language)
    prefer = _preference(reader)
    _numeric_days(reader)
    _named_days(reader)
    _weeks(reader)
    _weekdays(reader)
    _hours(reader)
    clauses, excluded = _combine(reader, business)
    rest = reader.text.replace(_TAKEN, " ").strip()
    adds = bool(re.match(r"(oder|or)\b", folded)) and bool(clauses)
    return DateReading(Wish(clauses, excluded, prefer), rest, adds)


def _split_words(text: str) -> str:
    """Tell *morgen* the morning from *morgen* tomorrow, and part compound days."""
    text = re.sub(
        rf"\b({_DAY_NAMES})(morgen|vormittag|nachmittag|mittag|abend|frueh)", r"\1 \2", text
    )
    text = re.sub(rf"\b({_DAY_NAMES}|heute|uebermorgen) morgen\b", r"\1 morgens", text)
    text = re.sub(rf"\b({_DAY_NAMES}|heute|morgen|uebermorgen) frueh\b", r"\1 morgens", text)
    text = re.sub(r"\b(am|jeden) morgen\b", "morgens", text)
    text = re.sub(r"\b(\d{1,2}) (oder|or|und|and) (?=\d{1,2} ?(?:uhr|h)\b)", r"\1 uhr \2 ", text)
    return re.sub(r"\b(?:the )?day after tomorrow\b", "uebermorgen", text)


_PREFERENCES = (
    (Prefer.EARLIEST, r"\b(so (frueh|bald|schnell) wie moeglich|moeglichst (frueh|bald|schnell)"
                      r"|schnellstmoeglich\w*|naechstmoeglich\w*|asap|as soon as possible"
                      r"|as early as possible|(next|first|earliest) (available|possible)"
                      r"|fruehestmoeglich\w*|am fruehesten|soonest)\b"),
    (Prefer.LATEST, r"\b(so spaet wie moeglich|moeglichst spaet|as late as possible)\b"),
)  # fmt: skip


def _preference(reader: _Reader) -> Prefer:
    for prefer, pattern in _PREFERENCES:
        if found := re.search(pattern, reader.text):
            reader.text = (
                reader.text[: found.start()] + _TAKEN * len(found[0]) + reader.text[found.end() :]
            )
            return prefer
    return Prefer.NONE


def _next_date(today: date, day: int, month: int, year: int | None) -> date | None:
    try:
        if year is not None:
            return date(year + 2000 if year < 100 else year, month, day)
        return next(
            d
            for d in (date(today.year, month, day), date(today.year + 1, month, day))
            if d >= today
        )
    except (ValueError, StopIteration):
        return None


def _days(found: re.Match[str], first: date, last: date | None = None) -> _Token:
    """Make a token of one day or of several, bounded by its "ab", "bis", "nach" or "vor"."""
    last = last or first
    op = found.groupdict().get("op") or ""
    if not op:
        return _Token(found.start(), days=(DateSpan(first, last),))
    if op in {"nach", "after", "later than", "spaeter als"}:
        return _Token(found.start(), days=(DateSpan(last + timedelta(days=1), None),), op=op)
    if re.fullmatch(FROM, op):
        return _Token(found.start(), days=(DateSpan(first, None),), op=op)
    excluded_end = op in {"vor", "before", "earlier than", "frueher als"}
    end = first - timedelta(days=1) if excluded_end else last
    return _Token(found.start(), days=(DateSpan(date.min, end),), op=op)


def _numeric_days(reader: _Reader) -> None:
    today = reader.today

    def one(found: re.Match[str]) -> _Token | None:
        year = int(found["y"]) if found["y"] else None
        day = _next_date(today, int(found["d"]), int(found["m"]), year)
        return _days(found, day) if day else None

    def span(found: re.Match[str]) -> _Token | None:
        end = _next_date(today, int(found["d2"]), int(found["m2"]), None)
        start_month = int(found["m1"] or found["m2"])
        start = _next_date(today, int(found["d1"]), start_month, None)
        return _days(found, start, end) if start and end and start <= end else None

    def slashed(found: re.Match[str]) -> _Token | None:
        a, b = int(found["a"]), int(found["b"])
        month_first = reader.language == "en" and a <= 12
        day, month = (b, a) if month_first else (a, b)
        year = int(found["y"]) if found["y"] else None
        read = _next_date(today, day, month, year)
        return _days(found, read) if read else None

    reader.take(rf"\b{_OP}(?P<y>\d{{4}})-(?P<m>\d\d)-(?P<d>\d\d)\b", one)
    reader.take(
        r"\b(?:vom |von )?(?P<d1>\d{1,2})\.(?:(?P<m1>\d{1,2})\.)? ?(?:-|bis(?: zum)?|auf) ?"
        r"(?P<d2>\d{1,2})\.(?P<m2>\d{1,2})\.?(?!\d)",
        span,
    )
    reader.take(
        rf"\b{_OP}(?P<d>\d{{1,2}})\. ?(?P<m>1[0-2]|0?[1-9])(?:\. ?(?P<y>\d{{4}}|\d\d(?![:.\d]))"
        r"|\.(?! ?\d)|(?![\d.:]| ?(?:uhr|h\b)))(?P<none>)",
        one,
    )
    reader.take(rf"\b{_OP}(?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})(?:/(?P<y>\d{{4}}|\d\d))?\b", slashed)


def _named_days(reader: _Reader) -> None:
    today = reader.today

    def month_day(found: re.Match[str]) -> _Token | None:
        year = int(found["y"]) if found["y"] else None
        day = _next_date(today, int(found["d"]), MONTHS[found["m"]], year)
        return _days(found, day) if day else None

    def relative(found: re.Match[str]) -> _Token:
        offset = {"heute": 0, "today": 0, "tonight": 0, "morgen": 1, "tomorrow": 1}
        offset |= {"vorgestern": -2, "gestern": -1, "yesterday": -1}
        return _days(found, today + timedelta(days=offset.get(found["word"], 2)))

    def ahead(found: re.Match[str]) -> _Token:
        count = int(found["count"]) if found["count"].isdigit() else NUMBERS[found["count"]]
        unit = 7 if found["unit"].startswith(("w", "W")) else 1
        return _days(found, today + timedelta(days=count * unit))

    reader.take(
        rf"\b{_OP}(?P<d>\d{{1,2}})(?:\.|st|nd|rd|th)? (?:of )?(?P<m>{_MONTH_NAMES})\b\.?"
        r"(?:,? (?P<y>\d{4}))?(?! ?\d)",
        month_day,
    )
    reader.take(
        rf"\b{_OP}(?P<m>{_MONTH_NAMES})\b\.? (?P<d>\d{{1,2}})(?:st|nd|rd|th)?\b(?![:.]\d)"
        r"(?:,? (?P<y>\d{4}))?",
        month_day,
    )
    reader.take(rf"\bin {_COUNT} (?P<unit>tag(?:en)?|wochen?|days?|weeks?)\b", ahead)
    reader.take(
        rf"\b{_OP}(?P<word>heute|today|tonight|uebermorgen|morgen|tomorrow|vorgestern|gestern|yesterday)\b",
        relative,
    )


def _weeks(reader: _Reader) -> None:
    monday = reader.today - timedelta(days=reader.today.weekday())

    def week_of(found: re.Match[str], first: date) -> _Token:
        return _days(found, max(first, reader.today), first + timedelta(days=6))

    def named(found: re.Match[str]) -> _Token:
        word = found["word"]
        weeks = 2 if word.startswith("ueber") else 0 if word.startswith(("dies", "this")) else 1
        return week_of(found, monday + timedelta(weeks=weeks))

    def numbered(found: re.Match[str]) -> _Token | None:
        for year in (reader.today.year, reader.today.year + 1):
            try:
                first = date.fromisocalendar(year, int(found["week"]), 1)
            except ValueError:
                continue
            if first + timedelta(days=6) >= reader.today:
                return week_of(found, first)
        return None

    def month(found: re.Match[str]) -> _Token | None:
        number = MONTHS[found["m"]]
        year = reader.today.year + (number < reader.today.month)
        first = date(year, number, 1)
        end = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        return _days(found, max(first, reader.today), end)

    reader.take(
        rf"\b{_OP}(?P<word>(?:ueber)?naechste[nr]?|kommende[nr]?|diese[nr]?|next|this|coming)"
        r" (?:woche|week)\b",
        named,
    )
    reader.take(
        rf"\b{_OP}(?:kw|kalenderwoche|calendar week|week) ?(?P<week>\d{{1,2}})\b", numbered
    )
    reader.take(rf"\b(?P<op>)(?:im|in) (?P<m>{_MONTH_NAMES})\b", month)
    reader.take(
        r"\b(?P<w>werktags|wochentags|unter der woche|on weekdays|weekdays)\b",
        lambda found: _Token(found.start(), weekdays=frozenset(range(5))),
    )


def _weekdays(reader: _Reader) -> None:
    def read(found: re.Match[str]) -> _Token:
        weekday = WEEKDAYS[found["day"]]
        if found["s"] or found["each"]:
            return _Token(found.start(), weekdays=frozenset({weekday}))
        if _within_named_week(reader):
            return _Token(found.start(), weekdays=frozenset({weekday}))
        ahead = (weekday - reader.today.weekday()) % 7
        if ahead == 0 and found["next"]:
            ahead = 7
        day = _days(found, reader.today + timedelta(days=ahead))
        return day if found["next"] else replace(day, named_weekday=weekday)

    reader.take(
        rf"\b{_OP}(?P<each>jede[nrms]+ |every |each )?"
        r"(?P<next>naechste[nrms]? |kommende[nrms]? |next |this |diese[nrms]? |coming )?"
        rf"(?P<day>{_DAY_NAMES})(?P<s>s)?\b",
        read,
    )


def _within_named_week(reader: _Reader) -> bool:
    """Tell whether a week or month was said: then a weekday only narrows it."""
    return any(
        span.last is None or (span.last - span.first).days > 1
        for token in reader.tokens
        for span in token.days
        if span.first != date.min
    )


def _hours(reader: _Reader) -> None:
    def clock(found: re.Match[str]) -> _Token:
        return _Token(found.start(), clock=read_clock(found), op=found["op"] or "")

    def hour_range(found: re.Match[str]) -> _Token:
        first, last = _ends(found)
        return _Token(found.start(), clock=first, to=last, op="between")

    number = rf"(?:\d{{1,2}}(?::\d\d|\.\d\d)?|{'|'.join(NUMBERS)})(?: ?[ap]m| uhr)?"
    reader.take(
        rf"\b(?:zwischen|between) (?P<first>{number}) (?:und|and) (?P<last>{number})\b", hour_range
    )
    reader.take(rf"\b(?:von|from) (?P<first>{number}) (?:bis|to|till|until) (?P<last>{number})\b",
                hour_range)  # fmt: skip
    reader.take(
        rf"\b(?P<first>{number}) ?(?:-|bis) ?(?P<last>\d{{1,2}}(?::\d\d)?(?: ?[ap]m| uhr))\b",
        hour_range,
    )
    reader.take(rf"\b{_OP}(?:{CLOCK})", clock)
    reader.take(
        rf"\b(?:(?P<op>{FROM}|{UNTIL}) (?:um |at )?|(?:um|at|gegen|so gegen|around) ){BARE}"
        r"(?! (?:tag|woche|monat|day|week|month|minut|stund|hour|person|termin)\w*)",
        clock,
    )
    for pattern, start, end in PARTS_OF_DAY:
        window = Window(time(start), time(end))
        reader.take(
            rf"\b(?:am |im |in the |this |spaeten |fruehen )?(?:{pattern})\b",
            lambda found, window=window: _Token(found.start(), window=window, is_part=True),  # type: ignore[misc]
        )


def _ends(found: re.Match[str]) -> tuple[ClockTime, ClockTime]:
    last = _spoken(found["last"])
    first = _spoken(found["first"])
    if not last.is_open and first.is_open and first.minutes + 720 < last.minutes >= 720:
        # "3 to 5 pm": the half of the day said once stands for both
        first = ClockTime(first.minutes + 720, is_open=False) if "pm" in found["last"] else first
    return first, last


def _spoken(words: str) -> ClockTime:
    found = re.fullmatch(CLOCK, words) or re.fullmatch(BARE, words)
    if found:
        return read_clock(found)
    hour, _, minute = words.removesuffix(" uhr").partition(".")
    minutes = (int(hour) if hour.isdigit() else NUMBERS.get(hour, 0)) * 60 + int(minute or 0)
    return ClockTime(minutes % 1440, is_open=0 < minutes < 780)


def _combine(reader: _Reader, business: Business) -> tuple[tuple[Clause, ...], tuple[Clause, ...]]:
    """Sort the tokens into alternatives and exclusions by the words between them."""
    tokens = sorted(reader.tokens, key=lambda t: t.at)
    against = _denied(reader, tokens)
    wished = [t for t in tokens if t not in against]
    denied = [_every_week(t) for t in against]
    breaks = [found.start() for found in _OR.finditer(reader.text)]
    groups: dict[int, list[_Token]] = {}
    for token in wished:
        groups.setdefault(sum(b < token.at for b in breaks), []).append(token)
    clauses = [_clause(group, business, reader.today) for group in groups.values()]
    excluded = [_clause([t], business, reader.today) for t in denied if not t.is_part]
    if denied and not excluded:
        excluded = [_clause(list(denied), business, reader.today)]
    elif any(t.is_part for t in denied):
        parts = tuple(t.window for t in denied if t.window)
        excluded = [replace(clause, windows=parts) for clause in excluded]
    return tuple(_inherit(clauses)), tuple(excluded)


def _every_week(token: _Token) -> _Token:
    """Let "nicht am Freitag" mean every Friday, not the coming one only."""
    if token.named_weekday is None:
        return token
    return replace(token, days=(), weekdays=frozenset({token.named_weekday}))


def _denied(reader: _Reader, tokens: list[_Token]) -> list[_Token]:
    """Return the tokens under a "nicht" or "außer": after it, or before it where none follows."""
    denied: list[_Token] = []
    edges = [found.start() for found in _BREAK.finditer(reader.text)]
    for found in _NOT.finditer(reader.text):
        left = max((e for e in edges if e < found.start()), default=-1)
        right = min((e for e in edges if e > found.start()), default=len(reader.text) + 1)
        near = [t for t in tokens if left < t.at < right and not t.op]
        behind = [
            t
            for t in near
            if t.at > found.start() and (not t.clock or _follows(reader, found.end(), t.at))
        ]
        before = [t for t in near if t.at < found.start()]
        ends_clause = not reader.text[found.end() : right].strip(f" {_TAKEN}.!?")
        if found[0] in {"nicht", "not"} and not behind and not ends_clause and not before:
            continue
        denied += [t for t in (behind or before) if t not in denied]
    return denied


def _follows(reader: _Reader, end: int, at: int) -> bool:
    """Tell whether a clock time is what a "nicht" denies: nothing but "um" stands between."""
    return re.fullmatch(r"\W*(?:um|at|gegen|schon)?\W*", reader.text[end:at]) is not None


def _clause(tokens: list[_Token], business: Business, today: date) -> Clause:
    days = tuple(span for token in tokens if not token.op for span in token.days)
    bounds = [span for token in tokens if token.op for span in token.days]
    if bounds:
        first = max([b.first for b in bounds] + [today])
        last = min((b.last for b in bounds if b.last), default=None)
        days = (DateSpan(first, last), *days) if last is None or first <= last else days
    weekdays = frozenset(w for token in tokens for w in token.weekdays)
    return Clause(days, weekdays, _windows(tokens, business))


def _windows(tokens: list[_Token], business: Business) -> tuple[Window, ...]:
    parts = [t.window for t in tokens if t.window]
    exact: list[Window] = []
    start, end = time(0), None
    bounded = False
    for token in (t for t in tokens if t.clock):
        first, last = _resolved(token, parts, business)
        if not token.op:
            exact.append(Window(first, first))
            continue
        bounded = True
        start = max(start, first)
        end = min(end, last) if end and last else last or end
    if exact:
        return tuple(exact)
    if not bounded:
        return tuple(parts)
    narrowed = [_meet(part, Window(start, end)) for part in parts]
    return tuple(w for w in narrowed if w) or (Window(start, end),)


def _resolved(token: _Token, parts: list[Window], business: Business) -> tuple[time, time | None]:
    assert token.clock is not None
    closes = bool(re.fullmatch(UNTIL, token.op))
    first = _in_part(token.clock, parts) or resolve(token.clock, business, closing=closes)
    if token.to:
        last = _in_part(token.to, parts) or resolve(token.to, business, closing=True)
        if last <= first and token.to.is_open:
            last = as_time(token.to.minutes + 720)
        return first, last
    return (time(0), first) if closes else (first, None)


def _in_part(clock: ClockTime, parts: list[Window]) -> time | None:
    """Return the half of the day that lies in a part of day said with it, if one does."""
    if not clock.is_open:
        return None
    for minutes in (clock.minutes, (clock.minutes + 720) % 1440):
        at = as_time(minutes)
        if any(p.start <= at and (p.end is None or at < p.end) for p in parts):
            return at
    return None


def _meet(one: Window, other: Window) -> Window | None:
    start = max(one.start, other.start)
    ends = [e for e in (one.end, other.end) if e]
    end = min(ends) if ends else None
    return Window(start, end) if end is None or start < end else None


def _inherit(clauses: list[Clause]) -> list[Clause]:
    """Share what is said once: "Di oder Do nachmittags", "Montag um 10 oder 11"."""
    filled: list[Clause] = []
    for index, clause in enumerate(clauses):
        before = filled[-1] if filled else None
        later = [c for c in clauses[index + 1 :] if c.windows]
        if not clause.windows and later and not (before and before.windows):
            clause = replace(clause, windows=later[0].windows)
        if before and not clause.dates and not clause.weekdays:
            clause = replace(clause, dates=before.dates, weekdays=before.weekdays)
        filled.append(clause)
    return filled
