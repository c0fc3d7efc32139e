"""The use cases. Pure but for the ports a Desk is given."""

from scheduling.desk.booking import Desk
from scheduling.desk.cancelling import cancel_until
from scheduling.desk.finding import Finder
from scheduling.desk.moving import is_movable, move_until
from scheduling.desk.search import HoldOrder, Offer, Search

__all__ = [
    "Desk",
    "Finder",
    "HoldOrder",
    "Offer",
    "Search",
    "cancel_until",
    "is_movable",
    "move_until",
]
