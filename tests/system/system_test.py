"""The installed service under a real systemd and a real system bus: activation, policy, restarts, sandbox."""

import json
import os
import pathlib
import re
import signal
import unittest

from service import (DISPLAY, INTERFACE, NAME, Painter, first_pixel, of_service, pixels, property_of_display, run,
                     wait_until)

class Service(unittest.TestCase):
    def setUp(self):
        run("systemctl", "reset-failed", "hvfbd.service")
        run("systemctl", "start", "hvfbd.service", check=True)

    def tearDown(self):
        run("systemctl", "stop", "hvfbd.service")

    def painter(self, name):
        painter = Painter(name)
        self.addCleanup(painter.stop)
        self.assertEqual(painter.answer, "ready")
        return painter

    def screenshot(self):
        path = pathlib.Path("/tmp/screen.png")
        result = run("hvfbctl", "screenshot", path)
        self.assertEqual(result.returncode, 0, result.stderr)
        return pixels(path)

    def surfaces(self):
        result = run("hvfbctl", "surfaces", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def end(self, how):
        """Ends the running process in this way; returns when the next one is ready."""
        before = of_service("MainPID")
        run("systemctl", "reset-failed", "hvfbd.service")  # it may be started so often here
        if how == "restart":
            run("systemctl", "restart", "hvfbd.service", check=True)
        else:
            # What a watchdog does is SIGABRT as well.
            os.kill(int(before), how)
        wait_until(lambda: of_service("ActiveState") == "active" and of_service("MainPID") not in ("0", before),
                   "the next process is ready")


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


class Restarts(Service):
    def test_nobody_notices(self):
        run("busctl", "--system", "set-property", NAME, DISPLAY, INTERFACE, "RefreshLimit", "u", "61", check=True)
        painters = [self.painter("below"), self.painter("above")]
        colours = ["102030", "a0b0c0"]
        for painter, colour in zip(painters, colours):
            painter.tell(f"fill 0 0 4000 4000 {colour}")
        before = self.surfaces()
        count = int(os.environ.get("HVFBD_RESTARTS") or 3)
        for number in range(count):
            for how in ("restart", signal.SIGKILL, signal.SIGABRT):
                painters[1].tell(f"fill {number % 500} 7 30 20 {number + 1:06x}")
                # Nobody looks once the screenshot is taken; it is answered all the same.
                self.assertIn(painters[1].ask("frame"), ("shown", "not shown"))
                was = self.screenshot()
                self.end(how)
                self.assertEqual(self.screenshot(), was, f"after {how}")
                self.assertIn(painters[1].ask("frame"), ("shown", "not shown"))
        print(f"{3 * count} times ended, none noticed", flush=True)
        after = self.surfaces()
        same = ("number", "name", "pid", "owner", "active")
        self.assertEqual([[surface.get(key) for key in same] for surface in after],
                         [[surface.get(key) for key in same] for surface in before])
        self.assertEqual(property_of_display("RefreshLimit"), "u 61")
        painters[1].stop()
        wait_until(lambda: len(self.surfaces()) == 1, "the surface of the one that ended is closed")
        self.assertEqual(first_pixel(self.screenshot()), colours[0])
        painters[0].stop()

    def test_what_is_drawn_while_nothing_runs_is_shown_by_the_next(self):
        painter = self.painter("drawer")
        self.assertEqual(painter.ask("frame"), "shown")
        pid = int(of_service("MainPID"))
        os.kill(pid, signal.SIGSTOP)
        painter.tell("fill 0 0 4000 4000 123456")
        painter.tell("events")
        painter.process.stdout.readline()  # it has drawn
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: of_service("ActiveState") == "active" and of_service("MainPID") not in ("0", str(pid)),
                   "the next process is ready")
        self.assertEqual(first_pixel(self.screenshot()), "123456")
        painter.stop()

    def test_a_turn_that_hangs_is_ended_by_the_watchdog_of_an_administrator(self):
        folder = pathlib.Path("/run/systemd/system/hvfbd.service.d")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "watchdog.conf").write_text("[Service]\nWatchdogSec=1s\n")
        run("systemctl", "daemon-reload", check=True)
        try:
            run("systemctl", "restart", "hvfbd.service", check=True)
            painter = self.painter("watched")
            painter.tell("fill 0 0 4000 4000 654321")
            self.assertEqual(painter.ask("frame"), "shown")
            pid = of_service("MainPID")
            os.kill(int(pid), signal.SIGSTOP)
            wait_until(lambda: "Watchdog timeout" in run("journalctl", "-b", "-u", "hvfbd", "-o", "cat").stdout,
                       "systemd finds that it hangs")
            wait_until(lambda: of_service("ActiveState") == "active" and of_service("MainPID") not in ("0", pid),
                       "the next process is ready")
            self.assertEqual(first_pixel(self.screenshot()), "654321")
            self.assertEqual(painter.ask("frame"), "not shown")  # nobody looks any more
            painter.stop()
        finally:
            (folder / "watchdog.conf").unlink()
            run("systemctl", "daemon-reload", check=True)

    def test_after_a_stop_for_good_who_drew_comes_back_by_itself(self):
        painter = self.painter("drawer")
        self.assertEqual(painter.ask("frame"), "shown")
        self.assertGreaterEqual(int(of_service("NFileDescriptorStore")), 4)
        run("systemctl", "stop", "hvfbd.service", check=True)
        self.assertEqual(of_service("NFileDescriptorStore"), "0")
        self.assertTrue(int(painter.ask("events")) & 16, "HVFB_EVENT_LOST")
        painter.tell("fill 0 0 10 10 ffffff")
        painter.tell("events")  # goes on
        painter.process.stdout.readline()
        run("systemctl", "start", "hvfbd.service", check=True)
        wait_until(lambda: len(self.surfaces()) == 1, "it has opened its surface again")
        wait_until(lambda: painter.ask("frame") == "shown", "it is shown again")
        self.assertEqual(first_pixel(self.screenshot()), "ffffff")
        painter.stop()

    def test_a_binding_that_comes_later_restarts_it_so_that_it_may_use_the_device(self):
        folder = pathlib.Path("/run/systemd/system/hvfbd-bind.service.d")
        folder.mkdir(parents=True)
        # All of the unit but what it does to a Hyper-V guest.
        (folder / "nothing.conf").write_text("[Unit]\nConditionPathIsDirectory=\n[Service]\nExecStart=\nExecStart=true\n"
                                             "ExecStop=\nExecStopPost=\n")
        run("systemctl", "daemon-reload", check=True)
        self.addCleanup(run, "systemctl", "daemon-reload")
        self.addCleanup((folder / "nothing.conf").unlink)
        painter = self.painter("drawer")
        painter.tell("fill 0 0 4000 4000 224466")
        before = of_service("MainPID")
        run("systemctl", "start", "hvfbd-bind.service", check=True)
        wait_until(lambda: of_service("ActiveState") == "active" and of_service("MainPID") not in ("0", before),
                   "the next process is ready")
        self.assertEqual(first_pixel(self.screenshot()), "224466")
        # None that does not run.
        run("systemctl", "stop", "hvfbd.service", "hvfbd-bind.service", check=True)
        painter.stop()
        run("systemctl", "start", "hvfbd-bind.service", check=True)
        self.assertEqual(run("systemctl", "list-jobs", "--no-legend").stdout, "")
        self.assertEqual(of_service("ActiveState"), "inactive")
        run("systemctl", "stop", "hvfbd-bind.service", check=True)

    def test_the_store_has_room_for_64_clients(self):
        self.assertGreaterEqual(int(of_service("FileDescriptorStoreMax")), 4 * 64 + 2 * 64 + 32)


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


class Sandbox(unittest.TestCase):
    """Checks that notice when one of the unit's directives is taken away; tests/system/mutate does take them away."""

    @classmethod
    def setUpClass(cls):
        pathlib.Path("/tmp/hvfbd-marker").touch()
        os.makedirs("/usr/lib/modules", exist_ok=True)
        if not os.path.exists("/dev/loop-control"):
            os.mknod("/dev/loop-control", 0o020666, os.makedev(10, 237))
        os.chmod("/dev/loop-control", 0o666)
        # The unit itself, but for what it starts.
        unit = run("systemctl", "cat", "hvfbd.service").stdout
        lines = [line for line in unit.splitlines()
                 if not re.match(r"(#|(Exec\w+|Type|BusName|Restart\w*|Alias|WantedBy|OnFailure|StartLimit\w+)=)", line)]
        at = lines.index("[Service]")
        lines[at + 1:at + 1] = ["Type=oneshot", "Environment=HVFBD_PROGRAMS=/mnt/programs",
                                "ExecStart=/usr/bin/python3 -B /mnt/source/tests/system/probe.py",
                                "StandardOutput=truncate:/run/hvfbd-probe.json"]
        pathlib.Path("/run/systemd/system/hvfbd-probe.service").write_text("\n".join(lines) + "\n")
        run("systemctl", "daemon-reload", check=True)
        result = run("systemctl", "start", "hvfbd-probe.service")
        cls.ended_by = "" if result.returncode == 0 else run("journalctl", "-b", "-u", "hvfbd-probe", "-o", "cat").stdout
        cls.probe = {} if cls.ended_by else json.loads(pathlib.Path("/run/hvfbd-probe.json").read_text())

    def expect(self, what, value):
        self.assertEqual(self.probe.get(what), value, what)

    def test_a_call_that_is_not_allowed_is_an_error_and_not_the_end(self):
        self.assertEqual(self.ended_by, "")

    def test_it_is_a_user_without_rights(self):
        user = run("id", "-u", "hvfbd").stdout.strip()
        group = run("id", "-g", "hvfbd").stdout.strip()
        self.expect("user", int(user))
        self.expect("group", int(group))
        video = int(run("getent", "group", "video").stdout.split(":")[2])
        self.expect("groups", sorted({video, int(group)}))
        self.expect("mask", "0o77")
        self.expect("capabilities", 0)
        self.expect("no_new_privileges", "1")

    def test_files_are_out_of_reach(self):
        self.expect("system_is_read_only", [True] * 4)
        self.expect("control_groups_are_read_only", True)
        self.expect("home", "0o0")
        self.expect("marker", False)
        self.expect("others", False)

    def test_the_kernel_is_out_of_reach(self):
        self.expect("kernel_messages", "0o0")
        self.expect("kernel_symbols", "0o0")
        self.expect("modules", "0o0")
        self.expect("trace", "EPERM")
        self.expect("priority", "EPERM")
        self.expect("personality", "EPERM")
        self.expect("executable_memory", "EPERM")
        self.expect("set_user_id", "EPERM")
        self.expect("user_namespace", "EPERM")
        self.assertNotEqual(self.probe["foreign_call"], 0, "system calls of another kind")

    def test_devices_and_networks_are_out_of_reach(self):
        self.expect("other_device", "EPERM")
        self.expect("null_device", "ok")
        self.assertIn("char-uio rw", of_service("DeviceAllow"))
        self.assertIn("char-drm rw", of_service("DeviceAllow"))
        self.expect("internet", "EAFNOSUPPORT")
        self.expect("unix", "ok")
        for name in ("uts", "net", "mnt"):
            self.assertNotEqual(self.probe["namespaces"][name], os.readlink(f"/proc/self/ns/{name}"), name)

    def test_shared_memory_does_not_outlive_it(self):
        self.expect("shared_memory", True)
        segments = pathlib.Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
        self.assertFalse([line for line in segments if int(line.split()[0]) == 0x68766662])

    def test_the_store_is_there(self):
        self.assertGreater(int(of_service("FileDescriptorStoreMax")), 0)

    def test_how_exposed_it_is(self):
        result = run("systemd-analyze", "security", "--no-pager", "--threshold=15", "hvfbd.service")
        print(result.stdout.strip().splitlines()[-1], flush=True)
        self.assertEqual(result.returncode, 0)


if __name__ == "__main__":
    unittest.main()
