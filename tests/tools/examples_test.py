"""The examples of client/examples, run as their readers would run them."""

import os
import pathlib
import subprocess
import tempfile
import time
import unittest

from private_daemon import PROGRAMS, SOURCE, OnPrivateBus, read_png

EXAMPLES = SOURCE / "client/examples"
LIBRARY = PROGRAMS.parent / "lib"


class Examples(OnPrivateBus):
    def setUp(self):
        super().setUp()
        self.hvfbctl("set", "WhenHidden", "ignore")
        self.environment = {**os.environ, "HVFB_BUS": self.bus.address, "LD_LIBRARY_PATH": str(LIBRARY)}

    def screen(self):
        with tempfile.TemporaryDirectory(prefix="hvfbd-examples-") as folder:
            png = pathlib.Path(folder) / "screen.png"
            self.hvfbctl("screenshot", png)
            return read_png(png.read_bytes())

    def run_example(self, *command):
        done = subprocess.run([str(word) for word in command], env=self.environment, capture_output=True, text=True,
                              timeout=30)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_in_python_say_how_they_are_called(self):
        # show_image.py is as short as can be.
        for source in (EXAMPLES / "damage.py", EXAMPLES / "draw.py"):
            with self.subTest(source.name):
                said = self.run_example("/usr/bin/python3", "-B", source, "--help")
                self.assertIn(f"usage: {source.name}", said)
                wrong = subprocess.run(["/usr/bin/python3", "-B", source, "--nonsense"], env=self.environment, capture_output=True,
                                       text=True, timeout=30, check=False)
                self.assertEqual(wrong.returncode, 2)
                self.assertNotIn("Traceback", wrong.stderr)

    def test_in_c_is_short_and_is_told_when_its_picture_is_shown(self):
        source = EXAMPLES / "hello.c"
        self.assertLessEqual(len(source.read_text().splitlines()), 30)
        with tempfile.TemporaryDirectory(prefix="hvfbd-examples-") as folder:
            self.assertEqual(self.run_example(self.compiled(source, folder)), "It is on the screen.\n")

    @staticmethod
    def compiled(source, folder):
        program = pathlib.Path(folder) / source.stem
        subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", source, f"-I{SOURCE}/client/include",
                        f"-L{LIBRARY}", "-lhvfb", "-o", program], check=True)
        return program

    def test_in_c_that_goes_on_moves_its_square_at_the_rate_of_the_display(self):
        with tempfile.TemporaryDirectory(prefix="hvfbd-examples-") as folder:
            program = self.compiled(EXAMPLES / "animation.c", folder)
            self.hvfbctl("set", "RefreshLimit", "200")
            # Where nobody looks it sleeps.
            looking = subprocess.Popen([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "watch"], stdout=subprocess.DEVNULL)
            self.addCleanup(looking.wait, 20)
            self.addCleanup(looking.kill)
            with subprocess.Popen([program, "100000"], env=self.environment, stdout=subprocess.DEVNULL) as moving:
                seen = set()
                deadline = time.monotonic() + 60
                while len(seen) < 3 and time.monotonic() < deadline:
                    _, _, rows = self.screen()
                    xs = [x for x, pixel in enumerate(rows[160]) if pixel == (0x00, 0x80, 0xFF)]
                    if xs:
                        self.assertEqual(xs, list(range(xs[0], min(xs[0] + 64, 640))), "one whole square, or its part on the screen")
                        seen.add(xs[0])
                # A new mode, in which it goes on.
                self.hvfbctl("mode", "800x600")
                while time.monotonic() < deadline and (0x00, 0x80, 0xFF) not in self.screen()[2][200]:
                    pass
                self.assertEqual(self.screen()[:2], (800, 600))
                self.assertIsNone(moving.poll())
                moving.kill()
            self.assertEqual(len(seen), 3)
            self.assertEqual(self.run_example(program, "5"), "display0: memory, 800x600\n")

    def test_in_python_with_the_library_draws_by_stores_alone(self):
        with subprocess.Popen(["/usr/bin/python3", "-u", EXAMPLES / "draw.py"], env=self.environment,
                              stdout=subprocess.PIPE, text=True) as drawing:
            self.assertIn("640x480, tracked by resting", drawing.stdout.readline())
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline:
                _, _, rows = self.screen()
                drawn = sum(pixel != (0, 0, 0) for row in rows for pixel in row)
                if drawn > 100:
                    break
            drawing.kill()
        self.assertGreater(drawn, 100)

    def test_in_python_without_the_library_shows_the_rectangle_it_reports(self):
        with subprocess.Popen(["/usr/bin/python3", "-u", EXAMPLES / "damage.py", "--stay"], env=self.environment,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as drawing:
            self.assertIn("Frame 1: on the screen", drawing.stdout.readline())
            _, _, rows = self.screen()
            drawing.communicate("")
        for y, row in enumerate(rows):
            for x, pixel in enumerate(row):
                inside = 20 <= x < 220 and 30 <= y < 130
                self.assertEqual(pixel, (0x00, 0x80, 0xFF) if inside else (0, 0, 0), (x, y))


if __name__ == "__main__":
    unittest.main()
