"""The use cases. Pure but for the ports a Desk is given."""

from scheduling.desk.booking import Desk
from scheduling.desk.calendar_changes import Change, Following, change_of
from scheduling.desk.cancelling import cancel_until
from scheduling.desk.finding import Finder
from scheduling.desk.moving import is_movable, move_until
from scheduling.desk.search import HoldOrder, Offer, Search

__all__ = [
    "Change",
    "Desk",
    "Finder",
    "Following",
    "HoldOrder",
    "Offer",
    "Search",
    "cancel_until",
    "change_of",
    "is_movable",
    "move_until",
]
