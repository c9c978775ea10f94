"""Xorg under hvfb-run and on the kernel's own vfb, in one guest that has the files of this machine: X's own tests say the same of both."""

import os
import pathlib
import subprocess
import unittest

PROGRAMS, SOURCE = pathlib.Path(os.environ["HVFBD_PROGRAMS"]), pathlib.Path(os.environ["HVFBD_SOURCE"])


class OnVfb(unittest.TestCase):
    def test_xs_own_tests_say_of_it_what_they_say_of_xorg_on_vfb(self):
        """rendercheck and x11perf, and what xwd says is on the screen at the end: see vfb-session."""
        # An emulated guest takes minutes.
        done = subprocess.run([SOURCE / "tools/benchmark/guest", PROGRAMS], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=1100,
                              env={**os.environ, "HVFBD_SESSION": "tests/programs/vfb-session", "HVFBD_SCREEN": "640x640"})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        # What rendercheck calls the window differs: vfb has blue first.
        said = {how: lines.replace("b8g8r8", "r8g8b8").splitlines()
                for how, _, lines in (part.partition("\n") for part in done.stdout.split("== ")[1:])}
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
