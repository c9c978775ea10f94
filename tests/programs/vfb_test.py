"""Programs under hvfb-run and on the kernel's own vfb, in a guest that has the files of this machine: the same pixels, and X's own tests
say the same of both."""

import os
import pathlib
import subprocess
import tempfile
import unittest

from programs_test import DEBIAN_12, EFL, QT, STATIC, ffmpeg, go_program, musl_program

PROGRAMS, SOURCE = pathlib.Path(os.environ["HVFBD_PROGRAMS"]), pathlib.Path(os.environ["HVFBD_SOURCE"])
MAPS = """
import mmap, signal
with open("/dev/fb0", "r+b") as framebuffer, mmap.mmap(framebuffer.fileno(), 640 * 480 * 4) as pixels:
    for at in range(0, len(pixels), 4):
        pixels[at:at + 4] = bytes((at // 7 % 251, at // 2560 % 256, at // 40 % 256, 0))
    signal.pause()
"""
# Of DOS: colours of 320x200, and a jump to itself. No cursor blinks there.
DRAW_COM = bytes.fromhex("b81300 cd10 b800a0 8ec0 31ff 31c0 aa 40 85ff 75fa ebfe")
DRAWN = {"ffmpeg", "fbi", "fim", "gstreamer", "efl", "w3m", "mplayer-fbdev", "vlc", "fbterm", "xine"}
# They draw in one order of colours, which is not vfb's: the same bytes.
OF_ONE_ORDER = {"qt5", "qt6", "mplayer-fbdev2", "zhcon", "python", "static", "static-32", "go", "musl"}
BY_NOTIFY_ALONE = {"w3m", "static", "static-32", "go", "musl"}
if DEBIAN_12:
    DRAWN |= {"links2", "netsurf", "dosbox"}
    OF_ONE_ORDER.add("directfb")


def in_guest(session, screen, *words):
    """What it says. An emulated guest takes minutes."""
    done = subprocess.run([SOURCE / "tools/benchmark/guest", PROGRAMS, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=3000,
                          env={**os.environ, "HVFBD_SESSION": session, "HVFBD_SCREEN": screen})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, done.stderr


class OnVfb(unittest.TestCase):
    WIDTH, HEIGHT = 640, 480

    def write_what_is_shown(self, folder):
        """A picture, and programs that draw."""
        source = f"testsrc2=size={self.WIDTH}x{self.HEIGHT}:rate=5"
        ffmpeg("-f", "lavfi", "-i", source, "-frames:v", "1", folder / "picture.png")
        # Each picture of it is coded alone, so that they are equal.
        ffmpeg("-loop", "1", "-framerate", "1", "-i", folder / "picture.png", "-frames:v", "1000", "-c:v", "mjpeg", "-q:v", "10", folder / "still.avi")
        (folder / "page.html").write_text("<body style='background: #102030; color: #f0e0d0'><h1>A page</h1><p>on a framebuffer</p>")
        for version in (5, 6):
            (folder / f"qt{version}.py").write_text(QT.format(package=f"PyQt{version}"))
        (folder / "maps.py").write_text(MAPS)
        (folder / "efl.py").write_text(EFL.format(width=self.WIDTH, height=self.HEIGHT))
        (folder / "static.c").write_text(STATIC)
        subprocess.run(["gcc", "-static", folder / "static.c", "-o", folder / "static"], check=True)
        subprocess.run(["gcc", "-m32", "-static", folder / "static.c", "-o", folder / "static-32"], check=True)
        (folder / "draw.com").write_bytes(DRAW_COM)
        musl_program(folder)
        go_program(folder)

    def test_programs_draw_what_they_draw_on_vfb(self):
        # Not in /tmp, which is the guest's own there.
        with tempfile.TemporaryDirectory(prefix="vfb-", dir=PROGRAMS.parent) as name:
            folder = pathlib.Path(name)
            folder.chmod(0o755)
            self.write_what_is_shown(folder)
            said, errors = in_guest("tests/programs/vfb-programs", f"{self.WIDTH}x{self.HEIGHT}", folder, f"{self.WIDTH}x{self.HEIGHT}", *DRAWN, *OF_ONE_ORDER)
        print(said, flush=True)
        drawn = {words[0]: words[1:] for words in map(str.split, said.splitlines())}
        self.assertEqual(set(drawn), DRAWN | OF_ONE_ORDER)
        for name, (colours, *methods) in drawn.items():
            with self.subTest(name):
                self.assertGreater(int(colours), 0)
                same = "bytes" if name in OF_ONE_ORDER else "same"
                self.assertEqual(methods, [f"{method}={same}" for method in ("preload", "notify") if method == "notify" or name not in BY_NOTIFY_ALONE], errors)

    def test_xs_own_tests_say_of_it_what_they_say_of_xorg_on_vfb(self):
        """rendercheck and x11perf, and what xwd says is on the screen at the end: see vfb-session."""
        stdout, _ = in_guest("tests/programs/vfb-session", "640x640")
        # What rendercheck calls the window differs: vfb has blue first.
        said = {how: lines.replace("b8g8r8", "r8g8b8").splitlines()
                for how, _, lines in (part.partition("\n") for part in stdout.split("== ")[1:])}
        self.assertEqual(list(said), ["vfb", "preload", "notify"])
        for method in ("preload", "notify"):
            self.assertEqual(said[method], said["vfb"], method)
        wanted = said["vfb"]
        self.assertIn("28 tests passed of 28 total", wanted)
        self.assertIn("2 tests passed of 2 total", wanted)
        self.assertEqual(len([line for line in wanted if line.startswith("done: ")]), 7)
        self.assertRegex(wanted[-1], r"^[0-9a-f]{64} ")


if __name__ == "__main__":
    unittest.main()
