"""What the package's functions take and return: values, without libhvfb."""

from __future__ import annotations

import enum
import operator
import re
from dataclasses import dataclass
from typing import NamedTuple, SupportsIndex, Tuple, Union, cast


class Event(enum.IntFlag):
    """What happened to a surface. Several may have happened at once."""

    VISIBLE = 1
    """Whether somebody sees it changed: see :meth:`Surface.is_shown`."""
    CONFIGURE = 2
    """The display has another mode: :meth:`Surface.configure` takes it."""
    PRESENTED = 4
    """A frame that was asked for was answered: see :meth:`Surface.wait_frame`."""
    REVOKED = 8
    """It was closed from outside. Nothing more is shown."""
    LOST = 16
    """The daemon is gone. What is drawn is shown when it is back, and BACK comes."""
    GAVE_UP = 32
    """The daemon refuses to open it again: :attr:`Surface.error` says why."""
    BACK = 64
    """It was lost, and is there again."""


class Format(enum.IntEnum):
    """DRM formats. A later daemon may have others."""

    XRGB8888 = 0x34325258
    """Four bytes a pixel: blue, green, red, and one that is ignored."""


class Mode(NamedTuple):
    """Pixels."""

    width: int
    height: int


class Rect(NamedTuple):
    """Pixels. What lies outside the surface is left out."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Layout:
    """How pixels lie in memory."""

    width: int
    """Pixels."""
    height: int
    stride: int
    """Bytes from one row to the next; not always ``width * 4``."""
    format: int
    """A DRM format: see :class:`Format`."""

    @property
    def mode(self) -> Mode:
        return Mode(self.width, self.height)

    def clip(self, rect: RectLike) -> Rect:
        """The part of it that lies on the picture; without width or height if none does."""
        x, y, width, height = rect_of(rect)
        left, top = max(x, 0), max(y, 0)
        right, bottom = min(x + width, self.width), min(y + height, self.height)
        if left >= right or top >= bottom:
            return Rect(0, 0, 0, 0)
        return Rect(left, top, right - left, bottom - top)


@dataclass(frozen=True)
class Presentation:
    """How a frame was answered that was asked for."""

    frame: int
    time: int
    """Nanoseconds of the daemon's CLOCK_MONOTONIC."""
    shown: bool
    """False: hidden, another surface is active, or the screen took nothing for a second."""


@dataclass(frozen=True)
class Display:
    """A display of the daemon."""

    name: str
    output: str
    """What shows it: memory, uio, drm, hyperv."""
    mode: Mode
    format: int
    visible: bool
    """Somebody looks at it."""
    modes: Tuple[Mode, ...]
    """What its screen offers, the preferred one first; empty: any mode that fits."""


@dataclass(frozen=True)
class ViewerFrame:
    """What a viewer was told is new."""

    frame: int
    """Grows, not always by one."""
    time: int
    """Nanoseconds of the daemon's CLOCK_MONOTONIC."""
    rects: Tuple[Rect, ...]
    """What changed since the last one."""
    mode_changed: bool
    """The pixels are others, of another layout; those from before stay as they are."""


RectLike = Union[Rect, Tuple[int, int, int, int]]
Color = Union[int, SupportsIndex, str, Tuple[int, int, int]]


def rect_of(rect: RectLike) -> Rect:
    """In Python's integers: NumPy's have few bits, and the sum of two has no more."""
    return Rect(*map(operator.index, rect))


def pixel(color: Color) -> int:
    """0xRRGGBB of a colour: an integer of that form, ``"#rrggbb"``, or ``(red, green, blue)`` of 0 to 255 each."""
    if isinstance(color, str):
        if not re.fullmatch(r"#[0-9a-fA-F]{6}", color):
            raise ValueError(f"a colour is written #rrggbb, and not {color!r}")
        return int(color[1:], 16)
    try:
        # NumPy's integers are no int. Its arrays say that they have an index, too.
        value = operator.index(cast(SupportsIndex, color))
    except TypeError:
        red, green, blue = map(operator.index, cast(Tuple[int, int, int], color))
    else:
        if not 0 <= value <= 0xFFFFFFFF:
            raise ValueError(f"a colour is 0xRRGGBB, and not {value:#x}")
        return value
    if not all(0 <= part <= 255 for part in (red, green, blue)):
        raise ValueError(f"the parts of a colour are 0 to 255: {color!r}")
    return red << 16 | green << 8 | blue


def ink(color: Color) -> Tuple[int, int, int]:
    """The same for drawing on :meth:`Surface.image`, whose pixels begin with blue: ``(blue, green, red)``."""
    value = pixel(color)
    return value & 255, value >> 8 & 255, value >> 16 & 255
