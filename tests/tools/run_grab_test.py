"""hvfb-run --grab, from outside: keyboards are the program's alone while its picture is shown, and everybody's afterwards, whoever ends how.

The keyboards are files in a folder that a preloaded library shows as /dev/input (tests/run/fake_input.c). Who has taken one holds a lock of the
file, which the kernel gives back as it does a keyboard."""

import fcntl
import os
import pathlib
import signal
import subprocess
import tempfile
import textwrap
import time

import unittest

from private_daemon import PROGRAMS, Daemon
from run_test import PRELUDE, PYTHON, OnSmallDisplay

FAKE = pathlib.Path(os.environ["HVFBD_SOURCE"]) / "tests/run/fake_input.c"


class GrabByAnyMethod:
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="hvfbd-run-grab-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.devices = self.folder / "input"
        self.devices.mkdir()
        for name, kind in (("event0", "keyboard"), ("event1", "mouse"), ("event2", "power"), ("event3", "keyboard")):
            (self.devices / name).write_text(kind)
        subprocess.run(["cc", "-shared", "-fPIC", "-w", "-U_FORTIFY_SOURCE", FAKE, "-o", self.folder / "fake.so"], check=True)
        self.environment.update(LD_PRELOAD=str(self.folder / "fake.so"), FAKE_INPUT=str(self.devices))

    def draw(self, *options, program="", end="input()"):
        """A program that has drawn, and ends when it is told to."""
        text = PRELUDE + textwrap.dedent(program) + "\nos.pwrite(fb, bytes(4), 0)\nprint('drawn', flush=True)\n" + end
        process = subprocess.Popen([PROGRAMS / "hvfb-run", f"--bus={self.bus.address}", f"--method={self.METHOD}", *options, *self.BEFORE, PYTHON, "-c", text],
                                   env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.wait, 20)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), "drawn\n")
        return process

    def taken(self):
        names = set()
        for device in self.devices.iterdir():
            with open(device, "rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    names.add(device.name)
        return names

    def await_taken(self, *names):
        deadline = time.monotonic() + 20
        while self.taken() != set(names):
            self.assertLess(time.monotonic(), deadline, self.taken())
            time.sleep(0.01)

    def holder(self):
        """The process that holds them."""
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if (folder / "comm").read_text() == "hvfb-run-keys\n" and str(self.devices).encode() in (folder / "environ").read_bytes():
                    return int(folder.name)
            except OSError:
                continue
        return None

    def test_keyboards_are_taken_while_the_picture_is_shown_and_given_back_by_an_end(self):
        process = self.draw("--grab")
        self.await_taken("event0", "event3")
        above = self.draw()
        self.await_taken()
        above.communicate("\n", timeout=20)
        self.await_taken("event0", "event3")
        process.communicate("\n", timeout=20)
        self.await_taken()
        deadline = time.monotonic() + 20
        while self.holder() is not None and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertIsNone(self.holder())

    def test_they_are_given_back_when_a_process_of_it_is_killed(self):
        process = self.draw("--grab")
        self.await_taken("event0", "event3")
        process.kill()
        self.await_taken()
        process = self.draw("--grab")
        self.await_taken("event0", "event3")
        os.kill(self.holder(), signal.SIGKILL)
        self.await_taken()
        self.assertIsNone(process.poll())

    def test_they_are_given_back_when_the_daemon_goes_and_taken_when_it_is_back(self):
        self.draw("--grab")
        self.await_taken("event0", "event3")
        self.daemon.stop()
        self.await_taken()
        self.daemon = Daemon(self.bus, mode=f"{self.WIDTH}x{self.HEIGHT}")
        self.await_taken("event0", "event3")

    def test_a_keyboard_that_is_plugged_in_is_taken_too(self):
        self.draw("--grab")
        self.await_taken("event0", "event3")
        (self.folder / "event9").write_text("keyboard")
        (self.folder / "event9").rename(self.devices / "event9")
        (self.devices / "event9").chmod(0o660)
        self.await_taken("event0", "event3", "event9")

    def test_a_keyboard_that_the_program_reads_is_its_own(self):
        process = self.draw("--grab", program="""
            first = os.open("/dev/input/event3", os.O_RDWR)
            os.close(first)
            keys = os.open("/dev/input/event3", os.O_RDWR | os.O_NONBLOCK)
            fcntl.ioctl(keys, 0x40044590, 1)
            """, end="input(); fcntl.flock(keys, fcntl.LOCK_EX | fcntl.LOCK_NB); print('its'); input()")
        self.await_taken("event0", "event3")
        process.stdin.write("\n")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), "its\n")
        self.assertEqual(self.taken(), {"event0", "event3"})
        above = self.draw()
        self.await_taken()
        above.kill()
        self.await_taken("event0", "event3")
        process.kill()
        self.await_taken()

    def test_a_keyboard_that_may_not_be_opened_is_said_at_the_beginning(self):
        for device in self.devices.iterdir():
            device.chmod(0)
        self.folder.chmod(0o755)
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=44", "--clear-groups", PROGRAMS / "hvfb-run", f"--bus={self.bus.address}",
                               "--grab", "true"], env=self.environment, capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 126, done.stderr)
        self.assertRegex(done.stderr, r"^hvfb-run: --grab: /dev/input/event\d: Permission denied\. .*usermod --append --groups input")


class RunGrab(GrabByAnyMethod, OnSmallDisplay):
    METHOD, BEFORE = "preload", ()


class RunGrabNotified(GrabByAnyMethod, OnSmallDisplay):
    # What answers has the devices; the program is to ask it.
    METHOD, BEFORE = "notify", ("env", "-u", "LD_PRELOAD")


if __name__ == "__main__":
    unittest.main()
