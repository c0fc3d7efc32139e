"""Every text a customer reads, in German (Sie) and English, and the formats of both languages."""

from bot.texts import formats
from bot.texts.catalogue import LANGUAGES, keys, language_of, text

__all__ = ["LANGUAGES", "formats", "keys", "language_of", "text"]
