"""The daemon as the screen of a simulated Hyper-V guest, from outside: its ends, its sleep, its timeouts."""

import os
import pathlib
import re
import resource
import select
import signal
import socket
import subprocess
import tempfile
import time
import unittest

import dbus
import dbus.lowlevel

from private_daemon import Bus, Daemon, Painter, PROGRAMS, run

WHOLE = "dirt 0,0 640,480"


class Host:
    """hvhost, and what it says."""

    def __init__(self, folder, *options):
        self.socket, self.control = folder / "uio", folder / "control"
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig=TERM", PROGRAMS / "hvhost", f"--socket={self.socket}", f"--control={self.control}",
             "--resolutions=640x480", *options], stdout=subprocess.PIPE)
        self.lines, self.rest = [], b""
        self.await_line("ready")

    def await_line(self, start, after=0, within=20):
        """Waits for a line whose start matches, beyond the first `after` ones; returns the number of lines up to it."""
        deadline = time.monotonic() + within
        while True:
            for number, line in enumerate(self.lines[after:], after):
                if re.match(start, line):
                    return number + 1
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                raise AssertionError(f"the host never said {start}: {self.lines[-5:]}")
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                raise AssertionError(f"the host is gone: {self.lines[-5:]}")
            *whole, self.rest = (self.rest + data).split(b"\n")
            self.lines += [line.decode() for line in whole]

    def say(self, *words):
        done = run(PROGRAMS / "hvhost", "--control", self.control, *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=20)
        self.process.stdout.close()


class HostAlone(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hvfbd-hyperv-")
        self.addCleanup(folder.cleanup)
        self.host = Host(pathlib.Path(folder.name))
        self.addCleanup(self.host.stop)
        self.pid = self.host.process.pid

    def connect(self, path, kind=socket.SOCK_STREAM):
        connection = socket.socket(socket.AF_UNIX, kind)
        self.addCleanup(connection.close)
        connection.settimeout(20)
        connection.connect(str(path))
        return connection

    def leave_descriptors(self, number):
        most = max(int(name) for name in os.listdir(f"/proc/{self.pid}/fd")) + 1 + number
        resource.prlimit(self.pid, resource.RLIMIT_NOFILE, (most, resource.prlimit(self.pid, resource.RLIMIT_NOFILE)[1]))

    def processor_time(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def ask(self, connection):
        connection.sendall(b"status\n")
        return connection.recv(4096)

    def test_without_a_descriptor_for_who_connects_waits_and_goes_on_with_who_is_there(self):
        first = self.connect(self.host.control)
        self.assertIn(b"ok state=", self.ask(first))
        self.leave_descriptors(0)
        second = self.connect(self.host.control)
        lines, began, used = 0, time.monotonic(), self.processor_time()
        for _ in range(3):
            lines = self.host.await_line("complaint: accept a connection: Too many open files", after=lines)
        self.assertLess(self.processor_time() - used, (time.monotonic() - began) / 2)
        self.assertIn(b"ok state=", self.ask(first))
        first.close()
        self.assertIn(b"ok state=", self.ask(second))

    def test_without_descriptors_for_a_guest_offers_the_device_to_the_next_one(self):
        first = self.connect(self.host.control)
        self.assertIn(b"ok state=", self.ask(first))
        self.leave_descriptors(2)
        self.assertEqual(self.connect(self.host.socket, socket.SOCK_SEQPACKET).recv(4096), b"")
        self.leave_descriptors(20)
        guest = self.connect(self.host.socket, socket.SOCK_SEQPACKET)
        self.assertIn(b"hvfbd-simulated-uio 1", guest.recv(4096))
        self.assertIn(b"connected=1", self.ask(first))


class Guest(Daemon):
    """hvfbd on the Hyper-V output."""

    def __init__(self, bus, socket):
        self.socket = socket
        super().__init__(bus, mode=None, output="hyperv",
                         configuration=f"[Output]\nType=hyperv\nUio=simulated:{socket}\n")


class HypervGuest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="hvfbd-hyperv-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.bus = Bus()
        self.addCleanup(self.bus.stop)

    def begin(self):
        self.host = Host(self.folder)
        self.addCleanup(self.host.stop)
        self.daemon = Guest(self.bus, self.host.socket)
        self.painter = Painter(self.bus, "drawing")
        self.addCleanup(self.painter.stop)
        self.host.await_line(WHOLE)

    def draw(self, color):
        self.painter.tell(f"fill 10 10 100 100 {color}")
        self.assertEqual(self.painter.ask("frame"), "shown")
        # A slow painter is shown in the middle of its stroke: the rest of it is submitted after that.
        self.host.await_line(r"dirt 10,\d+ 110,110 ")
        return len(self.host.lines)

    def window_pixel(self, x, y):
        self.host.say("raw", self.folder / "raw")
        data = (self.folder / "raw").read_bytes()
        at = (y * 640 + x) * 4
        return data[at:at + 3][::-1].hex()

    def test_writes_its_window_where_who_asks_for_it_is(self):
        self.begin()
        self.draw("00ff00")
        done = run(PROGRAMS / "hvhost", "--control", self.host.control, "screenshot", "window.png", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertTrue((self.folder / "window.png").read_bytes().startswith(b"\x89PNG"))

    def test_is_told_one_command_at_a_time(self):
        self.begin()
        done = run(PROGRAMS / "hvhost", "--control", self.host.control, "raw", f"{self.folder}/raw\nhide")
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("one line", done.stderr)
        self.assertIn("shown=1", self.host.say("status"))
        self.assertFalse((self.folder / "raw").exists())

    def test_dies_of_a_signal_with_its_picture_presented_once_more(self):
        for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS):
            with self.subTest(number):
                self.begin()
                before = self.draw("123456")
                self.daemon.process.send_signal(number)
                self.assertEqual(self.daemon.process.wait(timeout=20), -number)
                self.host.await_line(WHOLE, after=before)
                self.assertEqual(self.window_pixel(50, 50), "123456")
                self.assertIn("complaints=0", self.host.say("status"))
                self.doCleanups()
                self.setUp()

    def test_dies_of_a_signal_without_a_word_to_a_host_whose_window_is_hidden(self):
        self.begin()
        self.draw("123456")
        self.host.say("hide")
        hvfbctl = [PROGRAMS / "hvfbctl", f"--bus={self.bus.address}"]
        while run(*hvfbctl, "get", "Visible").stdout.strip() != "false":
            pass
        before = len(self.host.lines)
        self.daemon.process.send_signal(signal.SIGSEGV)
        self.assertEqual(self.daemon.process.wait(timeout=20), -signal.SIGSEGV)
        self.host.await_line("closed", after=before)
        self.assertFalse([line for line in self.host.lines[before:] if line.startswith("dirt")])
        self.assertIn("complaints=0", self.host.say("status"))

    def test_ends_with_its_picture_presented_once_more(self):
        self.begin()
        before = self.draw("654321")
        self.painter.tell("fill 0 0 640 480 abcdef")
        self.daemon.process.terminate()
        self.assertEqual(self.daemon.process.wait(timeout=20), 0)
        self.host.await_line(WHOLE, after=before)
        self.assertIn(self.window_pixel(50, 50), ("654321", "abcdef"))

    def test_gives_the_device_up_for_a_sleep_and_shows_everything_after_it(self):
        self.begin()
        logind = dbus.bus.BusConnection(self.bus.address)
        logind.request_name("org.freedesktop.login1")

        def say(name, value):
            message = dbus.lowlevel.SignalMessage("/org/freedesktop/login1", "org.freedesktop.login1.Manager", name)
            message.append(value, signature="b")
            logind.send_message(message)
            logind.flush()

        before = self.draw("0000ff")
        say("PrepareForSleep", True)
        asleep = self.host.await_line("closed", after=before)
        self.painter.tell("fill 10 10 100 100 00ff00")
        say("PrepareForSleep", False)
        awake = self.host.await_line("opened", after=asleep)
        self.host.await_line(WHOLE, after=awake)
        self.assertEqual(self.painter.ask("frame"), "shown")
        self.assertEqual(self.window_pixel(50, 50), "00ff00")
        before = len(self.host.lines)
        say("PrepareForShutdown", True)
        self.host.await_line(WHOLE, after=before)
        logind.close()
        self.assertEqual(self.daemon.stop(), 0)

    def test_says_why_a_refresh_reaches_nobody(self):
        self.begin()
        hvfbctl = [PROGRAMS / "hvfbctl", f"--bus={self.bus.address}"]
        before = len(self.host.lines)
        self.assertEqual(run(*hvfbctl, "refresh").returncode, 0)
        self.host.await_line(WHOLE, after=before)
        self.host.say("rescind")
        while run(*hvfbctl, "get", "Visible").stdout.strip() != "false":
            pass
        refused = run(*hvfbctl, "refresh")
        self.assertEqual(refused.returncode, 1)
        self.assertIn("the host has taken the video device away", refused.stdout + refused.stderr)
        before = len(self.host.lines)
        self.host.say("offer")
        self.host.await_line(WHOLE, after=before)
        self.assertEqual(run(*hvfbctl, "refresh").returncode, 0)

    def test_waits_for_a_host_that_comes_late_and_takes_the_place_of_none(self):
        self.daemon = Guest(self.bus, self.folder / "uio")
        get = [PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "get"]
        self.assertEqual(run(*get, "Output").stdout.strip(), "hyperv")
        self.assertEqual(run(*get, "Visible").stdout.strip(), "false")
        self.host = Host(self.folder)
        self.addCleanup(self.host.stop)
        self.host.await_line("situation 640x480")
        self.host.await_line(WHOLE)
        self.assertEqual(run(*get, "Visible").stdout.strip(), "true")
        self.assertEqual(run(*get, "Modes").stdout.strip(), "640x480")
        self.assertEqual(self.daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main()
