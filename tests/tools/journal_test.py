"""What the daemon says to the journal, and what `journalctl -x` says to that.

The daemon's messages are received at the journal's own address: this runs in a mount namespace where /run is its own."""

import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest

from private_daemon import CONFIGURATION, PROGRAMS, SOURCE, Bus, run

EVENTS = dict(re.findall(r'Event \w+\{"([a-z-]+)",\s*"([0-9a-f]{32})"', (SOURCE / "daemon/system/events.h").read_text()))
CATALOG = SOURCE / "units/hvfbd.catalog"


def fields(packet):
    """A message of the journal's native protocol."""
    found = {}
    while packet:
        line, packet = packet.split(b"\n", 1)
        if b"=" in line:
            name, value = line.split(b"=", 1)
        else:
            (length,), name = struct.unpack("<Q", packet[:8]), line
            value, packet = packet[8:8 + length], packet[9 + length:]
        found[name.decode()] = value.decode()
    return found


class Journal(unittest.TestCase):
    def setUp(self):
        # Only what this test mounted: never the machine's own.
        self.assertEqual(os.stat("/run").st_dev, os.stat("/run/for-this-test").st_dev)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="hvfbd-journal-"))
        self.addCleanup(shutil.rmtree, self.folder)
        pathlib.Path("/run/systemd/journal").mkdir(parents=True, exist_ok=True)
        self.journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.journal.close)
        pathlib.Path("/run/systemd/journal/socket").unlink(missing_ok=True)
        self.journal.bind("/run/systemd/journal/socket")
        self.journal.settimeout(20)
        self.bus = Bus()
        self.addCleanup(self.bus.stop)
        self.daemon = None

    def start(self, *options, configuration="", **environment):
        path = self.folder / CONFIGURATION
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(configuration)
        # Standard error is "the journal" when JOURNAL_STREAM names it.
        errors, _ = socket.socketpair()
        with errors, _:
            status = os.fstat(errors.fileno())
            self.daemon = subprocess.Popen(
                [PROGRAMS / "hvfbd", f"--bus={self.bus.address}", f"--config-root={self.folder}", "--output=memory",
                 "--mode=640x480", *options], stderr=errors,
                env={**os.environ, "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}", **environment})
        self.addCleanup(self.stop)

    def stop(self):
        self.daemon.kill()
        self.daemon.wait(timeout=20)

    def event(self, name):
        """The next message of this event; others are passed over."""
        while True:
            message = fields(self.journal.recv(1 << 16))
            if message.get("HVFBD_EVENT") == name:
                self.assertEqual(message["MESSAGE_ID"], EVENTS[name])
                self.assertEqual(message["SYSLOG_IDENTIFIER"], "hvfbd")
                return message

    def test_a_display_that_is_ready(self):
        self.start()
        message = self.event("ready")
        self.assertEqual((message["HVFBD_DISPLAY"], message["HVFBD_WIDTH"], message["HVFBD_HEIGHT"], message["HVFBD_OUTPUT"]),
                         ("display0", "640", "480", "memory"))
        self.assertEqual(message["PRIORITY"], "6")
        self.assertRegex(message["MESSAGE"], "^display0 is 640x480, memory output, on bus unix:")

    def test_another_mode(self):
        self.start()
        self.event("ready")
        self.assertEqual(run(PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "mode", "800x600").returncode, 0)
        message = self.event("layout-changed")
        self.assertEqual((message["HVFBD_WIDTH"], message["HVFBD_HEIGHT"]), ("800", "600"))

    def test_nobody_looks_and_somebody_does(self):
        self.start()
        self.event("ready")
        with subprocess.Popen([PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "watch"],
                              stdout=subprocess.DEVNULL) as watcher:
            # It is shown until the first viewer goes, so that a second one must come for the other.
            while "viewer" not in fields(self.journal.recv(1 << 16))["MESSAGE"]:
                pass
            watcher.terminate()
        self.assertEqual(self.event("hidden")["HVFBD_DISPLAY"], "display0")
        self.assertEqual(run(PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "screenshot",
                             self.folder / "screen.png").stderr, "")
        self.event("shown")

    def test_a_configuration_that_is_not_understood(self):
        self.start(configuration="[Display]\nRefreshLimit=fast\n")
        message = self.event("configuration-warning")
        self.assertEqual((message["CONFIG_FILE"], message["CONFIG_LINE"], message["PRIORITY"]),
                         (str(self.folder / CONFIGURATION), "2", "4"))
        self.event("ready")

    def test_a_daemon_that_cannot_have_its_name(self):
        self.start()
        self.event("ready")
        first = self.daemon
        self.addCleanup(lambda: (first.kill(), first.wait(timeout=20)))
        self.start()
        self.assertEqual(self.event("failed")["PRIORITY"], "2")
        self.assertEqual(self.daemon.wait(timeout=20), 1)

    def fill(self, address):
        """Sends there until there is no room; returns how often."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as sender:
            for sent in range(100000):
                try:
                    sender.sendto(b"MESSAGE=full\n", address)
                except BlockingIOError:
                    return sent
        self.fail("it has room without end")

    def test_nobody_who_reads_keeps_the_daemon_waiting(self):
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(manager.close)
        manager.bind(str(self.folder / "notify"))
        manager.settimeout(20)
        for address in ("/run/systemd/journal/socket", str(self.folder / "notify")):
            self.fill(address)
        self.start(configuration="[Display]\nRefreshLimit=fast\n", NOTIFY_SOCKET=str(self.folder / "notify"))
        status = (PROGRAMS / "hvfbctl", f"--bus={self.bus.address}", "status")
        end = time.monotonic() + 20
        while run(*status).returncode != 0:
            self.assertLess(time.monotonic(), end, "it does not serve")
        for _ in range(3):
            os.kill(self.daemon.pid, signal.SIGHUP)
            self.assertEqual(run(*status).returncode, 0)
        # Both read again: the manager gets all of it, and the journal how much it has missed.
        told = b""
        while b"READY=1" not in told:
            told = manager.recv(1 << 16)
        while fields(self.journal.recv(1 << 16))["MESSAGE"] == "full":
            self.journal.setblocking(False)
            try:
                self.journal.recv(1 << 16, socket.MSG_PEEK)
            except BlockingIOError:
                break
            finally:
                self.journal.settimeout(20)
        os.kill(self.daemon.pid, signal.SIGHUP)
        self.assertRegex(fields(self.journal.recv(1 << 16))["MESSAGE"], r"^\d+ lines of the log were lost")

    def test_what_is_below_the_level_is_not_said(self):
        self.start("--log-level=warning", configuration="[Display]\nRefreshLimit=fast\n")
        self.event("configuration-warning")
        os.kill(self.daemon.pid, signal.SIGTERM)
        self.daemon.wait(timeout=20)
        self.journal.setblocking(False)
        with self.assertRaises(BlockingIOError):
            self.journal.recv(1 << 16)


class Catalog(unittest.TestCase):
    def test_explains_every_event_and_nothing_else(self):
        entries = re.findall(r"^-- ([0-9a-f]{32})$", CATALOG.read_text(), re.M)
        self.assertEqual(len(entries), len(set(entries)))
        self.assertEqual(len(EVENTS), len(set(EVENTS.values())))
        self.assertEqual(set(entries), set(EVENTS.values()))
        self.assertEqual(len(EVENTS), (SOURCE / "daemon/system/events.h").read_text().count("inline constexpr Event"))

    def test_every_entry_has_a_subject_and_says_what_to_do(self):
        for entry in re.split(r"^-- [0-9a-f]{32}\n", CATALOG.read_text(), flags=re.M)[1:]:
            head, text = entry.split("\n\n", 1)
            self.assertRegex(head, r"^Subject: .+\nDefined-By: hvfbd\nDocumentation: man:")
            self.assertGreater(len(text.strip()), 40)
            for page in re.findall(r"man:([\w.-]+\(\d\))", head):
                self.assertTrue((SOURCE / "docs/man" / f"{page[:-1].replace('(', '.')}.scd").exists(), page)

    def test_names_only_fields_that_the_daemon_sends(self):
        sent = set(re.findall(r'\{"([A-Z_]+)"',
                              "".join(file.read_text() for file in (SOURCE / "daemon").rglob("*.cpp"))))
        self.assertLessEqual(set(re.findall(r"@(\w+)@", CATALOG.read_text())), sent)

    def test_the_journal_takes_it(self):
        with tempfile.TemporaryDirectory() as root:
            root = pathlib.Path(root)
            (root / "usr/lib/systemd/catalog").mkdir(parents=True)
            (root / "var/lib/systemd/catalog").mkdir(parents=True)
            shutil.copy(CATALOG, root / "usr/lib/systemd/catalog")
            done = run("journalctl", f"--root={root}", "--update-catalog")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            listed = run("journalctl", f"--root={root}", "--list-catalog").stdout
            self.assertEqual(set(re.findall(r"^([0-9a-f]{32}) hvfbd: ", listed, re.M)), set(EVENTS.values()))


if __name__ == "__main__":
    unittest.main()
