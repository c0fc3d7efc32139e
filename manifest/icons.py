"""Draws the two icons of the app: a calendar sheet with a tick. `python -m manifest.icons`."""

from collections.abc import Callable
from pathlib import Path

from manifest.png import Picture, write_png

ACCENT = (0x4F, 0x52, 0xB2)
_WHITE = (255, 255, 255)
_OVERSAMPLING = 4

Mark = Callable[[float, float], bool]
"""Whether a point of the unit square is covered."""


def colour_icon(size: int = 192) -> Picture:
    """Return white on the accent colour, without transparency."""
    return _drawn(size, lambda cover: (*_blend(cover), 255))


def outline_icon(size: int = 32) -> Picture:
    """Return white on transparent, as Teams wants it."""
    return _drawn(size, lambda cover: (*_WHITE, round(255 * cover)))


def _blend(cover: float) -> tuple[int, int, int]:
    red, green, blue = (
        round(w * cover + a * (1 - cover)) for w, a in zip(_WHITE, ACCENT, strict=True)
    )
    return red, green, blue


def _drawn(size: int, colour: Callable[[float], tuple[int, int, int, int]]) -> Picture:
    pixels = bytearray()
    for y in range(size):
        for x in range(size):
            pixels += bytes(colour(_cover(x, y, size)))
    return Picture(size, size, bytes(pixels))


def _cover(x: int, y: int, size: int) -> float:
    steps = [(i + 0.5) / _OVERSAMPLING for i in range(_OVERSAMPLING)]
    hits = sum(_is_inked((x + dx) / size, (y + dy) / size) for dx in steps for dy in steps)
    return hits / _OVERSAMPLING**2


def _is_inked(x: float, y: float) -> bool:
    sheet = _in_box(x, y, (0.16, 0.22, 0.84, 0.86)) and not _in_box(x, y, (0.24, 0.38, 0.76, 0.78))
    rings = _in_box(x, y, (0.30, 0.12, 0.38, 0.30)) or _in_box(x, y, (0.62, 0.12, 0.70, 0.30))
    return (
        sheet
        or rings
        or _near(x, y, (0.36, 0.57), (0.46, 0.67))
        or _near(x, y, (0.46, 0.67), (0.65, 0.48))
    )


def _in_box(x: float, y: float, box: tuple[float, float, float, float]) -> bool:
    left, top, right, bottom = box
    return left <= x <= right and top <= y <= bottom


def _near(x: float, y: float, start: tuple[float, float], end: tuple[float, float]) -> bool:
    """Tell whether a point lies on a stroke between two points."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = ((x - start[0]) * dx + (y - start[1]) * dy) / (dx * dx + dy * dy)
    along = min(1.0, max(0.0, along))
    away = (x - start[0] - along * dx) ** 2 + (y - start[1] - along * dy) ** 2
    return away <= 0.04**2


def main() -> None:
    """Write both files beside this one."""
    folder = Path(__file__).parent
    (folder / "color.png").write_bytes(write_png(colour_icon()))
    (folder / "outline.png").write_bytes(write_png(outline_icon()))


if __name__ == "__main__":
    main()
