"""The installed service ends in every way while somebody draws: nobody notices, and nothing is lost."""

import os
import pathlib
import shutil
import signal
import subprocess
import unittest

from service import DISPLAY, INTERFACE, NAME, WithClients, first_pixel, of_service, property_of_display, run, wait_until


class Restarts(WithClients):
    def setUp(self):
        run("systemctl", "reset-failed", "hvfbd.service")
        run("systemctl", "start", "hvfbd.service", check=True)

    def tearDown(self):
        run("systemctl", "stop", "hvfbd.service")

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
        same = ("Number", "Name", "Pid", "Uid", "Active")
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

    def test_a_dispatch_that_hangs_is_ended_by_the_watchdog_of_an_administrator(self):
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

    def allow_no_more_than(self, memory):
        """To the next process."""
        folder = pathlib.Path("/run/systemd/system/hvfbd.service.d")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "memory.conf").write_text(f"[Service]\nLimitAS={memory}\n")
        self.addCleanup(run, "systemctl", "daemon-reload")
        self.addCleanup((folder / "memory.conf").unlink)
        run("systemctl", "daemon-reload", check=True)

    def test_who_has_a_buffer_that_there_is_no_memory_for_any_more_is_told_and_comes_back(self):
        painter = self.painter("drawer")
        configured = self.screenshot()[:2]
        self.assertEqual(run("hvfbctl", "mode", "8192x8192").stderr, "")
        wait_until(lambda: int(painter.ask("events")) & 2, "HVFB_EVENT_CONFIGURE")
        self.assertEqual(painter.ask("configure"), "8192x8192")
        painter.tell("fill 0 0 4000 4000 135790")
        # Nobody looks since the screenshot was taken.
        self.assertEqual(painter.ask("frame"), "not shown")
        self.allow_no_more_than("200M")
        self.end("restart")
        wait_until(lambda: int(painter.ask("events")) & 16, "HVFB_EVENT_LOST")
        self.assertEqual(painter.ask("reconnect"), "connected")
        painter.tell("fill 0 0 4000 4000 246801")
        wait_until(lambda: painter.ask("frame") == "shown", "it is shown again")
        width, height, rows = self.screenshot()
        self.assertEqual(((width, height), first_pixel((width, height, rows))), (configured, "246801"))
        painter.stop()

    def test_a_mode_that_there_is_no_memory_for_any_more_gives_way_to_the_configured_one(self):
        painter = self.painter("drawer")
        painter.tell("fill 0 0 4000 4000 987654")
        self.assertEqual(painter.ask("frame"), "shown")
        configured = self.screenshot()[:2]
        self.assertEqual(run("hvfbctl", "mode", "8192x8192").stderr, "")
        self.allow_no_more_than("200M")
        self.end("restart")
        self.assertEqual(len(self.surfaces()), 1)
        self.assertFalse(int(painter.ask("events")) & 16, "HVFB_EVENT_LOST")
        self.assertEqual(painter.ask("configure"), "%dx%d" % configured)
        painter.tell("fill 0 0 4000 4000 456789")
        self.assertEqual(painter.ask("frame"), "shown")
        width, height, rows = self.screenshot()
        self.assertEqual(((width, height), first_pixel((width, height, rows))), (configured, "456789"))
        self.assertIn("cannot be had again", run("journalctl", "-b", "-u", "hvfbd", "-o", "cat").stdout)
        painter.stop()

    def test_shows_on_a_simulated_host_and_on_what_was_there_before_when_that_has_gone(self):
        """As docs/simulated-uio.md says."""
        uio, control = "/run/hvhost-uio", "/run/hvhost"
        drop_in = pathlib.Path("/etc/hvfbd/hvfbd.conf.d/simulated.conf")
        host = subprocess.Popen(["hvhost", "--quiet", "--socket", uio, "--control", control], stdin=subprocess.DEVNULL)
        self.addCleanup(host.wait)
        self.addCleanup(host.kill)
        wait_until(lambda: run("hvhost", "--control", control, "status").returncode == 0, "the host takes commands")
        painter = self.painter("drawer")
        painter.tell("fill 0 0 4000 4000 304050")
        drop_in.parent.mkdir(parents=True, exist_ok=True)
        drop_in.write_text(f"[Output]\nType=hyperv\nUio=simulated:{uio}\n")
        self.addCleanup(drop_in.unlink, missing_ok=True)
        shutil.chown(uio, group="hvfbd")
        os.chmod(uio, 0o660)
        run("systemctl", "restart", "hvfbd.service", check=True)
        self.assertEqual(property_of_display("Output"), 's "hyperv"')
        wait_until(lambda: painter.ask("frame") == "shown", "the host has the picture")
        run("hvhost", "--control", control, "raw", "/run/window", check=True)
        self.assertEqual(pathlib.Path("/run/window").read_bytes()[:4][::-1].hex()[2:], "304050")
        drop_in.unlink()
        run("systemctl", "restart", "hvfbd.service", check=True)
        self.assertEqual(property_of_display("Output"), 's "memory"')
        self.assertEqual(first_pixel(self.screenshot()), "304050")
        painter.stop()

    def test_a_configuration_that_names_another_output_counts_after_a_restart_whatever_was_saved_of_the_other(self):
        drop_in = pathlib.Path("/etc/hvfbd/hvfbd.conf.d/other.conf")
        drop_in.parent.mkdir(parents=True, exist_ok=True)
        self.addCleanup(drop_in.unlink, missing_ok=True)
        painter = self.painter("drawer")
        painter.tell("fill 0 0 4000 4000 405060")
        for named in ("", "[Output]\nType=dmr\n"):
            # There is no card: this output waits for one, and shows nothing.
            drop_in.write_text("[Output]\nType=drm\n")
            run("systemctl", "restart", "hvfbd.service", check=True)
            self.assertEqual(property_of_display("Output"), 's "drm"')
            drop_in.write_text(named)
            run("systemctl", "restart", "hvfbd.service", check=True)
            self.assertEqual(property_of_display("Output"), 's "memory"', named)
            self.assertEqual(first_pixel(self.screenshot()), "405060")
            self.assertIn("display0 shows on the output memory now; what was saved of the output drm is dropped",
                          run("journalctl", "-b", "-u", "hvfbd", "-o", "cat", "_PID=" + of_service("MainPID")).stdout)
        painter.stop()

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
        (folder / "nothing.conf").write_text("[Unit]\nConditionPathIsDirectory=\n[Service]\nExecStart=\nExecStart=true\n")
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
        # Given back, it is closed everywhere first: a stop, which also empties the store, and a start.
        before = of_service("MainPID")
        run("systemctl", "stop", "hvfbd-bind.service", check=True)
        self.assertTrue(int(painter.ask("events")) & 16, "HVFB_EVENT_LOST")
        wait_until(lambda: of_service("ActiveState") == "active" and of_service("MainPID") not in ("0", before),
                   "it goes on without the device")
        wait_until(lambda: painter.ask("frame") == "shown", "it is shown again")
        self.assertEqual(first_pixel(self.screenshot()), "224466")
        run("systemctl", "start", "hvfbd-bind.service", check=True)
        # None that does not run.
        run("systemctl", "stop", "hvfbd.service", "hvfbd-bind.service", check=True)
        painter.stop()
        run("systemctl", "start", "hvfbd-bind.service", check=True)
        # Of ours: the machine may begin others by its own timers.
        self.assertEqual(run("systemctl", "list-jobs", "--no-legend", "hvfbd*").stdout, "")
        self.assertEqual(of_service("ActiveState"), "inactive")
        run("systemctl", "stop", "hvfbd-bind.service", check=True)

    def test_the_store_has_room_for_64_clients(self):
        self.assertGreaterEqual(int(of_service("FileDescriptorStoreMax")), 5 * 64 + 2 * 64 + 32)


if __name__ == "__main__":
    unittest.main()
