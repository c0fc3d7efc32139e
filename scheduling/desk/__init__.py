"""The use cases. Pure but for the ports a Desk is given."""

from scheduling.desk.booking import Desk, HoldOrder, Offer, Search

__all__ = ["Desk", "HoldOrder", "Offer", "Search"]
