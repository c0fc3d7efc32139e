"""What the index knows wrongly, because nobody told it, is found before anything is held."""

import pytest

from scheduling.errors import NotOffered, SlotTaken
from tests.builders import a_service, busy, span
from tests.unit.scheduling.desk.desk_world import MITTE, World, a_room, box, on_site

TEN = span("10-10:01")


async def held(world: World, clocks: str) -> None:
    with pytest.raises((SlotTaken, NotOffered)):
        await world.hold(clocks)


async def test_after_a_live_look_that_surprises_the_calendar_is_asked_live():
    world = World(a_service(staff_ids=("anna",)), names=("anna",))
    world.fresh("anna")
    world.calendar.put(box("anna"), busy("10-10:30"))
    assert await world.starts(TEN) != {}
    await held(world, "10")
    assert await world.starts(TEN) == {}


async def test_a_live_look_that_confirms_leaves_the_calendar_trusted():
    world = World(a_service(staff_ids=("anna",)), names=("anna",))
    entries = (busy("8:30-10:15"), busy("12-13"))
    world.fresh("anna", items=entries)
    world.calendar.put(box("anna"), *entries)
    await held(world, "10")
    assert world.index.is_fresh("staff:anna", world.clock.now())


async def test_a_room_that_filled_untold_is_not_held_either():
    room = a_room(place_id="mitte", mailbox=box("blue"))
    world = World(
        a_service(staff_ids=("anna",), rooms=("blue",), locations=on_site(MITTE)),
        names=("anna",),
        resources=(room,),
        places=(MITTE,),
    )
    world.fresh("anna")
    world.fresh(resource="room:blue")
    world.calendar.put(box("blue"), busy("10-10:30"))
    assert await world.starts(TEN) != {}
    await held(world, "10")
