"""Many points as one picture: a browser moves a picture smoothly, however many points are in it."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_SIDE = 1_400
"""Pixels of the picture, which is a square."""
_RADIUS = 3
"""Pixels."""


def picture(
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    levels: NDArray[np.integer],
    colours: Sequence[str],
    opacity: float,
    bound: float,
) -> str:
    """Points as a PNG picture with a palette (ISO/IEC 15948), in a data URI; the first ones are on top.

    Parameters
    ----------
    x, y : arrays, shape (n,)
        From -bound to bound, which are the edges of the picture.
    levels : int array, shape (n,)
        Which of the colours each point has.
    colours : sequence of str
        Such as "#0F766E", at most 255.
    opacity : float
        Of all points, 0 to 1.
    """
    pixels = np.zeros((_SIDE, _SIDE), dtype=np.uint8)  # 0 is the empty background
    across = _places(x, bound)[::-1]
    down = _SIDE - 1 - _places(y, bound)[::-1]
    codes = (levels[::-1] + 1).astype(np.uint8)
    steps = range(-_RADIUS, _RADIUS + 1)
    for right in steps:
        for below in steps:
            if right * right + below * below <= _RADIUS * _RADIUS:
                pixels[_inside(down + below), _inside(across + right)] = codes
    return f"data:image/png;base64,{base64.b64encode(_png(pixels, colours, opacity)).decode()}"


def _places(values: NDArray[np.floating], bound: float) -> NDArray[np.int64]:
    return ((values.astype(np.float64) + bound) / (2 * bound) * _SIDE).astype(np.int64)


def _inside(places: NDArray[np.int64]) -> NDArray[np.int64]:
    return places.clip(0, _SIDE - 1)


def _png(pixels: NDArray[np.uint8], colours: Sequence[str], opacity: float) -> bytes:
    palette = b"\0\0\0" + b"".join(bytes.fromhex(colour.removeprefix("#")) for colour in colours)
    see_through = b"\0" + bytes([round(255 * opacity)]) * len(colours)
    lines = np.pad(pixels, ((0, 0), (1, 0)))  # each line begins with its filter: none
    parts = {
        b"IHDR": struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 3, 0, 0, 0),
        b"PLTE": palette,
        b"tRNS": see_through,
        b"IDAT": zlib.compress(lines.tobytes(), 6),
        b"IEND": b"",
    }
    chunks = (
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in parts.items()
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
