"""An X server without a screen, for viewers of somebody else's: its pixels are in a file."""

import os
import struct
import subprocess

from PIL import Image


class XScreen:
    """For a test that has `folder`."""

    def x_server(self):
        """Its number."""
        told, tells = os.pipe()
        server = subprocess.Popen(["Xvfb", "-displayfd", str(tells), "-screen", "0", "640x480x24", "-fbdir", self.folder, "-nolisten", "tcp"], pass_fds=[tells],
                                  stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait, 60)
        self.addCleanup(server.terminate)
        os.close(tells)
        with os.fdopen(told) as numbers:
            return int(numbers.readline())

    def is_on_screen(self, rows):
        """Whether these rows of (red, green, blue) are somewhere on it."""
        wanted = [b"".join(map(bytes, row)) for row in rows]
        picture = (self.folder / "Xvfb_screen0").read_bytes()
        # The head of an XWD file, and its colours.
        head = struct.unpack(">25I", picture[:100])
        width, height, line = head[4], head[5], head[12]
        # The fourth byte of a pixel is anything.
        shown = Image.frombytes("RGB", (width, height), picture[head[0] + head[19] * 12:], "raw", "BGRX", line).tobytes()
        at = shown.find(wanted[0])
        return at >= 0 and all(shown[at + y * width * 3:][:len(row)] == row for y, row in enumerate(wanted))
