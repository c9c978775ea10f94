"""Surfaces: what programs draw on."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import operator
from typing import TYPE_CHECKING, Any, AsyncIterator, Iterator

from . import _library
from ._asyncio import readable
from ._errors import Error, checked, drawn, error_of
from ._handle import Deadline, Handle
from ._library import lib
from ._memory import check_format, exported
from ._opened import Opened
from ._pictures import array_of, as_array, image_of, words_of
from ._values import Color, Event, Presentation, Rect, RectLike, pixel, rect_of

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer
    from PIL import Image

    from ._pictures import Pixels

# How long a wait for a frame keeps signal handlers, such as Control-C's, from running. The daemon answers sooner.
_SLICE = 100_000  # microseconds


def _c_rect(rect: Rect) -> _library.Rect:
    return _library.Rect(*rect)


class Surface(Opened):
    """A surface on a display of hvfbd. What is stored into its pixels is shown; nothing else need be called.

    :param name: what people see in lists, 1 to 64 bytes; the program's name if it is left out
    :param display: such as ``"display1"``; left out: ``$HVFB_DISPLAY``, else ``"display0"``
    :param bus: ``"system"``, ``"session"`` or a D-Bus address; left out: ``$HVFB_BUS``, else ``"system"``
    :param keep: the surface and its picture stay when the program goes; the next one of the same user and name starts from them
    :param untracked: stores are not noticed: :meth:`damage` says what was drawn
    :param background: below all surfaces that are opened without this, however new it is: shown while there is none of them
    :raises Error: ``EACCES``, ``EBUSY``, ``EHOSTUNREACH`` and so on, as hvfb_surface_open(3); ``strerror`` says what mends it

    It is closed by :meth:`close`, at the end of ``with``, when nobody has it any more, or when the program ends. Every method
    but those that say otherwise raises ValueError then, and :class:`Error` with ``ECHILD`` in a child after fork. Views of its
    pixels may be used for ever: they are memory of the program's then, which nobody sees. Any thread may call any method.
    """

    def __init__(self, name: str | None = None, *, display: str | None = None, bus: str | None = None, keep: bool = False,
                 untracked: bool = False, background: bool = False) -> None:
        flags = ((_library.OPEN_KEEP if keep else 0) | (_library.OPEN_UNTRACKED if untracked else 0)
                 | (_library.OPEN_BACKGROUND if background else 0))
        super().__init__(Handle("surface", {"bus": bus, "display": display, "name": name, "flags": flags}, True))
        self._untracked = untracked
        self._frames = 0

    def close(self) -> None:
        """Takes it off the display. Once more does nothing. A call of another thread that is under way ends first."""
        super().close()

    # ---- pixels

    def pixels(self) -> memoryview:
        """The bytes of all rows, ``stride`` each: blue, green, red and an ignored one a pixel. Writable.

        After :meth:`configure`, :meth:`reconnect` or :meth:`close` it is no more what is shown: ask for it again."""
        return self._handle.view()

    def array(self) -> Pixels:
        """The pixels as a NumPy array of bytes, (height, width, 4): blue, green, red, ignored. Stores into it are shown.

        ``array()[..., 2::-1]`` is (height, width, 3) of red, green, blue. ``numpy.asarray(surface)`` is the same as ``array()``."""
        check_format(self.layout)
        return array_of(self.pixels(), self.layout)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return as_array(self.array(), dtype, copy)

    def image(self) -> Image.Image:
        """The pixels as a Pillow image: what is drawn in it is shown, without a copy.

        Pillow has no mode that begins with blue. This one is RGBX, and what it calls red is blue on the screen: give its
        functions colours from :func:`ink`, and use :meth:`paste` for pictures."""
        check_format(self.layout)
        return image_of(self.pixels(), self.layout)

    def paste(self, image: Image.Image, x: int = 0, y: int = 0) -> None:
        """Draws a Pillow image of any mode with its upper left corner at (x, y). Transparency is ignored."""
        check_format(self.layout)
        self.blit((x, y, image.width, image.height), words_of(image))

    # ---- drawing. While the daemon is gone all of it is done, and shown when it is back.

    def fill(self, color: Color, rect: RectLike | None = None) -> None:
        """Fills the rectangle, or everything."""
        value = pixel(color)
        with self._handle.using() as pointer:
            part = self.layout.clip((0, 0, self.width, self.height) if rect is None else rect)
            drawn(lib.hvfb_surface_fill(pointer, _c_rect(part), value))

    def copy(self, source: RectLike, x: int, y: int) -> None:
        """Copies a rectangle of the surface to (x, y); the two may overlap."""
        with self._handle.using() as pointer:
            source, x, y = rect_of(source), operator.index(x), operator.index(y)
            part = self.layout.clip(source)
            to = self.layout.clip((x + part.x - source[0], y + part.y - source[1], part.width, part.height))
            x_from, y_from = to.x - x + source[0], to.y - y + source[1]
            if to.width:
                drawn(lib.hvfb_surface_copy(pointer, _c_rect(Rect(x_from, y_from, to.width, to.height)), to.x, to.y))

    def blit(self, rect: RectLike, source: ReadableBuffer, stride: int | None = None) -> None:
        """Copies pixels of four bytes to the rectangle from ``source``, whose rows are ``stride`` bytes apart (width * 4).

        :raises ValueError, BufferError: it is too short, or its bytes do not lie together"""
        x, y, width, height = rect = rect_of(rect)
        stride = width * 4 if stride is None else operator.index(stride)
        if width <= 0 or height <= 0:
            return
        if stride < width * 4:
            raise ValueError(f"rows of {width} pixels are not {stride} bytes apart")
        with exported(source) as (address, length), self._handle.using() as pointer:
            if length < (height - 1) * stride + width * 4:
                raise ValueError(f"{length} bytes are less than {width}x{height} pixels")
            part = self.layout.clip(rect)
            if part.width:
                address += (part.y - y) * stride + (part.x - x) * 4
                drawn(lib.hvfb_surface_blit(pointer, _c_rect(part), address, stride))

    # ---- frames

    @contextlib.contextmanager
    def frame(self, *damage: RectLike) -> Iterator[None]:
        """While its block runs nothing of the surface is presented, for 100 ms at most: no half-drawn frame is seen.

        At its end ``damage`` is reported, as by :meth:`damage`; of an untracked surface everything, if none is given."""
        self._begin()
        try:
            yield
        finally:
            try:
                try:
                    if damage or self._untracked:
                        self.damage(*damage)
                finally:
                    self._end()
            except ValueError:
                if not self.closed:
                    raise

    def _begin(self) -> None:
        with self._handle.using() as pointer:
            # Frames of several threads, or one in another, are one.
            if self._frames == 0:
                drawn(lib.hvfb_surface_begin(pointer))
            self._frames += 1

    def _end(self) -> None:
        with self._handle.using() as pointer:
            self._frames -= 1
            if self._frames == 0:
                drawn(lib.hvfb_surface_end(pointer))

    def damage(self, *rects: RectLike) -> None:
        """Says that these rectangles were drawn; without one everything. Needed for untracked surfaces only."""
        with self._handle.sharing() as pointer:
            parts = [part for part in map(self.layout.clip, rects) if part.width]
            if parts or not rects:
                drawn(lib.hvfb_surface_damage(pointer, (_library.Rect * len(parts))(*map(_c_rect, parts)), len(parts)))

    def request_frame(self) -> int:
        """Asks to be told when what is drawn up to now is on the screen. Its number, for :meth:`wait_frame`.

        :raises Error: ``ENOTCONN``: the daemon is gone"""
        frame = ctypes.c_uint64()
        with self._handle.using() as pointer:
            checked(lib.hvfb_surface_request_frame(pointer, ctypes.byref(frame)))
        return frame.value

    def wait_frame(self, frame: int, timeout: float | None = None) -> Presentation | None:
        """Waits, ``timeout`` seconds at most, until that frame or a later one was answered. None: it was not.

        :raises Error: ``ENOTCONN``: the daemon is gone; ``EINVAL``: it was never asked for"""
        deadline, answer = Deadline(timeout), _library.Presentation()
        while True:
            left = deadline.left()
            part = _SLICE if left is None else int(min(left * 1e6, _SLICE))  # it may be infinite
            with self._handle.sharing() as pointer:
                result = lib.hvfb_surface_wait_frame(pointer, frame, part, ctypes.byref(answer))
            if result != -errno.ETIME:
                checked(result)
                return Presentation(answer.frame, answer.time, bool(answer.shown))
            if left is not None and left * 1e6 <= part:
                return None

    def present(self, timeout: float | None = None) -> Presentation | None:
        """Waits until what is drawn up to now is on the screen: :meth:`request_frame` and :meth:`wait_frame`.

        In asyncio: ``await asyncio.to_thread(surface.present)``."""
        return self.wait_frame(self.request_frame(), timeout)

    # ---- events

    def is_shown(self) -> bool:
        """Whether somebody can see it now. Right after opening it waits for the daemon to say so, a second at most."""
        with self._handle.sharing() as pointer:
            return checked(lib.hvfb_surface_is_shown(pointer)) == 1

    @property
    def tracking(self) -> str:
        """How stores are noticed: resting+scanning, resting, scanning, polled, none."""
        with self._handle.using() as pointer:
            return bytes(lib.hvfb_surface_tracking(pointer)).decode()

    @property
    def error(self) -> Error | None:
        """None while the daemon has the surface, else why it has not, or has not got it back."""
        message = ctypes.create_string_buffer(_library.MESSAGE_SIZE)
        with self._handle.using() as pointer:
            result = lib.hvfb_surface_error_message(pointer, message, len(message))
        return error_of(result, message.value.decode(errors="replace")) if result < 0 else None

    def fileno(self) -> int:
        """A descriptor that is readable when :meth:`dispatch` has an event. It is libhvfb's."""
        return self._handle.fileno()

    def dispatch(self) -> Event:
        """What happened since the last call, without waiting; ``Event(0)`` if nothing."""
        with self._handle.using() as pointer:
            return Event(checked(lib.hvfb_surface_dispatch(pointer)))

    def wait(self, timeout: float | None = None) -> Event:
        """The same, but waits for something, ``timeout`` seconds at most. ValueError: another thread has closed it."""
        deadline = Deadline(timeout)
        while True:
            events = self.dispatch()
            left = deadline.left()
            if events or left == 0:
                return events
            self._handle.wait_readable(left)

    async def events(self) -> AsyncIterator[Event]:
        """What happens, for ``async for`` in one place of the program. Ends when the surface is closed."""
        while not self.closed:
            try:
                events = self.dispatch()
                if not events:
                    await readable(self._handle)
            except ValueError:  # closed, by another thread
                return
            if events:
                yield events

    def configure(self) -> bool:
        """Takes the display's new mode: pixels and layout are others, with what fits of the picture. False: there is none.

        Views of the old pixels stay as they are. No other thread may draw meanwhile, or it may not be seen."""
        with self._handle.changing() as pointer:
            result = lib.hvfb_surface_configure(pointer)
            if result == -errno.EAGAIN:
                return False
            self._handle.places.raise_failure()
            checked(result)
            return True

    def reconnect(self) -> bool:
        """Opens the surface again, after GAVE_UP. True: pixels or layout are others; False: as they were, or not lost at all.

        :raises Error: as opening it; then all is as before"""
        with self._handle.changing() as pointer:
            result = lib.hvfb_surface_reconnect(pointer)
            if result == -errno.EISCONN:
                return False
            return checked(result) == 1
