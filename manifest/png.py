"""Just enough of PNG (RFC 2083) for two icons: 8-bit RGBA in, 8-bit RGBA out."""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGBA = 6
PIXEL = 4
LARGEST_SIDE = 1024


class PictureUnreadable(Exception):
    """No PNG, or of a kind that Teams icons do not need."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Rows of RGBA pixels, four bytes each."""

    width: int
    height: int
    pixels: bytes

    def colours(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield red, green, blue, alpha of every pixel."""
        for offset in range(0, len(self.pixels), PIXEL):
            red, green, blue, alpha = self.pixels[offset : offset + PIXEL]
            yield red, green, blue, alpha


def write_png(picture: Picture) -> bytes:
    """Return the file; the same picture always gives the same bytes."""
    stride = picture.width * PIXEL
    rows = (picture.pixels[i : i + stride] for i in range(0, len(picture.pixels), stride))
    header = struct.pack(">IIBBBBB", picture.width, picture.height, 8, RGBA, 0, 0, 0)
    body = zlib.compress(b"".join(b"\x00" + row for row in rows), 9)
    return SIGNATURE + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def read_png(content: bytes) -> Picture:
    """Return the picture; PictureUnreadable for anything but 8-bit RGBA of up to 1024 pixels."""
    chunks = list(_chunks(content))
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13:
        raise PictureUnreadable("it is no PNG")
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[0][1])
    if (depth, colour, rest) != (8, RGBA, [0, 0, 0]):
        raise PictureUnreadable("it is no PNG with 8-bit colours and transparency (RGBA)")
    if not (0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE):
        raise PictureUnreadable("it is larger than 1024 pixels")
    size = height * (width * PIXEL + 1)
    try:
        raw = zlib.decompressobj().decompress(
            b"".join(body for kind, body in chunks if kind == b"IDAT"), size + 1
        )
    except zlib.error:
        raise PictureUnreadable("its content is damaged") from None
    if len(raw) != size:
        raise PictureUnreadable("its content is damaged")
    return Picture(width, height, _unfiltered(raw, width * PIXEL))


def _chunk(kind: bytes, body: bytes) -> bytes:
    check = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not content.startswith(SIGNATURE):
        return
    offset = len(SIGNATURE)
    while offset + 12 <= len(content):
        (length,) = struct.unpack(">I", content[offset : offset + 4])
        yield content[offset + 4 : offset + 8], content[offset + 8 : offset + 8 + length]
        offset += length + 12


def _unfiltered(raw: bytes, stride: int) -> bytes:
    before = bytes(stride)
    rows: list[bytes] = []
    for offset in range(0, len(raw), stride + 1):
        kind, row = raw[offset], bytearray(raw[offset + 1 : offset + 1 + stride])
        if kind > 4:
            raise PictureUnreadable("its content is damaged")
        for i in range(stride if kind else 0):
            left = row[i - PIXEL] if i >= PIXEL else 0
            corner = before[i - PIXEL] if i >= PIXEL else 0
            row[i] = (row[i] + _predicted(kind, left, before[i], corner)) % 256
        before = bytes(row)
        rows.append(before)
    return b"".join(rows)


def _predicted(kind: int, left: int, above: int, corner: int) -> int:
    """Return what filter 0 to 4 takes for granted (RFC 2083, section 6)."""
    guess = left + above - corner
    nearest = min((left, above, corner), key=lambda value: abs(guess - value))
    return (0, left, above, (left + above) // 2, nearest)[kind]
