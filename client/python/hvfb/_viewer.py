"""Viewers: what a display shows."""

from __future__ import annotations

import ctypes
import errno
from typing import TYPE_CHECKING, Any, AsyncIterator

from . import _library
from ._asyncio import readable
from ._errors import checked
from ._handle import Deadline, Handle, tight
from ._library import lib
from ._memory import check_format
from ._opened import Opened
from ._pictures import array_of, as_array, rgb_image_of
from ._values import Rect, ViewerFrame

if TYPE_CHECKING:
    from PIL import Image

    from ._pictures import Pixels


class Viewer(Opened):
    """A view of what a display shows. It counts as somebody looking.

    :param display: such as ``"display1"``; left out: ``$HVFB_DISPLAY``, else ``"display0"``
    :param bus: ``"system"``, ``"session"`` or a D-Bus address; left out: ``$HVFB_BUS``, else ``"system"``
    :raises Error: ``EACCES``: neither root nor in group hvfbd-view; others as hvfb_viewer_open(3)

    It is closed as a :class:`Surface` is, and views of its pixels stay in the same way. Any thread may call any method.
    """

    def __init__(self, *, display: str | None = None, bus: str | None = None) -> None:
        super().__init__(Handle("viewer", {"bus": bus, "display": display}, False))

    def close(self) -> None:
        """Once more does nothing. Who waits in another thread stops waiting, with ValueError."""
        super().close()

    def pixels(self) -> memoryview:
        """The bytes of all rows, ``stride`` each: blue, green, red and an ignored one a pixel. Read-only; it changes as the
        display does, and is another after a frame that has ``mode_changed``."""
        return self._handle.view()

    def copy(self) -> bytes:
        """A copy of the pixels, four bytes each, with nothing between the rows."""
        return tight(self.pixels(), self.layout)

    def array(self) -> Pixels:
        """The pixels as a NumPy array of bytes, (height, width, 4): blue, green, red, ignored. Read-only, without a copy."""
        check_format(self.layout)
        return array_of(self.pixels(), self.layout)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return as_array(self.array(), dtype, copy)

    def image(self) -> Image.Image:
        """A copy of the picture as a Pillow image of mode RGB."""
        check_format(self.layout)
        return rgb_image_of(self.pixels(), self.layout)

    def fileno(self) -> int:
        """A descriptor that is readable when :meth:`wait` would return at once. It is libhvfb's."""
        return self._handle.fileno()

    def wait(self, timeout: float | None = None) -> ViewerFrame | None:
        """Waits for something new, ``timeout`` seconds at most. None: there was nothing. The first time it is the whole picture.

        :raises Error: ``ENOTCONN``: the daemon closed it, or has ended for good: open another when it is back
        :raises ValueError: it is closed, also by another thread meanwhile"""
        deadline = Deadline(timeout)
        while True:
            frame = self._next()
            left = deadline.left()
            if frame is not None or left == 0:
                return frame
            self._handle.wait_readable(left)

    async def frames(self) -> AsyncIterator[ViewerFrame]:
        """What is new, for ``async for`` in one place of the program. Ends when the viewer is closed.

        :raises Error: as :meth:`wait`"""
        while not self.closed:
            try:
                frame = self._next()
                if frame is None:
                    await readable(self._handle)
            except ValueError:  # closed, by another thread
                return
            if frame is not None:
                yield frame

    def _next(self) -> ViewerFrame | None:
        frame = _library.ViewerFrame()
        with self._handle.changing() as pointer:
            result = lib.hvfb_viewer_wait(pointer, 0, ctypes.byref(frame))
            if result == -errno.ETIME:
                return None
            self._handle.places.raise_failure()
            checked(result)
            # They are libhvfb's until the next call.
            rects = tuple(Rect(rect.x, rect.y, rect.width, rect.height) for rect in frame.rects[:frame.count])
        return ViewerFrame(frame.frame, frame.time, rects, result == 1)
