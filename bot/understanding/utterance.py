"""What one message said, whatever it came as: text, a card's button or a form.

Values that arrive from a card are as the client sent them: forged until conversation checks them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bot.understanding.wish import Wish


class Intent(StrEnum):
    """What the customer wants to do, as far as this message says."""

    NONE = "none"
    BOOK = "book"
    HELP = "help"
    STOP = "stop"
    START_OVER = "start_over"
    BACK = "back"
    LIST = "list"
    CANCEL_BOOKING = "cancel_booking"
    RESCHEDULE = "reschedule"
    HUMAN = "human"
    PRIVACY = "privacy"
    LANGUAGE = "language"
    GREET = "greet"
    THANKS = "thanks"
    GOODBYE = "goodbye"
    YES = "yes"
    NO = "no"
    OTHER_SERVICE = "other_service"
    OTHER_TIME = "other_time"
    OTHER_STAFF = "other_staff"
    EARLIER = "earlier"
    LATER = "later"
    EXTEND_HOLD = "extend_hold"
    EDIT_DETAILS = "edit_details"
    WHY_NOT = "why_not"
    WAIT_LIST = "wait_list"
    RETHINK = "rethink"
    """Something is to be different; what, is not said."""
    PRICE = "price"
    LENGTH = "length"
    PLACE = "place"
    OPENING = "opening"
    CANCEL_TERMS = "cancel_terms"
    BOT_CHALLENGE = "bot_challenge"
    OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed button or submitted form: `verb` and its remaining values, all untrusted."""

    verb: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Utterance:
    """Everything one message said; each field empty where it said nothing of it."""

    text: str = ""
    press: Press | None = None
    intent: Intent = Intent.NONE
    wish: Wish = field(default_factory=Wish)
    service_ids: tuple[str, ...] = ()
    """Best first; more than one = too close to call, ask."""
    staff_ids: tuple[str, ...] = ()
    excluded_staff_ids: tuple[str, ...] = ()
    any_staff: bool = False
    location_ids: tuple[str, ...] = ()
    """Places of the business that are named."""
    way: str = ""
    """How they want to meet: teams, phone, place; empty = not said."""
    choice: int | None = None
    """Position in the offered list, from 1; -1 = the last."""
    name: str = ""
    email: str = ""
    phone: str = ""
    language: str | None = None
    """`de` or `en` where the message tells; else None."""
    duration_minutes: int | None = None
    people: int | None = None
    """How many come, where it is said and more than one."""
    dont_care: bool = False
    """"Egal": the dimension asked for is open."""
    missing_days: tuple[str, ...] = ()
    """Dates that no calendar has, as they were written; the wish leaves them out."""
    adds: bool = False
    """The wish begins with "oder": one more alternative, nothing is replaced."""
