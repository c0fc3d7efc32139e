"""What is wrong with a business file, in words a layman can act on, in German and English."""

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic_core import PydanticCustomError

from scheduling.catalog import LocalText

Place = tuple[str | int, ...]
"""Where in the file: keys and list positions, from the top."""

SAID = "said"
"""Type of the errors our own field types raise; they carry finished words."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A mistake and its cure; which line that is, the reader of the file knows."""

    place: Place
    reason: LocalText
    cure: LocalText


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: `line` from 1, `path` such as `services[2].minutes`."""

    file: str
    line: int
    path: str
    reason: LocalText
    cure: LocalText

    def in_words(self, language: str) -> str:
        """Return three lines: where, what is wrong, how to mend it."""
        where = f"{self.file}:{self.line}  {self.path}".rstrip()
        reason, cure = self.reason.in_language(language), self.cure.in_language(language)
        return f"{where}\n    {reason}\n    -> {cure}"

    def __str__(self) -> str:
        return self.in_words("en")


class BusinessFileInvalid(Exception):
    """A business file with mistakes; `problems` is the whole list."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def both(en: str, de: str) -> LocalText:
    """Return words in both languages."""
    return LocalText(de=de, en=en)


def refusal(reason: LocalText, cure: LocalText) -> PydanticCustomError:
    """Return what a field type raises to refuse a value in finished words."""
    return PydanticCustomError(SAID, "{en}", {"en": reason.en, "reason": reason, "cure": cure})


def dotted(place: Place) -> str:
    """Return `("services", 0, "price")` as `services[0].price`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".")
