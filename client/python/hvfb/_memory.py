"""The memory that pixels are in.

Each buffer is an mmap of Python's, whose place libhvfb's pixels take (``place`` of hvfb_open_options). Whoever has a view of
it, however indirect, keeps it mapped. After a change of mode or a close it is private memory. No finalizer of ours unmaps
anything: a collection of cycles runs those before the last view is gone.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
from typing import TYPE_CHECKING, Iterator

from . import _library
from ._values import Format, Layout

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _PyBuffer(ctypes.Structure):
    """Py_buffer, as it is in Python's stable ABI."""

    _fields_ = [("buf", ctypes.c_void_p), ("obj", ctypes.c_void_p), ("len", ctypes.c_ssize_t),
                ("itemsize", ctypes.c_ssize_t), ("readonly", ctypes.c_int), ("ndim", ctypes.c_int),
                ("format", ctypes.c_void_p), ("shape", ctypes.c_void_p), ("strides", ctypes.c_void_p),
                ("suboffsets", ctypes.c_void_p), ("internal", ctypes.c_void_p)]


_get_buffer = ctypes.pythonapi.PyObject_GetBuffer
_get_buffer.argtypes = [ctypes.py_object, ctypes.POINTER(_PyBuffer), ctypes.c_int]
_get_buffer.restype = ctypes.c_int
_release_buffer = ctypes.pythonapi.PyBuffer_Release
_release_buffer.argtypes = [ctypes.POINTER(_PyBuffer)]
_release_buffer.restype = None


@contextlib.contextmanager
def exported(source: ReadableBuffer) -> Iterator[tuple[int, int]]:
    """Address and length of the bytes of a buffer, which stays as it is meanwhile. BufferError: they do not lie together."""
    view = _PyBuffer()
    _get_buffer(source, ctypes.byref(view), 0)
    try:
        yield view.buf or 0, view.len
    finally:
        _release_buffer(ctypes.byref(view))


class Places:
    """Gives libhvfb memory for the pixels of one surface or viewer."""

    def __init__(self, writable: bool) -> None:
        # The callback must not keep this object: its memory is to go with its last view, and not with a collection.
        self._given = given = []  # type: list[tuple[int, mmap.mmap]]
        self._failed = failed = []  # type: list[BaseException]
        self._given_early = not writable  # a viewer's next pixels have theirs before their first frame
        protection = mmap.PROT_READ | (mmap.PROT_WRITE if writable else 0)

        def give(_context: object, size: int) -> int | None:
            try:
                memory = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, protection)
                with exported(memory) as (address, _):
                    given.append((address, memory))
                    return address
            except BaseException as error:  # nothing can be raised into C: it is when libhvfb has returned
                failed.append(error)
                return None

        self.place = _library.Place(give)
        self.memory: mmap.mmap | None = None

    def take(self, address: int | None) -> None:
        """Keeps what the pixels are in now, and what the next ones may be in already; None: nothing."""
        if address is None:
            self.memory = None
            self._given.clear()
        for number, (given, memory) in enumerate(self._given):
            if given == address:
                self.memory = memory
                self._given[:] = self._given[number:] if self._given_early else [(given, memory)]
                break

    def raise_failure(self) -> None:
        """What was raised where nothing can be raised."""
        if self._failed:
            raise self._failed.pop()

    def view(self, layout: Layout) -> memoryview:
        if self.memory is None:
            raise ValueError("it is closed")
        return memoryview(self.memory)[:layout.stride * layout.height]


def check_format(layout: Layout) -> None:
    if layout.format != Format.XRGB8888:
        raise NotImplementedError(f"the pixels have the format {layout.format:#x}, which this package does not know")
