"""The owner of what libhvfb calls a surface or a viewer."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import select
import threading
import time
import weakref
from typing import Any, Callable, Iterator

from . import _library
from ._errors import error_of
from ._library import lib
from ._memory import Places
from ._values import Layout


def _bytes_of(text: str | None, what: str) -> bytes | None:
    if text is None:
        return None
    encoded = os.fsencode(text)
    if b"\0" in encoded:
        raise ValueError(f"the {what} has a null character in it")
    return encoded


class Options:
    """hvfb_open_options, and the memory that it names."""

    def __init__(self, bus: str | None = None, display: str | None = None, name: str | None = None, flags: int = 0,
                 places: Places | None = None) -> None:
        self._message = ctypes.create_string_buffer(_library.MESSAGE_SIZE)
        self.struct = _library.OpenOptions(
            size=ctypes.sizeof(_library.OpenOptions), bus=_bytes_of(bus, "bus"), display=_bytes_of(display, "display"),
            name=_bytes_of(name, "name"), flags=flags, message=ctypes.addressof(self._message),
            message_size=_library.MESSAGE_SIZE)
        if places is not None:
            self.struct.place = places.place

    def check(self, result: int) -> int:
        if result < 0:
            raise error_of(result, self._message.value.decode(errors="replace"))
        return result


class Handle:
    """Calls libhvfb with a surface or viewer that is open: the last call that is under way when it is closed closes it,
    so that none is ever made with one that is gone, whatever threads, signal handlers and collections do."""

    def __init__(self, kind: str, options: dict[str, Any], writable: bool) -> None:
        self.kind = kind
        self.closed = False
        self.forked = False
        self.places = Places(writable)
        self._functions = {name: getattr(lib, f"hvfb_{kind}_{name}") for name in ("open", "close", "pixels", "layout", "fd")}
        self._lock = threading.RLock()
        self._users = 0
        self._wakers: list[Callable[[], object]] = []
        given = Options(places=self.places, **options)
        pointer = ctypes.c_void_p()
        try:
            result = self._functions["open"](ctypes.byref(pointer), ctypes.byref(given.struct))
            self.places.raise_failure()
            given.check(result)
        except BaseException:
            if pointer:
                self._functions["close"](pointer.value)
            self.places.take(None)
            raise
        self._pointer: int | None = pointer.value
        self.layout = self._take_picture()
        _handles.add(self)

    @contextlib.contextmanager
    def using(self) -> Iterator[int]:
        """What libhvfb is called with. One thread at a time."""
        with self._lock:
            pointer = self._enter()
            try:
                yield pointer
            finally:
                self._leave()

    @contextlib.contextmanager
    def sharing(self) -> Iterator[int]:
        """The same for what any thread may call at any time."""
        with self._lock:
            pointer = self._enter()
        try:
            yield pointer
        finally:
            with self._lock:
                self._leave()

    @contextlib.contextmanager
    def changing(self) -> Iterator[int]:
        """The same for a call after which pixels and layout may be others."""
        with self.using() as pointer:
            try:
                yield pointer
            finally:
                self.layout = self._take_picture()
                self.places.raise_failure()

    def view(self) -> memoryview:
        with self._lock:
            if self.closed:
                raise self._is_closed()
            return self.places.view(self.layout)

    def fileno(self) -> int:
        with self.using() as pointer:
            number: int = self._functions["fd"](pointer)
            return number

    def close(self) -> None:
        with self._lock:
            self.closed = True
            self._close_unused()
            # With the lock: who waits goes on, and takes away what it is woken by, afterwards.
            for wake in self._wakers:
                wake()

    @contextlib.contextmanager
    def woken_by_close(self, wake: Callable[[], object]) -> Iterator[None]:
        with self._lock:
            if self.closed:
                raise self._is_closed()
            self._wakers.append(wake)
        try:
            yield
        finally:
            with self._lock:
                if wake in self._wakers:  # not in a child
                    self._wakers.remove(wake)

    def wait_readable(self, seconds: float | None) -> None:
        """Waits until the descriptor is readable or it is closed, so long at most. Signal handlers run meanwhile."""
        bell, rung_by = os.pipe()
        try:
            with self.woken_by_close(lambda: os.write(rung_by, b"x")):
                poll = select.poll()
                poll.register(bell, select.POLLIN)
                poll.register(self.fileno(), select.POLLIN)
                # Rounded up, and not more than a C int holds.
                poll.poll(None if seconds is None else min(max(seconds * 1000 + 1, 0), 2**30))
        finally:
            os.close(bell)
            os.close(rung_by)

    def _is_closed(self) -> ValueError:
        return ValueError(f"this {self.kind} is closed")

    def _enter(self) -> int:
        # In this order: a signal handler may close it between any two steps.
        self._users += 1
        pointer = self._pointer
        if self.forked or self.closed or pointer is None:
            self._users -= 1
            raise self._is_closed() if self.closed else error_of(-errno.ECHILD)
        return pointer

    def _leave(self) -> None:
        self._users -= 1
        self._close_unused()

    def _close_unused(self) -> None:
        if self.closed and self._users == 0 and self._pointer is not None:
            pointer, self._pointer = self._pointer, None
            # In a child there is nothing to close, and the parent's other threads may have left it in the middle of a call.
            if not self.forked:
                self._functions["close"](pointer)
            self.places.take(None)

    def _take_picture(self) -> Layout:
        layout = _library.Layout()
        self._functions["layout"](self._pointer, ctypes.byref(layout))
        self.places.take(self._functions["pixels"](self._pointer))
        return Layout(layout.width, layout.height, layout.stride, layout.format)

    def in_child(self) -> None:
        self.forked = True
        self._lock = threading.RLock()
        self._users = 0
        self._wakers = []


_handles: weakref.WeakSet[Handle] = weakref.WeakSet()


def _in_child() -> None:
    for handle in list(_handles):
        handle.in_child()


os.register_at_fork(after_in_child=_in_child)


class Deadline:
    """So many seconds from now on; None: for ever."""

    def __init__(self, seconds: float | None) -> None:
        self._end = None if seconds is None else time.monotonic() + max(seconds, 0)

    def left(self) -> float | None:
        return None if self._end is None else max(self._end - time.monotonic(), 0)


def tight(view: memoryview, layout: Layout) -> bytes:
    """A copy of the pixels without what is between the rows."""
    row = layout.width * 4
    if layout.stride == row:
        return bytes(view)
    return b"".join(view[y * layout.stride:y * layout.stride + row] for y in range(layout.height))
