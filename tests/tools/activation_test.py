"""Who starts the daemon over the bus: a program that opens a surface, and not one that had one when it was stopped."""

import pathlib
import select
import tempfile
import unittest

from private_daemon import SOURCE, Bus, Daemon, Painter


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

    def test_a_client_of_a_daemon_that_was_stopped_does_not_and_comes_back_when_somebody_else_does(self):
        daemon = Daemon(self.bus)
        painter = Painter(self.bus, "artist")
        self.addCleanup(painter.stop)
        self.assertEqual(daemon.stop(), 0)
        painter.tell("reconnect")
        self.assertEqual(select.select([painter.process.stdout], [], [], 0.5)[0], [])
        self.assertFalse(self.started.exists())
        daemon = Daemon(self.bus)
        self.addCleanup(daemon.stop)
        self.assertEqual(painter.process.stdout.readline(), "connected\n")
        self.assertFalse(self.started.exists())


if __name__ == "__main__":
    unittest.main()
