"""What a saved state keeps of those who follow, line by line; a later line wins."""

from dataclasses import dataclass
from typing import Literal

from graph.emulator.event import Event
from graph.emulator.journal import Change, Journal
from graph.emulator.subscription import Subscription


@dataclass(frozen=True, slots=True)
class Begun:
    """A record of changes as it was then."""

    mailbox: str
    journal: Journal
    kind: Literal["journal"] = "journal"


@dataclass(frozen=True, slots=True)
class Noted:
    """One more change in a record; `series` is the item since then, if it is one."""

    mailbox: str
    change: Change
    series: Event | None
    kind: Literal["change"] = "change"


@dataclass(frozen=True, slots=True)
class Lost:
    """A record that is no more, None for all."""

    mailbox: str | None
    kind: Literal["lost"] = "lost"


@dataclass(frozen=True, slots=True)
class Held:
    """A subscription as it is since then."""

    subscription: Subscription
    kind: Literal["subscription"] = "subscription"


@dataclass(frozen=True, slots=True)
class Ended:
    """A subscription that is no more."""

    id: str
    kind: Literal["ended"] = "ended"


@dataclass(frozen=True, slots=True)
class Season:
    """Which weeks the seed filled: another season brings events that no record knows."""

    name: str
    kind: Literal["season"] = "season"


SyncLine = Begun | Noted | Lost | Held | Ended | Season
