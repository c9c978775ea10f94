"""Who starts the daemon over the bus: a program that opens a surface, and neither one that had one when it was stopped, nor a
viewer, nor a tool."""

import os
import pathlib
import select
import subprocess
import tempfile
import time
import unittest

from private_daemon import PROGRAMS, SOURCE, Bus, Daemon, Painter, run
from rfb_client import EXTENDED_DESKTOP_SIZE, RAW, RfbClient

LOST = 16  # HVFB_EVENT_LOST


class Activation(unittest.TestCase):
    """A bus that says when it was asked to start hvfbd."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.started = self.folder / "started"
        (self.folder / "org.hvfbd.Framebuffer1.service").write_text(
            f"[D-BUS Service]\nName=org.hvfbd.Framebuffer1\nExec=/bin/sh -c '>{self.started}; exit 1'\n")
        configuration = self.folder / "bus.conf"
        configuration.write_text((SOURCE / "tools/private-bus.conf").read_text().replace(
            "</busconfig>", f"<servicedir>{self.folder}</servicedir></busconfig>"))
        self.bus = Bus(configuration)
        self.addCleanup(self.bus.stop)

    def test_a_program_that_opens_a_surface_starts_the_daemon(self):
        self.assertRaises(RuntimeError, Painter, self.bus, "first")
        self.assertTrue(self.started.exists())

    def test_no_command_of_hvfbctl_starts_the_daemon(self):
        for words in (["status"], ["top", "--count=1"], ["get"], ["set", "RefreshLimit", "1"], ["displays"], ["surfaces"],
                      ["activate", "1"], ["close", "1"], ["screenshot", "/dev/null"], ["record", "/dev/null.mkv"], ["watch", "--count=1"], ["refresh"],
                      ["mode", "640x480"], ["reload"], ["doctor"]):
            with self.subTest(words):
                done = run(PROGRAMS / "hvfbctl", *words, env={**os.environ, "HVFB_BUS": self.bus.address})
                self.assertEqual(done.returncode, 1)
                self.assertFalse(self.started.exists())

    def test_hvfbctl_top_goes_on_with_the_daemon_that_comes_after(self):
        daemon = Daemon(self.bus)
        top = subprocess.Popen([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "top", "--interval=0.1", "--count=1000"],
                               stdout=subprocess.PIPE, text=True)
        self.addCleanup(top.wait)
        self.addCleanup(top.kill)
        self.addCleanup(top.stdout.close)
        self.assertIn("frames/s", top.stdout.readline())
        daemon.stop()
        daemon = Daemon(self.bus)
        self.addCleanup(daemon.stop)
        for _ in range(10):  # more than it can have said before
            self.assertIn("frames/s", top.stdout.readline())
        self.assertFalse(self.started.exists())

    def test_a_client_of_a_daemon_that_was_stopped_does_not_and_comes_back_when_somebody_else_does(self):
        daemon = Daemon(self.bus)
        painter = Painter(self.bus, "artist")
        self.addCleanup(painter.stop)
        self.assertEqual(daemon.stop(), 0)
        # Before it has heard, it says that it is connected.
        self.assertTrue(any(int(painter.ask("events")) & LOST for _ in range(30)))
        painter.tell("reconnect")
        self.assertEqual(select.select([painter.process.stdout], [], [], 0.5)[0], [])
        self.assertFalse(self.started.exists())
        daemon = Daemon(self.bus)
        self.addCleanup(daemon.stop)
        self.assertEqual(painter.process.stdout.readline(), "connected\n")
        self.assertFalse(self.started.exists())

    def test_a_vnc_client_that_wishes_for_another_mode_does_not(self):
        daemon = Daemon(self.bus)
        path = str(self.folder / "vnc")
        server = subprocess.Popen([PROGRAMS / "hvfb-vnc", f"--bus={self.bus.address}", f"--listen={path}", "--resize=yes"])
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        deadline = time.monotonic() + 60
        while not os.path.exists(path):
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        client = RfbClient(path).shake_hands()
        self.addCleanup(client.close)
        client.set_encodings(RAW, EXTENDED_DESKTOP_SIZE)
        client.whole()
        self.assertEqual(daemon.stop(), 0)
        client.wish(200, 100)
        self.assertEqual(client.answer_to_wish()[0], 2)  # out of resources
        self.assertFalse(self.started.exists())


if __name__ == "__main__":
    unittest.main()
