"""libhvfb.so.1 as <hvfb/hvfb.h> declares it: structs and functions. Nothing here is the package's interface."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_uint32, c_uint64, c_void_p


class Layout(ctypes.Structure):
    _fields_ = [("width", c_uint32), ("height", c_uint32), ("stride", c_uint32), ("format", c_uint32),
                ("size", c_uint64)]


class Rect(ctypes.Structure):
    _fields_ = [("x", c_uint32), ("y", c_uint32), ("width", c_uint32), ("height", c_uint32)]


class Mode(ctypes.Structure):
    _fields_ = [("width", c_uint32), ("height", c_uint32)]


# void *(*place)(void *context, size_t size)
Place = ctypes.CFUNCTYPE(c_void_p, c_void_p, c_size_t)


class OpenOptions(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("bus", c_char_p), ("display", c_char_p), ("name", c_char_p),
                ("flags", c_uint32), ("message", c_void_p), ("message_size", c_size_t), ("place", Place),
                ("place_context", c_void_p)]


class Presentation(ctypes.Structure):
    _fields_ = [("frame", c_uint64), ("time", c_uint64), ("shown", c_uint32)]


class Display(ctypes.Structure):
    _fields_ = [("size", c_size_t), ("name", c_char_p), ("output", c_char_p), ("width", c_uint32),
                ("height", c_uint32), ("format", c_uint32), ("visible", c_int), ("modes", POINTER(Mode)),
                ("mode_count", c_size_t)]


class ViewerFrame(ctypes.Structure):
    _fields_ = [("frame", c_uint64), ("time", c_uint64), ("count", c_uint32), ("rects", POINTER(Rect))]


OPEN_KEEP = 1
OPEN_UNTRACKED = 2
OPEN_BACKGROUND = 4
MESSAGE_SIZE = 512

try:
    # Each call lets other threads of the interpreter run.
    lib = ctypes.CDLL("libhvfb.so.1")
except OSError as error:
    raise ImportError(f"libhvfb is missing ({error}): install the package libhvfb1") from error


def _declare(name: str, result: type | None, *arguments: type) -> None:
    try:
        function = getattr(lib, name)
    except AttributeError as error:
        raise ImportError(f"libhvfb.so.1 is too old for this package: {error}") from error
    function.restype = result
    function.argtypes = arguments


_declare("hvfb_version", c_char_p)
_declare("hvfb_strerror", c_char_p, c_int)
_declare("hvfb_surface_open", c_int, POINTER(c_void_p), POINTER(OpenOptions))
_declare("hvfb_surface_close", None, c_void_p)
_declare("hvfb_surface_pixels", c_void_p, c_void_p)
_declare("hvfb_surface_layout", c_int, c_void_p, POINTER(Layout))
_declare("hvfb_surface_tracking", c_char_p, c_void_p)
_declare("hvfb_surface_fd", c_int, c_void_p)
_declare("hvfb_surface_dispatch", c_int, c_void_p)
_declare("hvfb_surface_error_message", c_int, c_void_p, c_char_p, c_size_t)
_declare("hvfb_surface_is_shown", c_int, c_void_p)
_declare("hvfb_surface_configure", c_int, c_void_p)
_declare("hvfb_surface_reconnect", c_int, c_void_p)
_declare("hvfb_surface_damage", c_int, c_void_p, POINTER(Rect), c_size_t)
_declare("hvfb_surface_begin", c_int, c_void_p)
_declare("hvfb_surface_end", c_int, c_void_p)
_declare("hvfb_surface_request_frame", c_int, c_void_p, POINTER(c_uint64))
_declare("hvfb_surface_wait_frame", c_int, c_void_p, c_uint64, c_uint64, POINTER(Presentation))
_declare("hvfb_surface_fill", c_int, c_void_p, POINTER(Rect), c_uint32)
_declare("hvfb_surface_copy", c_int, c_void_p, POINTER(Rect), c_uint32, c_uint32)
_declare("hvfb_surface_blit", c_int, c_void_p, POINTER(Rect), c_void_p, c_size_t)
_declare("hvfb_displays_list", c_int, POINTER(POINTER(POINTER(Display))), POINTER(OpenOptions))
_declare("hvfb_displays_free", None, POINTER(POINTER(Display)))
_declare("hvfb_viewer_open", c_int, POINTER(c_void_p), POINTER(OpenOptions))
_declare("hvfb_viewer_close", None, c_void_p)
_declare("hvfb_viewer_pixels", c_void_p, c_void_p)
_declare("hvfb_viewer_layout", c_int, c_void_p, POINTER(Layout))
_declare("hvfb_viewer_fd", c_int, c_void_p)
_declare("hvfb_viewer_wait", c_int, c_void_p, c_uint64, POINTER(ViewerFrame))
