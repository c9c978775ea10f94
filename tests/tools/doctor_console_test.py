"""hvfbctl doctor: who draws the text console on a screen that the daemon has."""

import pathlib
import tempfile
import unittest

from examination import ExaminedFolder
from hyperv_test import Host
from private_daemon import Daemon


class ConsoleDoctor(ExaminedFolder):
    """A machine in a folder, whose screen is that of a simulated host."""

    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory(prefix="hvfbd-console-")
        self.addCleanup(folder.cleanup)
        self.host = Host(pathlib.Path(folder.name))
        self.addCleanup(self.host.stop)

    def show_on_the_host(self):
        self.daemon.stop()
        self.daemon = Daemon(self.bus, mode=None, output="hyperv", configuration=f"[Output]\nUio=simulated:{self.host.socket}\n")

    def test_says_when_nobody_draws_it_and_the_command(self):
        self.put("dev/tty0")
        self.assertNotIn("text console", self.findings("--root", self.root))  # memory is nobody's screen
        self.show_on_the_host()
        # There is no systemd on this bus.
        self.assert_found("text console", "warn", "nobody draws it on display0: systemd does not say", "sudo systemctl status hvfb-console")
        (self.root / "dev/tty0").unlink()
        self.assertNotIn("text console", self.findings("--root", self.root))


if __name__ == "__main__":
    unittest.main()
