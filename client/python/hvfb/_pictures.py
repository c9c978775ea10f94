"""Pixels as NumPy and Pillow have them. Both are imported when they are asked for, and needed for nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._handle import tight
from ._values import Layout

if TYPE_CHECKING:
    import numpy
    from PIL import Image

    Pixels = numpy.ndarray[Any, numpy.dtype[numpy.uint8]]


def array_of(view: memoryview, layout: Layout) -> Pixels:
    import numpy

    # It holds the view, and so the memory.
    rows = numpy.asarray(view).reshape(layout.height, layout.stride)
    pixels: Pixels = rows[:, :layout.width * 4].reshape(layout.height, layout.width, 4)
    return pixels


def as_array(pixels: Pixels, dtype: Any, copy: bool | None) -> Any:
    """What NumPy asks of __array__."""
    import numpy

    if dtype is not None and numpy.dtype(dtype) != pixels.dtype:
        if copy is False:
            raise ValueError(f"pixels are bytes: {dtype} needs a copy")
        return pixels.astype(dtype)
    return pixels.copy() if copy else pixels


def image_of(view: memoryview, layout: Layout) -> Image.Image:
    from PIL import Image

    image = Image.frombuffer("RGBX", (layout.width, layout.height), view, "raw", "RGBX", layout.stride, 1)
    # Otherwise the first change would copy it.
    image.readonly = 0
    return image


def rgb_image_of(view: memoryview, layout: Layout) -> Image.Image:
    """A copy with the right colours."""
    from PIL import Image

    return Image.frombytes("RGB", (layout.width, layout.height), tight(view, layout), "raw", "BGRX")


def words_of(image: Image.Image) -> bytes:
    """Its pixels as a surface has them, row by row."""
    words: bytes = image.convert("RGB").tobytes("raw", "BGRX")
    return words
