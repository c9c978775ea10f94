"""libhvfb as programs of other languages use it, with a real daemon."""

import ctypes
import json
import os
import unittest

from private_daemon import PROGRAMS, OnPrivateBus


class Mode(ctypes.Structure):
    _fields_ = [("width", ctypes.c_uint32), ("height", ctypes.c_uint32)]


class Display(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("name", ctypes.c_char_p), ("output", ctypes.c_char_p), ("width", ctypes.c_uint32),
                ("height", ctypes.c_uint32), ("format", ctypes.c_uint32), ("visible", ctypes.c_int),
                ("modes", ctypes.POINTER(Mode)), ("mode_count", ctypes.c_size_t)]


class OpenOptions(ctypes.Structure):
    _fields_ = [("size", ctypes.c_size_t), ("bus", ctypes.c_char_p), ("display", ctypes.c_char_p), ("name", ctypes.c_char_p),
                ("flags", ctypes.c_uint32), ("message", ctypes.c_char_p), ("message_size", ctypes.c_size_t)]


class Library(OnPrivateBus):
    displays = 2

    def setUp(self):
        super().setUp()
        self.library = ctypes.CDLL(str(PROGRAMS.parent / "lib/libhvfb.so.1"))
        self.library.hvfb_surface_close.argtypes = [ctypes.c_void_p]
        self.message = ctypes.create_string_buffer(256)
        self.options = OpenOptions(size=ctypes.sizeof(OpenOptions), bus=self.bus.address.encode(),
                                   message=ctypes.addressof(self.message), message_size=256)

    def open(self):
        """The error, and the sentence; a surface is closed at the end of the test."""
        surface = ctypes.c_void_p()
        result = self.library.hvfb_surface_open(ctypes.byref(surface), ctypes.byref(self.options))
        if result == 0:
            self.addCleanup(self.library.hvfb_surface_close, surface)
        return result, self.message.value.decode()

    def test_lists_the_displays(self):
        displays = ctypes.POINTER(ctypes.POINTER(Display))()
        count = self.library.hvfb_displays_list(ctypes.byref(displays), ctypes.byref(self.options))
        self.assertEqual(count, 2)
        for i in range(count):
            display = displays[i].contents
            self.assertEqual((display.size, display.name, display.output, display.width, display.height, display.format,
                              display.mode_count),
                             (ctypes.sizeof(Display), f"display{i}".encode(), b"memory", 640, 480, 0x34325258, 0))
        self.assertFalse(displays[count])
        self.library.hvfb_displays_free(displays)

    def test_tells_the_daemons_own_sentence_when_there_are_too_many_surfaces(self):
        for number in range(16):
            self.options.name = f"surface {number}".encode()
            self.assertEqual(self.open(), (0, ""))
        result, sentence = self.open()
        self.assertEqual(result, -16)
        self.assertIn("this user has 16 surfaces open", sentence)
        self.options.display = b"display7"
        self.assertEqual(self.open(), (-2, "hvfbd has no display display7: hvfbctl displays lists them"))

    def test_opens_on_the_display_that_the_environment_names(self):
        self.addCleanup(os.environ.pop, "HVFB_DISPLAY", None)
        os.environ["HVFB_DISPLAY"] = "display1"
        self.options.name = b"elsewhere"
        self.assertEqual(self.open(), (0, ""))
        for display, count in (("display0", 0), ("display1", 1)):
            self.assertEqual(len(json.loads(self.hvfbctl("--display", display, "surfaces", "--json"))), count)


if __name__ == "__main__":
    unittest.main()
