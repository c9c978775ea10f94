"""hvfb-view, the example of a viewer in a window, and `hvfbctl view`, which runs it. SDL draws without a screen, and writes what
its window shows into files."""

import os
import pathlib
import shutil
import signal
import struct
import subprocess
import tempfile
import time
import unittest

from private_daemon import PROGRAMS, SOURCE, Daemon, OnPrivateBus, Painter, run

COLOURS = {"ff0000": (255, 0, 0), "00ff00": (0, 255, 0), "0000ff": (0, 0, 255)}


def read_bmp(data):
    """Width, height and a row of (r, g, b) for each line of a BMP file of 24 or 32 bits; None where it is not whole yet."""
    if len(data) < 54 or not 0 < struct.unpack_from("<I", data, 2)[0] <= len(data):
        return None
    start, width, height, bits = (*struct.unpack_from("<I", data, 10), *struct.unpack_from("<ii", data, 18),
                                  struct.unpack_from("<H", data, 28)[0])
    row, size = (width * bits // 8 + 3) // 4 * 4, bits // 8
    rows = []
    for y in range(abs(height)):
        at = start + (y if height < 0 else height - 1 - y) * row
        line = data[at:at + width * size]
        rows.append(list(zip(line[2::size], line[1::size], line[0::size])))
    return width, abs(height), rows


class Viewing(OnPrivateBus):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hvfbd-view-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.environment = {**os.environ, "SDL_VIDEODRIVER": "dummy", "SDL_VIDEO_DUMMY_SAVE_FRAMES": "1"}

    def view(self, *words):
        viewer = subprocess.Popen([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "view", *words], cwd=self.folder,
                                  env=self.environment, stderr=subprocess.PIPE, text=True)
        self.addCleanup(viewer.stderr.close)
        self.addCleanup(viewer.wait, 20)
        self.addCleanup(viewer.kill)
        return viewer

    def window(self):
        """What the window shows: the newest file that is whole."""
        for file in sorted(self.folder.glob("*.bmp"), reverse=True)[:2]:
            if picture := read_bmp(file.read_bytes()):
                return picture
        return None

    def await_window(self, shows):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            window = self.window()
            if window and shows(window):
                return window
            time.sleep(0.02)
        self.fail(f"the window never showed it: {window and window[2][10][:10]}")

    def test_the_window_shows_the_display_pixel_by_pixel_and_closes_cleanly(self):
        painter = self.painter("pattern")
        painter.tell("pattern 5")
        viewer = self.view()
        expected = [[((x * 7 + y * 3 + 5) & 255, (x ^ y) & 255, (x + y * 5 + 55) & 255) for x in range(640)] for y in range(480)]
        self.await_window(lambda window: window == (640, 480, expected))
        painter.tell("fill 100 50 20 10 00ff00")
        for y in range(50, 60):
            expected[y][100:120] = [(0, 255, 0)] * 20
        self.await_window(lambda window: window == (640, 480, expected))
        viewer.send_signal(signal.SIGTERM)
        self.assertEqual(viewer.wait(20), 0)
        self.assertEqual(viewer.stderr.read(), "")

    def test_the_window_shows_the_next_daemon_where_the_one_before_was_stopped(self):
        self.painter("red").tell("fill 0 0 640 480 ff0000")
        viewer = self.view("--actual-size")
        self.await_window(lambda window: window[2][10][10] == (255, 0, 0))
        self.assertEqual(self.daemon.stop(), 0)
        self.assertIn("waiting", viewer.stderr.readline())
        self.daemon = Daemon(self.bus, mode="320x200")
        painter = Painter(self.bus, "blue")
        self.addCleanup(painter.stop)
        painter.tell("fill 0 0 320 200 0000ff")
        # In the middle of the window that was there, of its own size.
        width, height, rows = self.await_window(lambda window: window[2][240][320] == (0, 0, 255))
        blue = sum(pixel == (0, 0, 255) for row in rows for pixel in row)
        self.assertEqual((width, height, blue, rows[139][160], rows[140][159]), (640, 480, 320 * 200, (0, 0, 0), (0, 0, 0)))

    def test_it_says_that_there_is_no_graphical_session(self):
        without = {name: value for name, value in self.environment.items()
                   if name not in ("SDL_VIDEODRIVER", "DISPLAY", "WAYLAND_DISPLAY")}
        done = run(PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "view", env=without)
        self.assertEqual(done.returncode, 1)
        self.assertIn("graphical session", done.stderr)

    def test_it_says_why_there_is_nothing_to_view(self):
        done = run(PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "--display=display7", "view", env=self.environment)
        self.assertEqual((done.returncode, done.stderr), (1, "viewer: hvfbd has no display display7: hvfbctl displays lists them\n"))

    def test_hvfbctl_says_which_package_has_the_viewer_where_it_is_not_there(self):
        shutil.copy(PROGRAMS / "hvfbctl", self.folder)
        done = run(self.folder / "hvfbctl", f"--bus={self.bus.address}", "view")
        self.assertEqual(done.returncode, 1)
        self.assertIn("apt install ./build/packages/hvfbd-view_*.deb", done.stderr)
        self.assertIn("hvfbctl screenshot", done.stderr)
        self.assertIn("hvfb-vnc(8)", done.stderr)

    def test_the_example_compiles_as_it_says(self):
        flags = run("pkg-config", "--cflags", "--libs", "sdl2").stdout.split()
        done = run("cc", "-std=c11", "-Wall", "-Wextra", "-D_GNU_SOURCE", SOURCE / "client/examples/viewer.c", f"-I{SOURCE}/client/include",
                   f"-L{PROGRAMS.parent}/lib", "-lhvfb", *flags, "-o", self.folder / "viewer")
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
