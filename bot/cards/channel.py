"""One tree, rewritten per channel: Teams gets Action.Execute, the web chat Action.Submit."""

from collections.abc import Mapping

from bot.cards.elements import Node

TEAMS = "msteams"


def for_channel(node: Node, channel: str) -> Node:
    """Return the card as the channel needs it; actions in chips and sub-cards included."""
    return {key: _rewritten(value, channel) for key, value in _own(node, channel).items()}


def _rewritten(value: object, channel: str) -> object:
    if isinstance(value, dict):
        return for_channel(value, channel)
    if isinstance(value, list):
        return [_rewritten(each, channel) for each in value]
    return value


def _own(node: Node, channel: str) -> Node:
    content = node.get("data")
    if channel != TEAMS or node.get("type") != "Action.Submit" or not isinstance(content, Mapping):
        return node
    if "fallback" in node:
        return node
    # the fallback is left as it is: it has no fallback of its own
    fallback = {**node, "fallback": "drop"}
    return {**node, "type": "Action.Execute", "verb": content["verb"], "fallback": fallback}
