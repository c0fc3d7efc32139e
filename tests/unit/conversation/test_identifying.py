"""In the chat: a booking made elsewhere is opened by its number and a mailed code."""

from dataclasses import replace

import pytest

from bot.cards import Links, render
from bot.conversation.replies import Receipt, Said
from bot.conversation.setting import Setting
from scheduling.booking import Booking
from tests.builders import a_booking
from tests.conversations.world import OWNER, Customer

NUMBER, CODE = "B-7K4Q-2MXR", "1234 5678"


class Codes:
    """The identity port: one booking, one code; `is_open` = more codes may be asked for."""

    def __init__(self, booking: Booking) -> None:
        self.booking = booking
        self.asked: list[tuple[str, str]] = []
        self.is_open = True

    async def ask_code(self, number: str, asker: str) -> bool:
        self.asked.append((number, asker))
        return self.is_open

    async def take(self, code: str, asker: str) -> Booking | None:
        return self.booking if (code, asker) == (CODE, OWNER) else None


class Caller(Customer):
    """A customer whose booking was made on the page."""

    def __init__(self, language: str = "de") -> None:
        super().__init__(language)
        service = self.business.services[0]
        member = self.business.staff_for(service)[0]
        booking = a_booking(service_id=service.id, staff_id=member.id, owner="page:1")
        self.booking = self.store.put(booking)
        self.codes = Codes(self.booking)

    def setting(self) -> Setting:
        return replace(super().setting(), identity=self.codes)


@pytest.mark.parametrize(
    "words",
    [
        f"ich habe eine Buchung {NUMBER}",
        "Termin b 7k4q 2mxr absagen",
        "I have a booking B7K4Q2MXR and want to move it",
    ],
)
async def test_a_number_has_a_code_sent_and_says_nothing_of_the_booking(words: str) -> None:
    caller = Caller()
    (told,) = await caller.says(words)
    assert isinstance(told, Said)
    assert told.key == "code_asked"
    assert caller.codes.asked[0][1] == OWNER


async def test_the_right_code_shows_the_booking_and_only_then() -> None:
    caller = Caller()
    await caller.says(f"Buchung {NUMBER}")
    (wrong,) = await caller.says("8765 4321")
    assert isinstance(wrong, Said)
    assert wrong.key == "code_wrong"
    receipt, *_ = await caller.says(f"der Code ist {CODE}")
    assert isinstance(receipt, Receipt)
    assert (receipt.booking, receipt.is_found) == (caller.booking, True)
    assert not caller.draft.identifying


async def test_a_code_nobody_asked_for_is_no_code() -> None:
    caller = Caller()
    replies = await caller.says(CODE)
    assert not any(isinstance(each, Receipt) for each in replies)


async def test_after_too_many_codes_it_is_said_to_wait() -> None:
    caller = Caller()
    caller.codes.is_open = False
    (told,) = await caller.says(NUMBER)
    assert isinstance(told, Said)
    assert told.key == "page_too_many"


async def test_the_own_number_needs_no_code() -> None:
    caller = Caller()
    caller.store.put(replace(caller.booking, owner=OWNER))
    await caller.says(f"{NUMBER} absagen")
    assert caller.codes.asked == []


async def test_other_things_are_understood_while_a_code_is_awaited() -> None:
    caller = Caller()
    await caller.says(NUMBER)
    replies = await caller.says("Hilfe")
    assert [type(each).__name__ for each in replies] == ["Help"]
    receipt, *_ = await caller.says(CODE)
    assert isinstance(receipt, Receipt)


async def test_a_found_booking_is_changed_over_its_link() -> None:
    caller = Caller()
    await caller.says(NUMBER)
    receipt, *_ = await caller.says(CODE)
    assert isinstance(receipt, Receipt)
    shown = render(
        (replace(receipt, manage="t0ken"),),
        language="de",
        channel="webchat",
        links=Links("https://book.example.test"),
    )
    assert "https://book.example.test/manage/t0ken" in str(shown)
    assert "über den Link" in str(shown)
    assert "schreiben Sie" not in str(shown)
