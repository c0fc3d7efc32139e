"""Long lists on the pages: a search field, one page at a time, links to the others."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from graph.emulator.markup import Html, el, join
from graph.emulator.page_texts import TEXTS

MOST_ROWS = 25
"""Lists up to this length are shown whole, without a search field."""
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the address of the page asks for."""

    text: str = ""
    page: int = 1

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Wanted":
        """Read it; what makes no sense is the first page of everything."""
        number = query.get("page", "")
        page = int(number[:6]) if number.isascii() and number.isdigit() else 1
        return cls(query.get("q", "").strip()[:200], max(page, 1))

    def as_query(self, **more: str) -> str:
        """Return the address with other parameters besides."""
        page = {"page": str(self.page)} if self.page > 1 else {}
        return "?" + urlencode({**({"q": self.text} if self.text else {}), **page, **more})


@dataclass(frozen=True, slots=True)
class Listed(Generic[_Row]):
    """One page of what was found."""

    rows: Sequence[_Row]
    found: int
    wanted: Wanted
    is_long: bool

    def search(self, action: str, lang: str, **kept: str) -> Html:
        """Return the search field, how much was found, and the links; nothing for a short list."""
        if not self.is_long:
            return Html("")
        words, kept = TEXTS[lang], {**kept, "lang": lang}
        hidden = [el("input", type="hidden", name=k, value=v) for k, v in kept.items()]
        field = el("input", type="search", name="q", value=self.wanted.text)
        label = el("label", words["search"], " ", field)
        button = el("button", words["find"])
        form = el("form", *hidden, label, button, method="get", action=action, role="search")
        return join(form, self._position(action, kept))

    def _position(self, action: str, kept: Mapping[str, str]) -> Html:
        words = TEXTS[kept["lang"]]
        if not self.rows:
            return el("p", words["found_none"], role="status")
        first = (self.wanted.page - 1) * MOST_ROWS + 1
        text = f"{first}–{first + len(self.rows) - 1} {words['of']} {self.found}"
        pages = -(-self.found // MOST_ROWS)
        others = (("page_before", self.wanted.page - 1), ("page_after", self.wanted.page + 1))
        links = [
            el("a", words[name], href=action + Wanted(self.wanted.text, page).as_query(**kept))
            for name, page in others
            if 1 <= page <= pages
        ]
        return el("div", el("span", text, role="status"), *links, cls="steps")


def listed(rows: Sequence[_Row], wanted: Wanted, words_of: Callable[[_Row], str]) -> Listed[_Row]:
    """Return the page wanted of the rows whose words hold what is searched, the last if beyond."""
    is_long, text = len(rows) > MOST_ROWS, wanted.text.casefold()
    found = [r for r in rows if text in words_of(r).casefold()] if is_long and text else rows
    pages = max(-(-len(found) // MOST_ROWS), 1)
    page = min(wanted.page, pages)
    shown = found[(page - 1) * MOST_ROWS : page * MOST_ROWS]
    return Listed(shown, len(found), Wanted(wanted.text, page), is_long)
