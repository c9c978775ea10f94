"""The installed service under a real systemd and a real system bus: activation, policy, what it does when it cannot start."""

import os
import pathlib
import re
import unittest

from service import DISPLAY, INTERFACE, NAME, Painter, of_service, run, wait_until


class Activation(unittest.TestCase):
    def test_the_unit_is_clean_and_so_is_what_the_bus_says_of_the_policy(self):
        self.assertEqual(run("systemd-analyze", "verify", "--man=no", "hvfbd.service").stderr, "")
        said = run("journalctl", "-b", "-u", "dbus", "--no-pager", "-o", "cat").stdout
        wrong = [line for line in said.splitlines()
                 if re.search("error|unknown|fail", line, re.I) and not re.search("set fd limit|Rejected send message", line)]
        self.assertEqual(wrong, [])

    def test_a_call_starts_it_and_a_refused_one_does_not(self):
        run("systemctl", "stop", "hvfbd.service")
        refused = run("busctl", "--system", "call", NAME, DISPLAY, INTERFACE, "OpenSurface", "a{sv}", "0",
                      user="stranger")
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("denied", refused.stderr)
        self.assertEqual(of_service("ActiveState"), "inactive")
        painter = Painter("first")
        self.assertEqual(painter.answer, "ready")
        self.assertEqual(of_service("ActiveState"), "active")
        painter.stop()

    def test_who_may_what(self):
        def calls(user, method, *arguments):
            return run("busctl", "--system", "call", NAME, DISPLAY, INTERFACE, method, *arguments, user=user)

        for user, method, arguments, allowed in (
                ("drawer", "OpenSurface", ("a{sv}", "0"), True), ("watcher", "OpenSurface", ("a{sv}", "0"), False),
                ("watcher", "OpenViewer", ("a{sv}", "0"), True), ("drawer", "OpenViewer", ("a{sv}", "0"), False),
                ("stranger", "OpenSurface", ("a{sv}", "0"), False), ("stranger", "OpenViewer", ("a{sv}", "0"), False),
                ("drawer", "Refresh", ("a{sv}", "0"), False), (None, "Refresh", ("a{sv}", "0"), True)):
            result = calls(user, method, *arguments)
            self.assertEqual(result.returncode == 0, allowed, f"{user} {method}: {result.stderr}")
        owned = run("dbus-send", "--system", "--print-reply", "--dest=org.freedesktop.DBus", "/",
                    "org.freedesktop.DBus.RequestName", f"string:{NAME}", "uint32:0", user="stranger")
        self.assertIn("AccessDenied", owned.stderr)


class Retry(unittest.TestCase):
    """A daemon that cannot start, with fewer attempts and less patience than the units say."""

    SHORTER = {"hvfbd.service": "[Unit]\nStartLimitIntervalSec=6s\nStartLimitBurst=3\n[Service]\nRestartSec=20ms\n",
               "hvfbd-retry.timer": "[Timer]\nOnActiveSec=\nOnActiveSec=6500ms\nAccuracySec=50ms\n"}
    WRONG = pathlib.Path("/etc/hvfbd/hvfbd.conf.d/wrong.conf")

    def setUp(self):
        self.addCleanup(run, "systemctl", "daemon-reload")
        for unit, text in self.SHORTER.items():
            folder = pathlib.Path(f"/run/systemd/system/{unit}.d")
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "shorter.conf").write_text(text)
            self.addCleanup((folder / "shorter.conf").unlink)
        run("systemctl", "daemon-reload", check=True)
        self.addCleanup(run, "systemctl", "stop", "hvfbd-retry.timer", "hvfbd.service")
        self.addCleanup(self.WRONG.unlink, missing_ok=True)
        run("systemctl", "stop", "hvfbd.service")
        run("systemctl", "reset-failed", "hvfbd.service")

    def attempts(self):
        """How often it was started since the last time that systemd gave it up."""
        return int(of_service("NRestarts"))

    def test_it_is_tried_again_for_ever_and_comes_up_when_the_cause_is_mended(self):
        self.WRONG.parent.mkdir(parents=True, exist_ok=True)
        self.WRONG.write_text("[Output]\nType=uio\n")  # which device is not said
        run("systemctl", "start", "--no-block", "hvfbd.service", check=True)
        for which in ("first", "second"):
            wait_until(lambda: of_service("ActiveState") == "failed", f"it is given up the {which} time")
            self.assertEqual(of_service("Result"), "exit-code")
            print(f"given up the {which} time after {self.attempts()} restarts", flush=True)
            wait_until(lambda: of_service("SubState", "hvfbd-retry.timer") == "waiting", "the timer counts")
            if which == "first":
                wait_until(lambda: of_service("ActiveState") != "failed", "the timer tries again")
        self.WRONG.unlink()
        wait_until(lambda: of_service("ActiveState") == "active", "it is up")
        # It waits for nothing any more ("waiting" is what it does while it counts), until the next failure starts it.
        self.assertIn(of_service("SubState", "hvfbd-retry.timer"), ("running", "dead"))
        self.assertEqual(of_service("NextElapseUSecMonotonic", "hvfbd-retry.timer"), "infinity")


class LateModule(unittest.TestCase):
    """DeviceAllow=char-uio is what /proc/devices says when the service starts."""

    NODE = pathlib.Path("/dev/uio0")
    CONFIGURATION = pathlib.Path("/etc/hvfbd/hvfbd.conf.d/late.conf")

    def said(self):
        return run("journalctl", "-b", "-u", "hvfbd", "-o", "cat").stdout

    def test_a_device_whose_module_came_after_the_start_is_opened_after_the_next(self):
        # A device of another kind plays it: one that every kernel has, and that nobody else in here may open.
        os.mknod(self.NODE, 0o020000, os.makedev(10, 237))
        self.addCleanup(self.NODE.unlink)
        self.NODE.chmod(0o660)
        os.chown(self.NODE, 0, int(run("id", "-g", "hvfbd").stdout))
        self.CONFIGURATION.parent.mkdir(parents=True, exist_ok=True)
        self.CONFIGURATION.write_text("[Output]\nType=uio\nUio=/dev/uio0\nMode=640x480\n")
        self.addCleanup(self.CONFIGURATION.unlink)
        self.addCleanup(run, "systemctl", "stop", "hvfbd.service")
        run("systemctl", "restart", "hvfbd.service", check=True)
        wait_until(lambda: "open /dev/uio0, which no unit may that was started before the module uio came: systemctl restart "
                           "hvfbd (docs/uio.md): Operation not permitted; hidden" in self.said(), "it says why, and what to do")

        devices = pathlib.Path("/proc/devices").read_text()
        self.assertNotIn(" uio\n", devices)
        later = pathlib.Path("/run/later-devices")
        later.write_text(devices.replace("Character devices:\n", "Character devices:\n 10 uio\n"))
        run("mount", "--bind", later, "/proc/devices", check=True)
        self.addCleanup(run, "umount", "/proc/devices")
        run("systemctl", "restart", "hvfbd.service", check=True)
        # It is opened, and found to be no such device.
        wait_until(lambda: "/dev/uio0 has no maps" in self.said(), "it may open it")


if __name__ == "__main__":
    unittest.main()
