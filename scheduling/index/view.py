"""All bits of one class in both directions: a row per person, a column per start.

Rows answer for persons (one's list, all of a team, a union of a few), columns for starts (how
many, who, in turn). Both hold the same bits; a property test compares them with a rebuild.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from scheduling.availability import Rules, member_rules, spans_of, weekdays_at
from scheduling.booking import STAFF, staff_resource
from scheduling.catalog import Business, StaffMember
from scheduling.index.grid import Grid, grid_of
from scheduling.index.rows import cuts_of, free_bits, full_days
from scheduling.index.slot_class import SlotClass
from scheduling.index.standing import Standing

ROWS_AT_ONCE = 400
COLUMNS_AT_ONCE = 64

StandingOf = Callable[[str], Standing]
"""Resource -> what is known of it; not known is a standing too."""


class View:
    """The bits of a class in a window, for members in a fixed order.

    Made empty; each `step` fills a piece, so that nobody has to wait for 16,000 rows.
    """

    def __init__(
        self,
        business: Business,
        of_class: SlotClass,
        members: Sequence[StaffMember],
        window: tuple[int, int],
    ) -> None:
        """`window` in epoch seconds."""
        self.of_class = of_class
        self.members = tuple(members)
        self.numbers = {member.id: number for number, member in enumerate(self.members)}
        self.rows: list[int] = []
        self.cols: list[int] = []
        self._duration = of_class.shape.duration // timedelta(seconds=1)
        self._buffers = of_class.shape.margins[:2]
        self._rules = _rules_by_member(business, of_class, self.members)
        self._digits = ""
        self._spans: dict[int, tuple[tuple[int, int], ...]] = {}
        self._open: tuple[tuple[int, int], ...] = ()
        self.grid = self._opened(*window)

    def _look_up_hours(self, start: int, end: int) -> None:
        # what begins in the window may end after it
        last = end + self._duration
        distinct = {id(rules): rules for rules in self._rules}
        self._spans = {key: spans_of(rules, start, last) for key, rules in distinct.items()}
        self._open = spans_of(self.of_class.opening, start, last)

    def _opened(self, start: int, end: int) -> Grid:
        self._look_up_hours(start, end)
        return grid_of(self.of_class.shape, self._spans.values(), start, end)

    @property
    def is_complete(self) -> bool:
        """Whether all rows and columns are there."""
        return len(self.rows) == len(self.members) and len(self.cols) == len(self.grid.starts)

    def step(self, standing_of: StandingOf) -> None:
        """Fill the next piece."""
        done = len(self.rows)
        if done < len(self.members):
            for number in range(done, min(done + ROWS_AT_ONCE, len(self.members))):
                self.rows.append(self._row(number, standing_of))
        elif not self.is_complete:
            self._fill_columns()

    def complete(self, standing_of: StandingOf) -> "View":
        """Fill all that is missing, at once."""
        while not self.is_complete:
            self.step(standing_of)
        return self

    def refresh(self, resource: str, standing: Standing) -> None:
        """Work out one member anew and flip what differs; other resources have no row here."""
        number = self.numbers.get(resource.removeprefix(STAFF))
        if number is None or number >= len(self.rows):
            return
        row = self._row(number, lambda _: standing)
        differs, self.rows[number] = self.rows[number] ^ row, row
        if self._digits or not self.cols:
            # columns are being made out of older rows: begin them again
            self._digits, self.cols = "", []
            return
        bit = 1 << number
        for column in numbers_in(differs):
            self.cols[column] ^= bit

    def _row(self, number: int, standing_of: StandingOf) -> int:
        member = self.members[number]
        standing = standing_of(staff_resource(member.id))
        if standing.unknown is not None:
            return 0
        spans = self._spans[id(self._rules[number])]
        cuts = cuts_of(standing, self.of_class.shape, self.of_class.blocking)
        bits = free_bits(spans, cuts, self.grid, self._duration, self._buffers)
        return bits & ~full_days(member, standing.claims, self.grid) if bits else 0

    def open_row(self, standing: Standing) -> int:
        """Return the starts at which a room or a unit of equipment of this standing is free."""
        if standing.unknown is not None:
            return 0
        cuts = cuts_of(standing, self.of_class.shape, self.of_class.blocking)
        return free_bits(self._open, cuts, self.grid, self._duration, self._buffers)

    def _fill_columns(self) -> None:
        """Turn rows into columns: as text, where column t is every `width`-th digit."""
        width = len(self.grid.starts)
        if not self._digits:
            # the last member comes first: the left digit of a number is its highest bit
            self._digits = "".join(f"{row:0{width}b}" for row in reversed(self.rows))
            self.cols = []
        done = len(self.cols)
        for column in range(done, min(done + COLUMNS_AT_ONCE, width)):
            self.cols.append(int(self._digits[width - 1 - column :: width], 2))
        if len(self.cols) == width:
            self._digits = ""

    def mask(self, member_ids: Iterable[str]) -> int:
        """Return the bits of these members; those who are not in the view have none."""
        flags = bytearray(b"0" * max(1, len(self.members)))
        for member_id in member_ids:
            number = self.numbers.get(member_id)
            if number is not None:
                flags[-1 - number] = 49
        return int(bytes(flags), 2)

    def counts(self, mask: int, first: int, last: int) -> list[int]:
        """Return how many of the mask are free at each start in `[first, last)`."""
        return [(column & mask).bit_count() for column in self.cols[first:last]]

    def free_at(self, second: int, mask: int) -> int:
        """Return who of the mask is free at one start; nobody where it is no start."""
        number = self.grid.numbers.get(second)
        return 0 if number is None else self.cols[number] & mask

    def together(self, numbers: Iterable[int]) -> int:
        """Return the starts at which all these members are free."""
        bits = self.grid.ones[-1]
        for number in numbers:
            bits &= self.rows[number]
        return bits

    def members_in(self, bits: int) -> Iterator[StaffMember]:
        """Return the members of a column's bits, in order."""
        return (self.members[number] for number in numbers_in(bits))

    def move(self, start: int, end: int, standing_of: StandingOf) -> None:
        """Roll the window on: past starts go, the starts of new days come, the rest is shifted."""
        old = self.grid
        # it rolls on only; a clock that was put back leads to new bits as well
        rolls = old.start <= start < old.end <= end
        if not (rolls and self.is_complete):
            self.rows, self.cols, self._digits = [], [], ""
            self.grid = self._opened(start, end)
            self.complete(standing_of)
            return
        kept_rows, kept_cols = self.rows, self.cols
        dropped = old.number_from(start)
        self.rows, self.cols = [], []
        self.grid = self._opened(old.end, end)
        self.complete(standing_of)
        width = len(old.starts) - dropped
        added = zip(kept_rows, self.rows, strict=True)
        self.rows = [before >> dropped | after << width for before, after in added]
        self.cols = kept_cols[dropped:] + self.cols
        self.grid = old.joined(self.grid, start)
        self._look_up_hours(start, end)

    def bytes_held(self) -> int:
        """Return the size of both views, in bytes."""
        bits: Mapping[str, list[int]] = {"rows": self.rows, "cols": self.cols}
        return sum(
            held.__sizeof__() + sum(n.__sizeof__() for n in {id(n): n for n in held}.values())
            for held in bits.values()
        )


def numbers_in(bits: int) -> Iterator[int]:
    """Return the numbers of the set bits, ascending."""
    digits = f"{bits:b}"[::-1]
    at = digits.find("1")
    while at >= 0:
        yield at
        at = digits.find("1", at + 1)


def _rules_by_member(
    business: Business, of_class: SlotClass, members: Iterable[StaffMember]
) -> list[tuple[Rules, ...]]:
    """Return each member's rules; who has the same hours has the same tuple."""
    known: dict[object, tuple[Rules, ...]] = {}
    found: list[tuple[Rules, ...]] = []
    for member in members:
        days = weekdays_at(member, of_class.places)
        # by identity: a large roster shares the hours of a shift, and comparing them would be felt
        parts = (member.hours, member.breaks, member.overrides)
        key = (
            *(id(part) if part else 0 for part in parts),
            member.zone,
            member.time_off,
            member.subdivision,
            days,
        )
        if key not in known:
            known[key] = (member_rules(business, member, days), *of_class.opening)
        found.append(known[key])
    return found
