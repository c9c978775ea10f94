#!/usr/bin/python3
"""Draws circles by storing into memory. Needs libhvfb alone; Control-C ends it."""
import argparse
import ctypes
import math
import sys
import time


class Layout(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in ("width", "height", "stride", "format")]
    _fields_ += [("size", ctypes.c_uint64)]


hvfb = ctypes.CDLL("libhvfb.so.1")
hvfb.hvfb_surface_pixels.restype = ctypes.c_void_p
hvfb.hvfb_surface_tracking.restype = ctypes.c_char_p
hvfb.hvfb_strerror.restype = ctypes.c_char_p


def main(seconds):
    surface = ctypes.c_void_p()
    result = hvfb.hvfb_surface_open(ctypes.byref(surface), None)
    if result < 0:
        sys.exit(f"Cannot open a surface: {hvfb.hvfb_strerror(result).decode()}")
    layout = Layout()
    hvfb.hvfb_surface_layout(surface, ctypes.byref(layout))
    address = hvfb.hvfb_surface_pixels(surface)
    pixels = (ctypes.c_uint32 * (layout.size // 4)).from_address(address)
    print(f"{layout.width}x{layout.height}, tracked by", hvfb.hvfb_surface_tracking(surface).decode())

    # That is all there is to drawing: no call tells anybody about it.
    start, radius = time.monotonic(), min(layout.width, layout.height) / 2 - 1
    while time.monotonic() - start < seconds:
        angle = (time.monotonic() - start) * 2
        for step in range(1, 21):
            x = int(layout.width / 2 + math.cos(angle * step / 10) * radius * step / 20)
            y = int(layout.height / 2 + math.sin(angle * step / 10) * radius * step / 20)
            pixels[y * (layout.stride // 4) + x] = 0xFF8000 + step * 6
        time.sleep(0.005)
    hvfb.hvfb_surface_close(surface)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("seconds", nargs="?", type=float, default=math.inf, help="how long; for ever if not given")
    try:
        main(arguments.parse_args().seconds)
    except KeyboardInterrupt:
        pass
