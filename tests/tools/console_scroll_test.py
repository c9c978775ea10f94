"""hvfbctl console, with a real hvfb-console on a real daemon. The terminal is a pair of files in a /dev of its own, which hvfb-console
reads again and again, for it cannot ask for their state; what the screen shows is compared with a picture computed here."""

import gzip
import os
import pathlib
import pty
import select
import struct
import subprocess
import sys
import tempfile
import time
import unittest

from private_daemon import OnPrivateBus, PROGRAMS, SOURCE, for_caller, read_png, run

sys.path.append(str(SOURCE / "tests/vm"))
from text_picture import PsfFont, TextPicture  # noqa: E402

COLUMNS, ROWS = 80, 30
PLAIN, REVERSE = 0x07, 0x70
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")


class ConsoleScrolls(OnPrivateBus):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        # Another user connects as well.
        self.folder.chmod(0o755)
        self.control = self.folder / "control"
        self.printed, self.text = 0, ""
        for name in ("vcsa", "vcsu", "tty1"):
            (self.folder / name).touch()
        self.write(28)
        files = " ".join(f": >/dev/{name}; mount --bind {self.folder}/{name} /dev/{name};" for name in ("vcsa", "vcsu", "tty1"))
        script = (f"mount -t tmpfs tmpfs /dev; {files} mount -t tmpfs tmpfs /sys/class; mkdir -p /sys/class/tty/tty0; "
                  'echo tty1 >/sys/class/tty/tty0/active; exec "$@"')
        self.console = subprocess.Popen(["unshare", "--mount", "sh", "-euc", script, "sh", PROGRAMS / "hvfb-console", f"--bus={self.bus.address}",
                                         f"--control={self.control}", "--scrollback=500"], stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        self.addCleanup(self.console.wait)
        self.addCleanup(self.console.terminate)
        # Where nobody looks, nothing is read.
        looks = subprocess.Popen([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "watch"], stdout=subprocess.DEVNULL)
        self.addCleanup(looks.wait)
        self.addCleanup(looks.terminate)
        self.font = PsfFont(gzip.decompress((SOURCE / "console/font/Uni2-Fixed16.psf.gz").read_bytes()))
        self.await_picture(self.lines())

    # ---- the terminal

    def lines(self, back=0):
        """What the terminal holds, after `back` lines were scrolled back."""
        first = self.printed - (ROWS - 1) + 1 - back
        return [f"line {number}" if number <= self.printed else "" for number in range(first, first + ROWS)]

    @staticmethod
    def files_of(lines, cursor, marks=()):
        """As /dev/vcsa and /dev/vcsu hold it. `marks`: reverse text at the end of rows."""
        attributes, codes = bytes((ROWS, COLUMNS, *cursor)), b""
        marks = dict(marks)
        for row, line in enumerate(lines):
            mark = marks.get(row, "")
            text = line.ljust(COLUMNS - len(mark)) + mark
            for column, character in enumerate(text):
                attributes += bytes((ord(character) & 255, REVERSE if column >= COLUMNS - len(mark) else PLAIN))
            codes += struct.pack(f"={COLUMNS}I", *map(ord, text))
        return attributes, codes

    def write(self, count=0, text=""):
        """Prints so many lines, and `text` behind the last one."""
        self.printed, self.text = self.printed + count, text
        lines = self.lines()
        lines[-1] = text
        for name, data in zip(("vcsa", "vcsu"), self.files_of(lines, (len(text), ROWS - 1))):
            with open(self.folder / name, "r+b") as file:
                file.write(data)

    # ---- what is shown

    def picture_of(self, lines, back=0, kept=0):
        marks = [(0, f"[{back}/{kept}]")] if back else []
        lines = list(lines)
        if not back:
            lines[-1] = self.text
        vcsa, vcsu = self.files_of(lines, (len(self.text), ROWS - 1), marks)
        return TextPicture(640, 480, [self.font]).draw(vcsa, vcsu, (ROWS, COLUMNS), cursor=not back)

    def await_picture(self, lines, back=0, kept=0):
        wanted, deadline = self.picture_of(lines, back, kept), time.monotonic() + 20
        while True:
            data = subprocess.run([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "screenshot", "-"], capture_output=True, check=True).stdout
            width, height, rows = read_png(data)
            difference = wanted.difference(width, height, bytearray(part for row in rows for pixel in row for part in pixel))
            if difference is None:
                return
            self.assertLess(time.monotonic(), deadline, difference)
            select.select([], [], [], 0.05)

    def scroll(self, *words, **options):
        return self.hvfbctl("console", "scroll", f"--control={self.control}", *words, **options)

    def await_kept(self, count):
        deadline = time.monotonic() + 20
        while f"of {count} that" not in (said := self.scroll("end")):
            self.assertLess(time.monotonic(), deadline, said)
            select.select([], [], [], 0.02)

    def print_so_that_all_is_kept(self):
        for kept in (20, 40):
            self.write(20)
            self.await_kept(kept)

    # ---- tests

    def test_shows_what_scrolled_off_until_the_terminal_is_written_to(self):
        self.print_so_that_all_is_kept()
        self.assertEqual(self.scroll("up"), "15 lines back, of 40 that are kept\n")
        self.await_picture(self.lines(15), 15, 40)
        self.assertEqual(self.scroll("up", "20"), "35 lines back, of 40 that are kept\n")
        self.await_picture(self.lines(35), 35, 40)
        self.assertEqual(self.scroll("down", "5"), "30 lines back, of 40 that are kept\n")
        self.assertEqual(self.scroll("top"), "40 lines back, of 40 that are kept\n")
        self.await_picture(self.lines(40), 40, 40)
        self.write(0, "l")
        self.await_picture(self.lines())
        self.assertEqual(self.hvfbctl("console", "forget", f"--control={self.control}"), "")
        self.assertEqual(self.scroll("top"), "0 lines back, of 0 that are kept\n")

    def test_is_scrolled_by_the_keys_of_a_terminal_and_held_meanwhile(self):
        self.print_so_that_all_is_kept()
        ours, its = pty.openpty()
        self.addCleanup(os.close, ours)
        keys = subprocess.Popen([PROGRAMS / "hvfbctl", "console", "scroll", f"--control={self.control}"], stdin=its, stdout=its, stderr=its)
        os.close(its)
        self.addCleanup(keys.wait)
        self.addCleanup(keys.kill)
        self.await_picture(self.lines(15), 15, 40)
        os.write(ours, b"\x1b[5~")
        self.await_picture(self.lines(30), 30, 40)
        # As a key that is held sends it.
        os.write(ours, b"\x1b[B?jk\x1b[A\x1b[B")
        self.await_picture(self.lines(29), 29, 40)
        self.write(5)
        self.await_picture(self.lines(34), 34, 45)
        os.write(ours, b"q")
        self.assertEqual(keys.wait(20), 0)
        self.await_picture(self.lines())
        # Nothing but the line about the keys, and no key.
        said = os.read(ours, 1000).decode()
        self.assertEqual(said.count("\n"), 1, said)
        self.assertIn("q returns to the end", said)

    def test_is_for_root_and_for_who_is_logged_in_there(self):
        self.print_so_that_all_is_kept()
        program = os.open(PROGRAMS / "hvfbctl", os.O_RDONLY)
        self.addCleanup(os.close, program)
        command = [*NOBODY, f"/proc/self/fd/{program}", "console", "scroll", f"--control={self.control}", "up"]
        refused = run(*command, pass_fds=[program])
        self.assertEqual((refused.returncode, refused.stdout), (1, ""), refused.stderr)
        self.assertIn("root and by the user who is logged in on the terminal in the foreground: sudo hvfbctl console scroll up", refused.stderr)
        # A login; what was there before is not for who comes.
        os.chown(self.folder / "tty1", 65534, 65534)
        self.write(0, "$")
        self.await_kept(0)
        self.write(10)
        self.await_kept(10)
        done = run(*command, pass_fds=[program])
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "10 lines back, of 10 that are kept\n", ""))

    def test_says_what_is_wrong_and_what_mends_it(self):
        for words, wrong in ((("scroll",), "up, down, top or end"), (("scroll", "top", "3"), "takes no number"), (("forget", "up"), "nothing behind it")):
            self.assertIn(wrong, self.hvfbctl("console", *words, f"--control={self.control}", code=2, stdin=subprocess.DEVNULL))
        none = self.hvfbctl("console", "scroll", "up", f"--control={self.folder}/none", code=1)
        self.assertIn(for_caller("does not run, or waits for hvfbd"), none)
        self.assertIn(for_caller("sudo systemctl start hvfbd hvfb-console"), none)
        # The socket goes with the console.
        self.assertTrue(self.control.is_socket())
        self.console.terminate()
        self.assertEqual(self.console.wait(20), 0)
        self.assertFalse(self.control.exists())


if __name__ == "__main__":
    unittest.main()
