"""Draw on a display of hvfbd, and look at one.

::

    import hvfb

    with hvfb.Surface() as surface:
        surface.array()[..., 2] = 255      # NumPy: everything red; that is all, it will be seen
        surface.present()

A surface's pixels are memory: what is stored there is shown. ``pixels()`` has them as a memoryview, ``array()`` as a NumPy
array, ``image()`` as a Pillow image; ``paste()`` draws a Pillow image. The manual page hvfb(3) describes libhvfb.so.1, which
this package calls; docs/python.md has examples.
"""

from ._displays import displays
from ._errors import Error
from ._library import lib as _lib
from ._surface import Surface
from ._values import (Color, Display, Event, Format, Layout, Mode, Presentation, Rect, RectLike, ViewerFrame, ink,
                      pixel)
from ._viewer import Viewer

__all__ = ["Color", "Display", "Error", "Event", "Format", "Layout", "Mode", "Presentation", "Rect", "RectLike", "Surface",
           "Viewer", "ViewerFrame", "displays", "ink", "pixel", "version"]


def version() -> str:
    """The version of the libhvfb that the program runs with, such as ``"0.1.0"``."""
    return bytes(_lib.hvfb_version()).decode()
