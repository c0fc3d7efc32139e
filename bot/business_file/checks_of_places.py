"""Mistakes about where a service takes place: places, rooms, equipment, sites, travel."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from bot.business_file.building import ALL_PLACES, ONLINE, places_meant
from bot.business_file.hours import DAYS
from bot.business_file.models import ResourceEntry, ServiceEntry, StaffEntry
from bot.business_file.parts import Parts
from bot.business_file.problems import Finding, Place, both
from bot.business_file.repeats import repeated, used_twice
from bot.business_file.values import nearest
from scheduling.catalog import HOME


class _Kind(NamedTuple):
    """A kind of resource, and what it is called."""

    id: str
    english: str
    german: str
    german_object: str


_KINDS: Mapping[str, _Kind] = {
    "rooms": _Kind("room", "room", "Raum", "Den Raum"),
    "equipment": _Kind("equipment", "equipment", "Gerät", "Das Gerät"),
}
"""By the key of a service that names them."""


def findings(parts: Parts) -> Iterator[Finding]:
    """Yield every mistake."""
    yield from _places(parts)
    yield from _resources(parts)
    yield from _travel(parts)
    for number, service in parts.services.items():
        where: Place = ("services", number)
        yield from _locations(parts, service, where)
        yield from _needed(parts, service, where)
    for number, member in parts.staff.items():
        yield from _sites(parts, member, ("staff", number))


def _places(parts: Parts) -> Iterator[Finding]:
    for number, place in parts.places.items():
        if place.id in {*ONLINE, ALL_PLACES, HOME}:
            yield Finding(
                ("places", number, "id"),
                both(
                    f"`{place.id}` is no address: the word has a meaning of its own.",
                    f"`{place.id}` ist kein Ort mit Adresse: Das Wort hat eine eigene Bedeutung.",
                ),
                both("Choose another id, as office.", "Wählen Sie eine andere id, wie praxis."),
            )


def _unknown_place(parts: Parts, name: str, where: Place, also: Sequence[str] = ()) -> Finding:
    return Finding(
        where,
        both(f"There is no place `{name}`.", f"Den Ort `{name}` gibt es nicht."),
        nearest(
            name,
            [*also, *parts.ids.get("places", ())],
            both("Add it under places.", "Ergänzen Sie ihn unter places."),
        ),
    )


def _locations(parts: Parts, service: ServiceEntry, where: Place) -> Iterator[Finding]:
    known = parts.ids.get("places", ())
    for number, name in enumerate(service.locations):
        place = (*where, "locations", number)
        if name == ALL_PLACES:
            if not known:
                yield Finding(
                    place,
                    both("The file has no places.", "Die Datei hat keine Orte (places)."),
                    both("Add some under places.", "Ergänzen Sie welche unter places."),
                )
        elif name not in ONLINE and name not in known:
            yield _unknown_place(parts, name, place, ONLINE)


def _resources(parts: Parts) -> Iterator[Finding]:
    people = {member.mailbox.lower() for member in parts.staff.values()}
    mailboxes = {n: r.mailbox.lower() for n, r in parts.resources.items() if r.mailbox}
    again = set(repeated(mailboxes))
    for number, resource in parts.resources.items():
        where: Place = ("resources", number)
        if resource.place is not None and resource.place not in parts.ids.get("places", ()):
            yield _unknown_place(parts, resource.place, (*where, "place"))
        if number in again or mailboxes.get(number) in people:
            yield used_twice((*where, "mailbox"), mailboxes[number])
    for number in repeated({n: r.id for n, r in parts.resources.items()}):
        yield used_twice(("resources", number, "id"), parts.resources[number].id)


def _travel(parts: Parts) -> Iterator[Finding]:
    known = parts.ids.get("places", ())
    sound = {n: w for n, w in parts.travel.items() if parts.knows(("travel", n), "between")}
    for number, way in sound.items():
        where: Place = ("business", "travel", number, "between")
        for position, name in enumerate(way.between):
            if name not in known:
                yield _unknown_place(parts, name, (*where, position))
        if len(set(way.between)) == 1:
            yield Finding(
                where,
                both(
                    f"Both ends are `{way.between[0]}`.",
                    f"Beide Enden sind `{way.between[0]}`.",
                ),
                both("Write two different places.", "Schreiben Sie zwei verschiedene Orte."),
            )
    ways = {number: " - ".join(sorted(way.between)) for number, way in sound.items()}
    for number in repeated(ways):
        yield Finding(
            ("business", "travel", number, "between"),
            both(
                f"The way {ways[number]} stands twice; it is the same in both directions.",
                f"Der Weg {ways[number]} steht zweimal da; er gilt in beide Richtungen.",
            ),
            both("Remove one of the two.", "Löschen Sie einen der beiden."),
        )


def _needed(parts: Parts, service: ServiceEntry, where: Place) -> Iterator[Finding]:
    """Yield what is wrong with the rooms and the equipment of a service."""
    sound = _sound_resources(parts)
    named = {"rooms": service.rooms, "equipment": service.equipment}
    for key, names in named.items():
        for number, name in enumerate(names):
            place = (*where, key, number)
            if name not in parts.ids.get("resources", ()):
                yield _unknown_resource(sound, name, key, place)
            elif name in sound and sound[name].kind != _KINDS[key].id:
                yield _other_kind(name, key, place)
            elif name in names[:number]:
                yield Finding(
                    place,
                    both(
                        f"`{name}` stands here twice; a booking takes it once.",
                        f"`{name}` steht hier zweimal; ein Termin belegt es einmal.",
                    ),
                    both("Remove one of the two.", "Löschen Sie eines von beiden."),
                )
    if parts.knows(where, "locations", *named):
        places = _meant(parts, service)
        yield from _out_of_place(sound, service, places, where)
        yield from _rooms_missing(sound, service, places, where)


def _sound_resources(parts: Parts) -> dict[str, ResourceEntry]:
    return {
        resource.id: resource
        for number, resource in parts.resources.items()
        if parts.knows(("resources", number), "id", "kind", "place")
        and (resource.place is None or resource.place in parts.ids["places"])
    }


def _meant(parts: Parts, service: ServiceEntry) -> list[str]:
    """Return the ids of the places at which it is offered, without those there are not."""
    known = parts.ids.get("places", ())
    return [name for name in places_meant(service.locations, known) if name in known]


def _unknown_resource(
    sound: Mapping[str, ResourceEntry], name: str, key: str, where: Place
) -> Finding:
    kind = _KINDS[key]
    others = [each.id for each in sound.values() if each.kind == kind.id]
    add = both(
        f"Add `- {{ id: {name}, name: ..., kind: {kind.id} }}` under resources.",
        f"Ergänzen Sie `- {{ id: {name}, name: ..., kind: {kind.id} }}` unter resources.",
    )
    return Finding(
        where,
        both(
            f"There is no {kind.english} `{name}`.",
            f"{kind.german_object} `{name}` gibt es nicht.",
        ),
        nearest(name, others, add),
    )


def _other_kind(name: str, key: str, where: Place) -> Finding:
    other = "equipment" if key == "rooms" else "rooms"
    kind = _KINDS[key]
    return Finding(
        where,
        both(f"`{name}` is no {kind.english}.", f"`{name}` ist kein {kind.german}."),
        both(
            f"Move it to {other}, or change its kind under resources.",
            f"Verschieben Sie es nach {other} oder ändern Sie kind unter resources.",
        ),
    )


def _out_of_place(
    sound: Mapping[str, ResourceEntry], service: ServiceEntry, places: Sequence[str], where: Place
) -> Iterator[Finding]:
    for key, names in (("rooms", service.rooms), ("equipment", service.equipment)):
        for number, name in enumerate(names):
            stands_at = sound[name].place if name in sound else None
            if stands_at is not None and stands_at not in places:
                yield Finding(
                    (*where, key, number),
                    both(
                        f"`{name}` stands at `{stands_at}`, where `{service.id}` is not offered.",
                        f"`{name}` steht in `{stands_at}`; dort gibt es `{service.id}` nicht.",
                    ),
                    both(
                        f"Add {stands_at} to locations, or choose another.",
                        f"Ergänzen Sie {stands_at} unter locations oder wählen Sie anders.",
                    ),
                )


def _rooms_missing(
    sound: Mapping[str, ResourceEntry], service: ServiceEntry, places: Sequence[str], where: Place
) -> Iterator[Finding]:
    """Yield the places where nothing could ever be booked for want of a room or a thing."""
    if not all(name in sound for name in (*service.rooms, *service.equipment)):
        return
    rooms = {sound[name].place for name in service.rooms}
    for place in places:
        if rooms and not rooms & {None, place} and rooms & set(places):
            yield _none_there(service, place, (*where, "rooms"))
        for number, name in enumerate(service.equipment):
            stands_at = sound[name].place
            if stands_at in places and stands_at != place:
                yield _none_there(service, place, (*where, "equipment", number))


def _none_there(service: ServiceEntry, place: str, where: Place) -> Finding:
    kind = _KINDS["rooms" if "rooms" in where else "equipment"]
    return Finding(
        where,
        both(
            f"`{service.id}` can never be booked at `{place}`: its {kind.english} stands "
            "elsewhere.",
            f"`{service.id}` ist in `{place}` nie buchbar: {kind.german_object} dazu gibt es nur "
            "anderswo.",
        ),
        both(
            f"Remove {place} from locations, or add what is needed there.",
            f"Streichen Sie {place} unter locations oder ergänzen Sie dort, was nötig ist.",
        ),
    )


def _sites(parts: Parts, member: StaffEntry, where: Place) -> Iterator[Finding]:
    known = parts.ids.get("places", ())
    for number, name in enumerate(member.sites):
        if name not in known:
            yield _unknown_place(parts, name, (*where, "sites", number))
    for name in dict.fromkeys(member.work_places.values()):
        if name != HOME and name not in known:
            yield _unknown_place(parts, name, (*where, "work_places"), (HOME,))
        elif name != HOME and member.sites and name not in member.sites:
            yield _outside_of_sites(member, name, (*where, "work_places"))


def _outside_of_sites(member: StaffEntry, name: str, where: Place) -> Finding:
    days = ", ".join(DAYS[day] for day, place in member.work_places.items() if place == name)
    allowed = ", ".join((*member.sites, HOME))
    return Finding(
        where,
        both(
            f"{days}: `{name}` is not among the sites of {member.name}.",
            f"{days}: `{name}` gehört nicht zu den sites von {member.name}.",
        ),
        both(
            f"Add {name} to sites, or write one of: {allowed}.",
            f"Ergänzen Sie {name} unter sites oder schreiben Sie eines von: {allowed}.",
        ),
    )
