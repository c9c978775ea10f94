"""Lists of displays."""

from __future__ import annotations

import ctypes
from ctypes import POINTER

from . import _library
from ._handle import Options
from ._library import lib
from ._values import Display, Mode


def displays(bus: str | None = None) -> list[Display]:
    """The displays of the daemon, ``display0`` first.

    :raises Error: ``EHOSTUNREACH``: no daemon runs, and this starts none; ``EACCES``: neither root nor in group video,
        hvfbd-view or hvfbd-input; others as hvfb_displays_list(3)"""
    options = Options(bus=bus)
    listed = POINTER(POINTER(_library.Display))()
    count = options.check(lib.hvfb_displays_list(ctypes.byref(listed), ctypes.byref(options.struct)))
    try:
        return [_value(listed[number].contents) for number in range(count)]
    finally:
        lib.hvfb_displays_free(listed)


def _value(display: _library.Display) -> Display:
    modes = tuple(Mode(mode.width, mode.height) for mode in display.modes[:display.mode_count])
    return Display(display.name.decode(), display.output.decode(), Mode(display.width, display.height), display.format,
                   bool(display.visible), modes)
