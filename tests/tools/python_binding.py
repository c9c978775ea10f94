"""The Python package of client/python with the library of the build, on a bus and a daemon of one's own, for its tests."""

import ctypes
import os
import pathlib
import subprocess
import sys
import tempfile

from private_daemon import PROGRAMS, SOURCE, OnPrivateBus, read_png

PACKAGE = SOURCE / "client/python"
LIBRARY = PROGRAMS.parent / "lib"
# Who is loaded under its soname is found under it.
ctypes.CDLL(str(LIBRARY / "libhvfb.so.1"))
sys.path.insert(0, str(PACKAGE))
import hvfb  # noqa: E402

RED, GREEN, BLUE, ORANGE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 128, 0)


def environment(bus):
    return {**os.environ, "HVFB_BUS": bus.address, "LD_LIBRARY_PATH": str(LIBRARY), "PYTHONPATH": str(PACKAGE),
            "PYTHONFAULTHANDLER": "1", "PYTHONDONTWRITEBYTECODE": "1"}


class WithPython(OnPrivateBus):
    """A surface of 640x480 whose rows are 24 pixels further apart than they need be."""

    def setUp(self):
        super().setUp()
        self.hvfbctl("set", "WhenHidden", "ignore")
        old = os.environ.get("HVFB_BUS")
        os.environ["HVFB_BUS"] = self.bus.address
        self.addCleanup(lambda: os.environ.pop("HVFB_BUS") if old is None else os.environ.update(HVFB_BUS=old))

    def surface(self, *words, **options):
        surface = hvfb.Surface(*words, **options)
        self.addCleanup(surface.close)
        return surface

    def viewer(self, **options):
        viewer = hvfb.Viewer(**options)
        self.addCleanup(viewer.close)
        return viewer

    def screen(self):
        """Rows of (red, green, blue)."""
        with tempfile.TemporaryDirectory(prefix="hvfbd-python-") as folder:
            png = pathlib.Path(folder) / "screen.png"
            self.hvfbctl("screenshot", png)
            return read_png(png.read_bytes())[2]

    def run_python(self, program, *words, code=0):
        """In an interpreter of its own, which may crash. What it printed."""
        done = subprocess.run([sys.executable, "-X", "dev", "-c", program, *words], env=environment(self.bus), capture_output=True,
                              text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout

    def collect_until(self, surface, wanted):
        """Events until one of these has come."""
        seen = hvfb.Event(0)
        while not seen & wanted:
            events = surface.wait(30)
            self.assertTrue(events, f"{wanted!r} did not come")
            seen |= events
        return seen
