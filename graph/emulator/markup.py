"""Builds HTML in which every text is escaped unless it was built here."""

import html
from importlib.resources import files


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


_EMPTY = frozenset({"meta", "link", "input", "br"})


def el(tag: str, /, *children: str, **attributes: str | bool | None) -> Html:
    """Return an element; `cls`, `for_` and the like stand for reserved words."""
    shown = "".join(_attribute(k, v) for k, v in attributes.items() if v not in {None, False})
    if tag in _EMPTY:
        return Html(f"<{tag}{shown}>")
    return Html(f"<{tag}{shown}>{join(*children)}</{tag}>")


def _attribute(key: str, value: str | bool | None) -> str:
    name = {"cls": "class"}.get(key, key.rstrip("_").replace("_", "-"))
    return f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'


def join(*children: str) -> Html:
    """Return the children one after the other, plain ones escaped."""
    return Html("".join(c if isinstance(c, Html) else html.escape(c) for c in children))


def style_sheet() -> str:
    """Return the one style sheet of the pages."""
    return (files("graph.emulator") / "static" / "style.css").read_text(encoding="utf-8")
