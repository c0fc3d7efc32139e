"""Plays every *.chat file: what the customer does, and which replies come back.

    language: en            before the first message; German without it
    address: informal       the business says du; formal without it
    > text                  the customer writes
    @ verb key=value        the customer presses; $offer $hold $slot1 $privacy are current;
                            $booking1 is the first booking of this customer
    < Type path=value       the next reply; all replies of a message must be listed, in order
    " words                 stand in what is shown of these replies
    ! clock +6m | taken 2026-11-10 10:00 | busy 2026-11-10 10-11
    ! calendar down|up | outlook slow|fast
    ! staff moves 2026-11-10 10:00      in Outlook, the first booking of this customer
    ! calendars read        every calendar is read whole | away | back: an outage
    = booked 1              how many rows of this customer are in that state
Times in replies are compared as local wall clock, `2026-11-10 10:00`.
"""

import re
import shlex
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from bot.conversation.replies import Reply
from scheduling.catalog import FormOfAddress
from tests.address import INFORMAL, formal_in
from tests.builders import BERLIN, busy
from tests.conversations.world import Customer

CHATS = sorted(Path(__file__).parent.glob("*.chat"))
GERMAN = [chat for chat in CHATS if chat.stem.startswith("de_")]


@pytest.mark.parametrize("chat", CHATS, ids=lambda path: path.stem)
async def test_the_conversation_goes_as_written(chat: Path) -> None:
    await Play(chat).run()


@pytest.mark.parametrize("chat", GERMAN, ids=lambda path: path.stem)
async def test_it_goes_the_same_way_with_a_business_that_says_du(chat: Path) -> None:
    await Play(chat, FormOfAddress.INFORMAL).run()


class Play:
    def __init__(self, chat: Path, form: FormOfAddress = FormOfAddress.FORMAL) -> None:
        self.chat = chat
        self.customer = Customer(form=form)
        self.waiting: list[Reply] = []
        self.place = ""

    async def run(self) -> None:
        for number, line in enumerate(self.chat.read_text(encoding="utf-8").splitlines(), 1):
            self.place = f"{self.chat.name}:{number}: {line}"
            if line.strip() and not line.startswith("#"):
                await self._line(line)
        self._nothing_waits()

    async def _line(self, line: str) -> None:
        mark, _, rest = line.partition(" ")
        if mark == "language:":
            self.customer = Customer(rest.strip())
        elif mark == "address:":
            self.customer = Customer(form=FormOfAddress(rest.strip()))
        elif mark == '"':
            assert rest in self.customer.reads(), (self.place, self.customer.reads())
        elif mark == ">":
            self._nothing_waits()
            self.waiting = list(await self.customer.says(rest))
            self._is_well_addressed()
        elif mark == "@":
            self._nothing_waits()
            verb, *pairs = shlex.split(rest)
            self.waiting = list(await self.customer.presses(verb, **self._values(pairs)))
            self._is_well_addressed()
        elif mark == "<":
            assert self.waiting, f"{self.place}: no reply left"
            self._expect(self.waiting.pop(0), rest)
        elif mark == "!":
            await self._world(rest.split())
        elif mark == "=":
            state, count = rest.split()
            assert self.customer.states().count(state) == int(count), (
                self.place,
                self.customer.states(),
            )
        else:
            raise AssertionError(f"{self.place}: unknown line")

    def _nothing_waits(self) -> None:
        left = [type(reply).__name__ for reply in self.waiting]
        assert not left, f"before {self.place}: not expected: {left}"

    def _is_well_addressed(self) -> None:
        """Nobody reads Sie where the business says du, nor du where it does not."""
        words = self.customer.reads()
        informal = self.customer.business.form_of_address is FormOfAddress.INFORMAL
        found = formal_in(words) if informal else INFORMAL.findall(words)
        assert found == [], (self.place, found)

    def _values(self, pairs: Sequence[str]) -> dict[str, object]:
        draft = self.customer.draft
        known = {"$offer": draft.offer_id, "$hold": draft.hold_id, "$privacy": "v3"}
        known |= {
            f"$slot{i}": offered.start.isoformat() for i, offered in enumerate(draft.offered, 1)
        }
        known |= {f"$booking{i}": id_ for i, id_ in enumerate(self.customer.booked(), 1)}
        values: dict[str, object] = {}
        for pair in pairs:
            key, _, value = pair.partition("=")
            if value in {"$old_hold", "$old_offer", "$old_slot"}:
                values[key] = getattr(self, value[1:])
            else:
                values[key] = known.get(value, value)
        if draft.hold_id:
            self.old_hold = draft.hold_id
        if draft.offered:
            self.old_offer, self.old_slot = draft.offer_id, draft.offered[0].start.isoformat()
        return values

    def _expect(self, reply: Reply, line: str) -> None:
        kind, *pairs = shlex.split(line)
        assert type(reply).__name__ == kind, (
            f"{self.place}: got {type(reply).__name__} {getattr(reply, 'key', '')}"
        )
        for pair in pairs:
            path, _, wanted = pair.partition("=")
            assert _shown(_at(reply, path)) == wanted, (
                f"{self.place}: {path} is {_shown(_at(reply, path))!r}"
            )

    async def _world(self, words: Sequence[str]) -> None:
        customer = self.customer
        match words:
            case ["clock", step]:
                found = re.fullmatch(r"\+(\d+)m", step)
                assert found
                customer.clock.advance(timedelta(minutes=int(found[1])))
            case ["taken", day, clock]:
                await customer.somebody_takes(clock, date.fromisoformat(day))
            case ["busy", day, hours]:
                for member in customer.business.staff:
                    entry = busy(hours, day=date.fromisoformat(day))
                    customer.calendar.put(member.mailbox, entry)
            case ["staff", "moves", day, clock]:
                await customer.staff_moves(clock, date.fromisoformat(day))
            case ["calendars", "read"]:
                customer.all_are_read()
            case ["calendars", how]:
                customer.calendars_are(away=how == "away")
            case ["calendar", how]:
                customer.calendar.is_down = how == "down"
            case ["outlook", how]:
                customer.desk.is_slow = how == "slow"
            case _:
                raise AssertionError(self.place)


def _at(value: object, path: str) -> object:
    for key in path.split("."):
        if key == "count":
            return len(value)  # type: ignore[arg-type]
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, tuple):
            value = value[int(key)]
        else:
            value = getattr(value, key)
    return value


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(BERLIN):%Y-%m-%d %H:%M}"
    return str(value)
