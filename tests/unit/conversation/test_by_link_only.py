"""A service that is booked by link only does not exist in the chat."""

from dataclasses import replace

import pytest

from bot import cards
from bot.conversation.draft import Draft
from bot.conversation.replies import AskService, AskSlot, Help, Welcome
from scheduling.catalog import LocalText, Visibility
from tests.builders import a_business, a_service
from tests.conversations.world import Customer, WritingDesk

VIP = a_service(
    id="vip", name=LocalText("Chefsprechstunde", "Executive hour"),
    visibility=Visibility.LINK, aliases=("Goldtermin",),
)  # fmt: skip
PLAIN = a_service(name=LocalText("Beratung", "Consultation"))
SECOND = a_service(id="course", name=LocalText("Kurs", "Course"))


class Visitor(Customer):
    def __init__(self, *services) -> None:
        super().__init__()
        self.business = a_business(services=services or (PLAIN, VIP, SECOND))
        self.desk = WritingDesk(self.business, self.calendar, self.store, self.clock)


async def test_it_is_not_listed() -> None:
    visitor = Visitor()
    (question,) = await visitor.says("Termin")
    assert isinstance(question, AskService)
    assert [each.id for each in question.services] == ["advice", "course"]


@pytest.mark.parametrize(
    "name", ["Chefsprechstunde", "Executive hour", "Goldtermin", "vip", "Chefsprechstunde morgen"]
)
async def test_not_even_its_exact_name_is_understood(name: str) -> None:
    visitor = Visitor()
    replies = await visitor.says(name)
    assert visitor.draft.service_id is None
    assert visitor.draft.service_candidates == ()
    asked = [reply for reply in replies if isinstance(reply, AskService)]
    assert all("vip" not in {s.id for s in question.services} for question in asked)


async def test_a_forged_press_does_not_pick_it() -> None:
    visitor = Visitor()
    await visitor.says("Termin")
    await visitor.presses("service.pick", service="vip")
    assert visitor.draft.service_id is None
    await visitor.presses("service.pick", service="course")
    assert visitor.draft.service_id == "course"


async def test_a_draft_of_before_it_became_so_begins_again() -> None:
    visitor = Visitor()
    visitor.draft = Draft(service_id="vip", service_candidates=("vip",), step="slot")
    *_, question = await visitor.says("morgen")
    assert isinstance(question, AskService)
    assert visitor.draft.service_id is None


async def test_with_one_listed_service_it_does_not_make_it_a_question() -> None:
    visitor = Visitor(PLAIN, VIP)
    (page,) = await visitor.says("Termin")
    assert isinstance(page, AskSlot)
    assert visitor.draft.service_id == "advice"


@pytest.mark.parametrize("reply", [Welcome, Help])
@pytest.mark.parametrize("language", ["de", "en"])
def test_where_all_is_by_link_no_example_names_it(reply, language: str) -> None:
    business = replace(a_business(), services=(VIP,))
    said = str(
        cards.render(
            (reply(business),),
            language=language,
            channel="webchat",
            links=cards.Links("https://book.example.test"),
        )
    )
    assert "Chefsprechstunde" not in said
    assert "Executive hour" not in said
