"""hvfb-console where it cannot show anything: what it says, and the command that mends it. tests/vm has terminals."""

import contextlib
import itertools
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest

from private_daemon import Bus, Daemon, Painter, PROGRAMS, SOURCE, run


class DroppingBus:
    """Passes everything on to `bus`, but hangs up its second caller."""

    def __init__(self, bus, path):
        self.target, self.address = re.search("unix:path=([^,]+)", bus.address)[1], f"unix:path={path}"
        self.listener, self.callers = socket.socket(socket.AF_UNIX), []
        self.listener.bind(str(path))
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        with contextlib.suppress(OSError):
            for number in itertools.count(1):
                caller, _ = self.listener.accept()
                if number == 2:
                    caller.close()
                    continue
                bus = socket.socket(socket.AF_UNIX)
                bus.connect(self.target)
                self.callers += [caller, bus]
                for pair in ((caller, bus), (bus, caller)):
                    threading.Thread(target=self.pass_on, args=pair, daemon=True).start()

    def pass_on(self, source, target):
        with contextlib.suppress(OSError):
            while (received := socket.recv_fds(source, 65536, 16))[0]:
                socket.send_fds(target, [received[0]], received[1])
                for fd in received[1]:
                    os.close(fd)
            target.shutdown(socket.SHUT_RDWR)

    def stop(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        for end in (self.listener, *self.callers):
            end.close()


class ConsoleErrors(unittest.TestCase):
    def console(self, *words, prepare=":", user=()):
        """Runs it in a /dev of its own, which `prepare` fills, and returns its only sentence. Opened before: the program may be where
        another user may not look."""
        program = os.open(PROGRAMS / "hvfb-console", os.O_RDONLY)
        self.addCleanup(os.close, program)
        script = f'mount -t tmpfs tmpfs /dev && chmod 755 /dev && {prepare} && exec "$@"'
        done = run("unshare", "--mount", "sh", "-euc", script, "sh", *user, f"/proc/self/fd/{program}", *words, pass_fds=[program])
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertTrue(done.stderr.startswith("hvfb-console: "), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr

    def test_without_terminals_says_that_the_kernel_has_none(self):
        self.assertIn("CONFIG_VT", self.console())

    def test_without_the_right_names_the_group_and_the_command(self):
        nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")
        said = self.console(prepare="umask 077 && : >/dev/vcsa", user=nobody)
        self.assertIn("only group tty may read terminals", said)
        self.assertIn("usermod -aG tty", said)

    def test_without_the_font_that_is_wanted_names_it(self):
        self.assertIn("there is no font nowhere: ", self.console("--font", "nowhere"))
        self.assertIn("/etc/passwd is no PSF font", self.console("--font", "/etc/passwd"))

    def test_a_font_that_may_not_be_read_says_why_and_what_shows_it(self):
        nobody = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")
        said = self.console("--font", "/dev/font.psf", prepare="umask 077 && : >/dev/font.psf", user=nobody)
        self.assertIn('open the font /dev/font.psf ("ls -lL" shows who may read it): Permission denied', said)

    def test_a_font_that_is_too_large_is_not_read(self):
        with tempfile.NamedTemporaryFile(suffix=".psf") as font:
            font.truncate(1 << 32)
            # As little memory as it would take while it read.
            said = self.console("--font", font.name, prepare="ulimit -v 1000000")
            self.assertIn(f"{font.name} is too large", said)


class ConsoleWaits(unittest.TestCase):
    """With files for terminals, in a /dev of its own: until hvfbd is there it needs no more of them."""

    def start(self, address):
        script = 'mount -t tmpfs tmpfs /dev && : >/dev/vcsa && : >/dev/vcsu && exec "$@"'
        console = subprocess.Popen(["unshare", "--mount", "sh", "-euc", script, "sh", PROGRAMS / "hvfb-console", "--bus", address],
                                   stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self.addCleanup(console.stderr.close)
        self.addCleanup(console.wait)
        self.addCleanup(console.kill)
        return console

    def sentence(self, console):
        self.assertTrue(select.select([console.stderr], [], [], 20)[0], "it says nothing")
        return console.stderr.readline()

    def assert_ends_by_sigterm(self, console):
        self.assertIsNone(console.poll())
        console.send_signal(signal.SIGTERM)
        self.assertEqual((console.wait(20), console.stderr.read()), (0, ""))

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def bus(self, more=""):
        configuration = self.folder / "bus.conf"
        configuration.write_text((SOURCE / "tools/private-bus.conf").read_text().replace("</busconfig>", more + "</busconfig>"))
        bus = Bus(configuration)
        self.addCleanup(bus.stop)
        return bus

    def daemon(self, bus):
        daemon = Daemon(bus)
        self.addCleanup(daemon.stop)
        return daemon

    def await_surface(self, bus):
        """No name on the bus says that it is there."""
        deadline = time.monotonic() + 20
        while "console" not in run(PROGRAMS / "hvfbctl", f"--bus={bus.address}", "surfaces").stdout:
            self.assertLess(time.monotonic(), deadline, "it opens no surface")
            time.sleep(0.05)

    def test_does_not_start_a_daemon_that_does_not_run(self):
        started = self.folder / "started"
        (self.folder / "org.hvfbd.Framebuffer1.service").write_text(
            f"[D-BUS Service]\nName=org.hvfbd.Framebuffer1\nExec=/usr/bin/touch {started}\n")
        bus = self.bus(f"<servicedir>{self.folder}</servicedir>")
        console = self.start(bus.address)
        self.assertIn("hvfbd does not run: waits for it", self.sentence(console))
        self.assertFalse(started.exists())
        self.assert_ends_by_sigterm(console)

    def test_waits_for_a_bus_that_is_away_and_says_so_once(self):
        console = self.start(f"unix:path={self.folder}/none")
        self.assertIn("connect to the bus: ", self.sentence(console))
        self.assertEqual(select.select([console.stderr], [], [], 0.5)[0], [])
        self.assert_ends_by_sigterm(console)

    def test_ends_without_an_error_when_somebody_closes_its_surface(self):
        bus = self.bus()
        self.daemon(bus)
        console = self.start(bus.address)
        self.await_surface(bus)
        self.assertEqual(run(PROGRAMS / "hvfbctl", f"--bus={bus.address}", "close", "console").returncode, 0)
        self.assertEqual(console.wait(20), 0)
        self.assertIn("somebody has closed the surface", console.stderr.read())

    def test_waits_while_its_user_has_too_many_surfaces(self):
        bus = self.bus()
        self.daemon(bus)
        painters = [Painter(bus, f"painter{i}") for i in range(16)]
        for painter in painters:
            self.addCleanup(painter.stop)
        console = self.start(bus.address)
        self.assertRegex(self.sentence(console), "open a surface: .* 16 surfaces.*: tries again every two seconds")
        self.assertIsNone(console.poll())
        painters[0].stop()
        self.await_surface(bus)

    def test_tries_again_where_the_bus_says_that_the_daemon_is_there_and_hangs_up(self):
        bus = self.bus()
        self.daemon(bus)
        dropping = DroppingBus(bus, self.folder / "dropping")
        self.addCleanup(dropping.stop)
        console = self.start(dropping.address)
        self.assertIn(": tries again every two seconds", self.sentence(console))
        self.await_surface(bus)

    def test_waits_while_the_bus_has_no_room_for_a_surface(self):
        """The daemon is there, and the library does not reach it."""
        bus = self.bus('<limit name="max_connections_per_user">3</limit>')
        self.daemon(bus)
        other = subprocess.Popen(["dbus-monitor", "--address", bus.address], stdout=subprocess.PIPE)
        self.addCleanup(other.wait)
        self.addCleanup(other.stdout.close)
        self.addCleanup(other.kill)
        other.stdout.readline()
        console = self.start(bus.address)
        self.assertIn(": tries again every two seconds", self.sentence(console))
        self.assertIsNone(console.poll())
        other.kill()
        self.await_surface(bus)


if __name__ == "__main__":
    unittest.main()
