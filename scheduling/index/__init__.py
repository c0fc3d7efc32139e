"""Who could begin when, kept as integers used as bitsets. It proposes; the store decides."""

from scheduling.index.index import AvailabilityIndex
from scheduling.index.slot_class import SlotClass, slot_class
from scheduling.index.standing import Failure, Standing
from scheduling.index.view import View

__all__ = [
    "AvailabilityIndex",
    "Failure",
    "SlotClass",
    "Standing",
    "View",
    "slot_class",
]
