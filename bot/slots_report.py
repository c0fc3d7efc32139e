"""Slots and reasons as JSON and as lines for a terminal. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from scheduling.booking import Slot, staff_resource
from scheduling.catalog import Business, Service
from scheduling.desk import Offer
from scheduling.explain import Explanation, Reason

Failing = Mapping[str, tuple[str, str]]
"""Resource -> code and since when."""


def as_json(
    business: Business,
    service: Service,
    offer: Offer,
    explanations: Iterable[Explanation],
    failing: Failing,
) -> dict[str, object]:
    """Return `{"service", "zone", "slots", "unknown", "explain"}`; times in UTC and local."""
    return {
        "service": service.id,
        "zone": business.zone.key,
        "slots": [_slot(slot, business.zone) for slot in offer.slots],
        "unknown": _unknown(business, offer, failing),
        "explain": [
            _explained(reason, explanation, business)
            for explanation in explanations
            if not explanation.free
            for reason in explanation.reasons
        ],
    }


def _slot(slot: Slot, zone: ZoneInfo) -> dict[str, object]:
    return {
        "start": utc(slot.span.start),
        "end": utc(slot.span.end),
        "start_local": local(slot.span.start, zone),
        "end_local": local(slot.span.end, zone),
        "staff": list(slot.staff_ids),
        "room": slot.room_id or None,
    }


def _unknown(business: Business, offer: Offer, failing: Failing) -> list[dict[str, object]]:
    units = {unit: resource for resource in business.resources for unit in resource.unit_ids}
    found: list[dict[str, object]] = []
    for name, why in offer.unknown.items():
        is_unit = name in units
        resource = name if is_unit else staff_resource(name)
        mailbox = units[name].mailbox if is_unit else business.staff_member(name).mailbox
        _, since = failing.get(resource, ("", ""))
        found.append(
            {
                "staff": None if is_unit else name,
                "resource": resource,
                "mailbox": mailbox,
                "why": why,
                "since": since or None,
            }
        )
    return found


def _explained(reason: Reason, explanation: Explanation, business: Business) -> dict[str, object]:
    return {
        "start": utc(explanation.start),
        "start_local": local(explanation.start, business.zone),
        "staff": reason.staff_id or None,
        "why": str(reason.why),
        "facts": dict(reason.facts),
    }


def as_lines(
    business: Business,
    service: Service,
    offer: Offer,
    explanations: Sequence[Explanation],
    failing: Failing,
) -> list[str]:
    """Return the same for a terminal, times on the clock of the business."""
    zone = business.zone
    lines = [f"{service.name.in_language(business.language)} ({service.id}), times in {zone.key}"]
    lines += [_slot_line(slot, zone) for slot in offer.slots] or ["no slots"]
    for entry in _unknown(business, offer, failing):
        since = f", since {entry['since']}" if entry["since"] else ""
        who = entry["staff"] or entry["resource"]
        lines.append(f"not offered: {who} ({entry['mailbox']}): {entry['why']}{since}")
    if explanations:
        lines.append("")
    for each in explanations:
        lines += _reason_lines(each, zone)
    return lines


def _slot_line(slot: Slot, zone: ZoneInfo) -> str:
    start, end = slot.span.start.astimezone(zone), slot.span.end.astimezone(zone)
    room = f"  [{slot.room_id}]" if slot.room_id else ""
    return f"{start:%a %Y-%m-%d %H:%M}-{end:%H:%M}  {', '.join(slot.staff_ids)}{room}"


def _reason_lines(explanation: Explanation, zone: ZoneInfo) -> list[str]:
    start = f"{explanation.start.astimezone(zone):%a %Y-%m-%d %H:%M}"
    if explanation.free:
        return [f"{start}  free: {', '.join(explanation.free)}"]
    return [f"{start}  {reason_line(reason)}" for reason in explanation.reasons]


def reason_line(reason: Reason) -> str:
    """Return the reason as staff read it: who, the rule, its facts."""
    facts = ", ".join(f"{name} {value}" for name, value in reason.facts.items() if value)
    who = f"{reason.staff_id}: " if reason.staff_id else ""
    return f"{who}{reason.why}" + (f" ({facts})" if facts else "")


def utc(moment: datetime) -> str:
    """Return ISO 8601 in UTC, with Z."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def local(moment: datetime, zone: ZoneInfo) -> str:
    """Return ISO 8601 on the clock there, with its offset."""
    return moment.astimezone(zone).isoformat()
