"""Texts by key from the .po catalogues; keys are words of the domain, values plain text."""

from functools import cache
from importlib.resources import files
from io import BytesIO

from babel.messages.pofile import read_po

LANGUAGES = ("de", "en")
INFORMAL_GERMAN = "de@du"
"""Variant of German, as gettext writes one: what it does not say is said as in German."""


def language_of(locale: str) -> str:
    """Return the language we answer a locale in."""
    return "de" if locale.lower().startswith("de") else "en"


def text(key: str, language: str, **values: str) -> str:
    """Return the text with its values filled in; raises KeyError for an unknown key.

    Values are inserted as they are: whoever renders them escapes them for the medium.
    """
    return _texts(language)[key].format(**values)


def keys(language: str) -> dict[str, str]:
    """Return all texts of a language by key."""
    return dict(_texts(language))


def _texts(language: str) -> dict[str, str]:
    if language == INFORMAL_GERMAN:
        return _informal()
    return _catalogue(language_of(language))


@cache
def _informal() -> dict[str, str]:
    return {**_catalogue("de"), **_catalogue(INFORMAL_GERMAN)}


@cache
def _catalogue(language: str) -> dict[str, str]:
    source = files("bot.texts") / language / "LC_MESSAGES" / "terminbot.po"
    return {
        str(message.id): str(message.string)
        for message in read_po(BytesIO(source.read_bytes()))
        if message.id
    }
