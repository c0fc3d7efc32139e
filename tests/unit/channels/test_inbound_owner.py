"""To whom a message belongs."""

from bot.wire import Inbound


def owner(channel: str, conversation: str = "c1", tenant: str = "t1", person: str = "p1") -> str:
    reference = {"aad_object_id": person}
    return Inbound({}, channel, conversation, person, tenant, reference).owner


def test_in_teams_the_bookings_of_a_person_are_theirs_in_any_conversation() -> None:
    assert owner("msteams", "c1") == owner("msteams", "c2")


def test_another_person_or_tenant_has_other_bookings() -> None:
    assert (
        len({owner("msteams"), owner("msteams", person="p2"), owner("msteams", tenant="t2")}) == 3
    )


def test_who_is_not_known_and_other_channels_have_their_conversation() -> None:
    assert owner("msteams", person="") == "msteams:c1"
    assert owner("msteams", tenant="") == "msteams:c1"
    assert owner("webchat") == "webchat:c1"
