"""A link that works once: at most one booking, whoever is second, whatever dies in between."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot import pages
from bot.cards import Links
from bot.invitations import (
    KIND,
    InvitationBusy,
    InvitationExpired,
    InvitationRefused,
    Invitations,
    InvitationUnknown,
    InvitationUsed,
    invite,
)
from bot.texts import LANGUAGES, text
from scheduling.booking import Booking, BookingState, new_id
from scheduling.catalog import Visibility
from scheduling.desk import Desk
from scheduling.errors import HoldExpired, UnknownService
from scheduling.ports import Document
from tests.builders import (
    NOW,
    a_booking,
    a_business,
    a_service,
    some_details,
)
from tests.fakes import Documents, FakeCalendar, FixedClock, InMemoryStore

DAYS = timedelta(days=14)
VIP = a_service(id="vip", visibility=Visibility.LINK)
EVA, TOM = "page:eva", "page:tom"


class OvertakenDocuments(Documents):
    """`rival` writes just before we do."""

    rival: dict[str, object] | None = None

    async def write(self, kind: str, key: str, body, version: int, now: datetime) -> Document:
        if self.rival is not None:
            before, self.rival = {**(await self.read(kind, key)).body, **self.rival}, None
            await super().write(kind, key, before, (await self.read(kind, key)).version, now)
        return await super().write(kind, key, body, version, now)


class OvertakenDesk(Desk):
    """A desk that is asked to release a hold when its owner has just confirmed it."""

    confirmed_first: Booking | None = None

    async def release(self, booking_id: str, owner: str) -> None:
        if self.confirmed_first and booking_id == self.confirmed_first.id:
            await self.confirm(booking_id, owner, some_details())
        await super().release(booking_id, owner)


class World:
    def __init__(self) -> None:
        self.clock, self.documents = FixedClock(NOW), OvertakenDocuments()
        self.store = InMemoryStore(self.clock)
        self.desk = OvertakenDesk(
            a_business(services=(VIP,)), FakeCalendar(), self.store, self.clock
        )
        self.invitations = Invitations(self.documents, self.desk, self.clock)
        self.token = ""

    async def invited(self) -> str:
        self.token = await invite(self.documents, self.clock, "vip", DAYS)
        return (await self.invitations.open(self.token)).id

    def held(self, clocks: str, owner: str = EVA) -> Booking:
        """A hold of anna's time; bookings of the fake do not know each other."""
        booking = a_booking(
            clocks,
            id=new_id(),
            service_id="vip",
            owner=owner,
            state=BookingState.HELD,
            hold_until=self.clock.now() + timedelta(minutes=5),
            details=None,
            event_id=None,
        )
        return self.store.put(booking)

    async def claims(self, invitation_id: str, held: Booking) -> None:
        await self.invitations.claim_for(invitation_id, VIP, held.owner)(held.id)

    async def confirms(self, held: Booking) -> Booking:
        return await self.store.confirm(held.id, held.owner, some_details(), [], self.clock.now())

    def named(self, invitation_id: str) -> object:
        return self.documents.kept[KIND, invitation_id].body["hold"]


@pytest.fixture
def world() -> World:
    return World()


async def test_the_token_is_kept_only_as_a_digest_with_service_and_end(world: World) -> None:
    invitation_id = await world.invited()
    body = world.documents.kept[KIND, invitation_id].body
    secret = world.token.removeprefix(invitation_id)
    assert len(secret) == 43
    assert secret not in str(body)
    assert (body["service"], body["hold"]) == ("vip", "")
    assert datetime.fromisoformat(str(body["until"])) == NOW + DAYS


async def test_opening_a_link_does_not_use_it_up(world: World) -> None:
    invitation_id = await world.invited()
    for _ in range(3):
        assert (await world.invitations.open(world.token)).service_id == "vip"
    await world.invitations.admit(invitation_id, "vip", "")


@pytest.mark.parametrize("change", [lambda t: t[:-1] + "~", lambda t: t[:32], lambda t: ""])
async def test_words_that_are_no_token_are_unknown(world: World, change) -> None:
    await world.invited()
    with pytest.raises(InvitationUnknown):
        await world.invitations.open(change(world.token))


async def test_a_known_id_with_another_secret_is_unknown(world: World) -> None:
    invitation_id = await world.invited()
    for secret in ("A" * 43, (await invite(world.documents, world.clock, "vip", DAYS))[32:]):
        with pytest.raises(InvitationUnknown):
            await world.invitations.open(invitation_id + secret)


async def test_a_link_is_over_with_its_last_moment(world: World) -> None:
    invitation_id = await world.invited()
    world.clock.now_is = NOW + DAYS - timedelta(seconds=1)
    await world.invitations.open(world.token)
    held = world.held("10-10:30")
    world.clock.now_is = NOW + DAYS
    with pytest.raises(InvitationExpired):
        await world.invitations.open(world.token)
    with pytest.raises(InvitationExpired):
        await world.invitations.admit(invitation_id, "vip", held.id)
    with pytest.raises(InvitationExpired):
        await world.claims(invitation_id, held)


async def test_an_invitation_opens_its_own_service_only(world: World) -> None:
    invitation_id = await world.invited()
    for invitation, service in ((invitation_id, "other"), ("", "vip")):
        with pytest.raises(UnknownService):
            await world.invitations.admit(invitation, service, "")


async def test_once_a_booking_is_confirmed_the_link_is_used_up(world: World) -> None:
    invitation_id, held = await world.invited(), world.held("10-10:30")
    await world.claims(invitation_id, held)
    await world.confirms(held)
    with pytest.raises(InvitationUsed):
        await world.invitations.open(world.token)
    with pytest.raises(InvitationUsed):
        await world.claims(invitation_id, world.held("12-12:30"))


@pytest.mark.parametrize(
    "state", [BookingState.CANCELLED, BookingState.DECLINED, BookingState.EXPIRED]
)
async def test_a_booking_given_up_does_not_give_the_link_back(
    world: World, state: BookingState
) -> None:
    invitation_id, held = await world.invited(), world.held("10-10:30")
    await world.claims(invitation_id, held)
    world.store.put(replace(await world.confirms(held), state=state))
    with pytest.raises(InvitationUsed):
        await world.invitations.open(world.token)


async def test_whoever_comes_second_is_refused_and_their_time_is_free_again(
    world: World,
) -> None:
    invitation_id = await world.invited()
    first, second = world.held("10-10:30", EVA), world.held("12-12:30", TOM)
    await world.claims(invitation_id, first)
    await world.confirms(first)
    with pytest.raises(InvitationUsed):
        await world.claims(invitation_id, second)
    assert (await world.store.booking(second.id)).state is BookingState.CANCELLED


async def test_while_somebody_confirms_nobody_else_can(world: World) -> None:
    invitation_id = await world.invited()
    first, second = world.held("10-10:30", EVA), world.held("12-12:30", TOM)
    await world.claims(invitation_id, first)
    with pytest.raises(InvitationBusy):
        await world.claims(invitation_id, second)
    assert (await world.store.booking(first.id)).state is BookingState.HELD
    assert (await world.store.booking(second.id)).state is BookingState.HELD


async def test_two_claims_at_the_same_moment_leave_one(world: World) -> None:
    invitation_id, held = await world.invited(), world.held("10-10:30")
    world.documents.rival = {"hold": world.held("12-12:30", TOM).id}
    with pytest.raises(InvitationBusy):
        await world.claims(invitation_id, held)


async def test_a_second_click_at_the_same_moment_is_no_second_claim(world: World) -> None:
    invitation_id, held = await world.invited(), world.held("10-10:30")
    world.documents.rival = {"hold": held.id}
    await world.claims(invitation_id, held)
    assert world.named(invitation_id) == held.id


async def test_a_death_before_the_booking_leaves_a_link_that_works_again(world: World) -> None:
    invitation_id = await world.invited()
    dead = world.held("10-10:30", EVA)
    await world.claims(invitation_id, dead)
    world.clock.now_is = NOW + timedelta(minutes=5)
    second = world.held("12-12:30", TOM)
    await world.claims(invitation_id, second)
    with pytest.raises(HoldExpired):
        await world.confirms(dead)
    assert (await world.confirms(second)).state is BookingState.NOTED


async def test_a_death_after_the_booking_leaves_a_link_that_is_used_up(world: World) -> None:
    invitation_id, held = await world.invited(), world.held("10-10:30")
    await world.claims(invitation_id, held)
    await world.confirms(held)
    # the same visitor, whose draft still shows the review, may press once more
    await world.invitations.admit(invitation_id, "vip", held.id)
    await world.claims(invitation_id, held)
    with pytest.raises(InvitationUsed):
        await world.claims(invitation_id, world.held("12-12:30"))


async def test_who_takes_another_time_after_a_failed_confirm_goes_on(world: World) -> None:
    invitation_id = await world.invited()
    first, second = world.held("10-10:30"), world.held("12-12:30")
    await world.claims(invitation_id, first)
    await world.claims(invitation_id, second)
    assert (await world.store.booking(first.id)).state is BookingState.CANCELLED
    assert world.named(invitation_id) == second.id


async def test_a_confirm_that_overtakes_the_look_at_the_hold_still_wins(world: World) -> None:
    invitation_id = await world.invited()
    first = world.held("10-10:30", EVA)
    await world.claims(invitation_id, first)
    world.clock.now_is = NOW + timedelta(minutes=6)
    world.desk.confirmed_first = first
    with pytest.raises(InvitationUsed):
        await world.claims(invitation_id, world.held("12-12:30", TOM))


async def test_other_services_need_no_invitation(world: World) -> None:
    await world.invitations.claim_for("", a_service(), EVA)("any")
    assert world.documents.kept == {}


@pytest.mark.parametrize("refusal", InvitationRefused.__subclasses__())
def test_every_refusal_has_its_words(refusal: type[InvitationRefused]) -> None:
    assert all(text(refusal.code, language) for language in LANGUAGES)
    assert refusal.status in {404, 409, 410}


def test_the_mail_of_a_request_that_came_to_nothing_links_no_page_that_is_closed() -> None:
    links = Links("https://book.example.test")
    for service, is_linked in ((VIP, False), (a_service(id="open"), True)):
        booking = a_booking(
            service_id=service.id, state=BookingState.DECLINED, details=some_details()
        )
        _, html = pages.outcome_mail(booking, a_business(services=(service,)), links)
        assert (links.times(service.id) in html) is is_linked
