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

    READ = ("busctl", "--system", "get-property", NAME, DISPLAY, INTERFACE, "Width")
    DRAW = ("busctl", "--system", "call", NAME, DISPLAY, INTERFACE, "OpenSurface", "a{sv}", "0")
    # What a tool of the project's may be asked, by whomever.
    ASK = (("hvfbctl", "displays"), ("hvfbctl", "status"), ("hvfbctl", "top", "--count=1"), ("hvfbctl", "screenshot", "/dev/null"),
           ("hvfbctl", "doctor"))

    def enable(self, how):
        run("systemctl", how, "hvfbd.service", check=True)
        self.addCleanup(run, "systemctl", "disable", "hvfbd.service")

    def assert_starts_nothing(self, *command, user=None):
        result = run(*command, user=user)
        self.assertNotEqual(result.returncode, 0, (command, user))
        self.assertEqual(of_service("ActiveState"), "inactive", (command, user))
        return result.stderr

    def test_where_it_is_not_enabled_nobody_on_the_bus_starts_it(self):
        run("systemctl", "disable", "hvfbd.service", check=True)
        run("systemctl", "stop", "hvfbd.service", check=True)
        for user in (None, "drawer", "watcher", "stranger"):
            for command in (self.READ, self.DRAW, *self.ASK):
                said = self.assert_starts_nothing(*command, user=user)
                if command[0] == "hvfbctl" and command[1] != "doctor":
                    sudo = "sudo " if user else ""
                    self.assertEqual(said, f"hvfbctl: hvfbd is not running: {sudo}systemctl start hvfbd\n")
        # At once, and not after the half minute of a call that nobody answers.
        painter = Painter("first")
        self.addCleanup(painter.stop)
        self.assertIn("No route to host", painter.answer)
        self.assertEqual(of_service("ActiveState"), "inactive")
        self.assertIn("not enabled", run("hvfbctl", "doctor").stdout)

    def test_where_it_is_enabled_a_program_that_draws_starts_it_also_after_a_stop_and_nothing_else_of_ours_does(self):
        self.enable("enable")
        self.assertRegex(run("hvfbctl", "doctor").stdout, "(?m)^(✓|ok  ) start: enabled")
        for _ in range(2):
            run("systemctl", "stop", "hvfbd.service", check=True)
            for command in (self.READ, self.DRAW, *self.ASK):
                self.assert_starts_nothing(*command, user="stranger")
            for user in ("drawer", "watcher", None):
                for command in self.ASK[:-1]:
                    self.assert_starts_nothing(*command, user=user)
            self.assertIn("the bus starts it for the first program that draws", run("hvfbctl", "doctor").stdout)
            painter = Painter("first")
            self.addCleanup(painter.stop)
            self.assertEqual(painter.answer, "ready")
            self.assertEqual(of_service("ActiveState"), "active")

    def test_a_service_has_the_group_that_its_unit_gives_it(self):
        """Which the user database knows nothing of."""
        run("systemctl", "start", "hvfbd.service", check=True)
        self.addCleanup(run, "systemctl", "stop", "hvfbd.service")
        as_unit = ("systemd-run", "--quiet", "--pipe", "--wait", "--collect", "--uid=stranger")
        self.assertNotEqual(run(*as_unit, *self.DRAW).returncode, 0)
        self.assertIn("AccessDenied", run(*as_unit, "dbus-send", "--system", "--print-reply", f"--dest={NAME}", DISPLAY,
                                          "org.freedesktop.DBus.Peer.Ping").stderr)
        done = run(*as_unit, "--property=SupplementaryGroups=video", *self.DRAW)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_access_control(self):
        run("systemctl", "start", "hvfbd.service", check=True)
        self.addCleanup(run, "systemctl", "stop", "hvfbd.service")

        def calls(user, method, *arguments):
            return run("busctl", "--system", "call", NAME, DISPLAY, INTERFACE, method, *arguments, user=user)

        for user, method, arguments, allowed in (
                ("drawer", "OpenSurface", ("a{sv}", "0"), True), ("watcher", "OpenSurface", ("a{sv}", "0"), False),
                ("watcher", "OpenViewer", ("a{sv}", "0"), True), ("drawer", "OpenViewer", ("a{sv}", "0"), False),
                ("stranger", "OpenSurface", ("a{sv}", "0"), False), ("stranger", "OpenViewer", ("a{sv}", "0"), False),
                ("drawer", "Refresh", ("a{sv}", "0"), False), (None, "Refresh", ("a{sv}", "0"), True)):
            result = calls(user, method, *arguments)
            self.assertEqual(result.returncode == 0, allowed, f"{user} {method}: {result.stderr}")
        for user, allowed in (("drawer", True), ("watcher", True), ("stranger", False), (None, True)):
            self.assertEqual(run(*self.READ, user=user).returncode == 0, allowed, user)
        owned = run("dbus-send", "--system", "--print-reply", "--dest=org.freedesktop.DBus", "/",
                    "org.freedesktop.DBus.RequestName", f"string:{NAME}", "uint32:0", user="stranger")
        self.assertIn("AccessDenied", owned.stderr)


class Retry(unittest.TestCase):
    """A daemon that cannot start, with fewer attempts and shorter pauses than the units say."""

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
        wait_until(lambda: "open /dev/uio0, which no unit may that was started before the module uio came: sudo systemctl restart "
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
