"""Every text a customer reads, in German (Sie or du) and English, and the formats of both."""

from bot.texts import formats
from bot.texts.addressing import addressed, language_for
from bot.texts.catalogue import INFORMAL_GERMAN, LANGUAGES, keys, language_of, text

__all__ = [
    "INFORMAL_GERMAN",
    "LANGUAGES",
    "addressed",
    "formats",
    "keys",
    "language_for",
    "language_of",
    "text",
]
