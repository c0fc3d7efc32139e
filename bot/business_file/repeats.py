"""Names that stand twice where each may stand once."""

from collections.abc import Mapping

from bot.business_file.problems import Finding, Place, both


def repeated(names: Mapping[int, str]) -> list[int]:
    """Return the positions of names that stood before."""
    first: dict[str, int] = {}
    return [number for number, name in names.items() if first.setdefault(name, number) != number]


def used_twice(place: Place, name: str) -> Finding:
    """Return that a name which must be one entry's own is another's as well."""
    return Finding(
        place,
        both(f"`{name}` is used twice.", f"`{name}` ist zweimal vergeben."),
        both("Give each entry its own.", "Geben Sie jedem Eintrag einen eigenen Wert."),
    )
