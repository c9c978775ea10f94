"""A program that draws with libhvfb while its daemon, the bus, the mode and its rights go and come."""

import errno
import os
import pathlib
import signal
import subprocess
import time
import unittest

from daemon_on_bus import NAME, PROGRAMS, OnTheBus, as_user

CONFIGURE, LOST, GAVE_UP, BACK = 2, 16, 32, 64


class Painter:
    def __init__(self, address, name, user="root", *words):
        command = [str(PROGRAMS / "painter"), address, name, *words]
        self.process = subprocess.Popen(command if user == "root" else as_user(user, *command), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)
        self.seen = 0
        assert self.process.stdout.readline() == "ready\n"

    def tell(self, line):
        self.process.stdin.write(line + "\n")

    def ask(self, line):
        self.tell(line)
        return self.process.stdout.readline().strip()

    def hears(self, event):
        """Whether it is told that, since the last time it was asked for."""
        for _ in range(30):
            self.seen |= int(self.ask("events"))
            if self.seen & event:
                self.seen &= ~event
                return True
        return False

    def error(self):
        return -int(self.ask("error"))

    def wake_ups(self):
        """Of the library's thread."""
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            if (task / "comm").read_text().startswith("hvfb-tracker"):
                status = (task / "status").read_text()
                return int(status.split("voluntary_ctxt_switches:")[1].split()[0])
        raise AssertionError("the library has no thread")

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        # Not 0 where the leak checker has found something, too.
        status = self.process.wait(timeout=20)
        assert status == 0, f"it ended with {status}"


class ComingBack(OnTheBus):
    def setUp(self):
        super().setUp()
        self.painter = None
        self.painter = self.painter_of("root")

    def painter_of(self, user):
        """The only one: of two that come back, the one that was slower is shown."""
        if self.painter:
            self.painter.stop()
        painter = Painter(self.address, "painter", user)
        self.addCleanup(painter.stop)
        painter.tell("pattern 1")
        self.assertEqual(painter.ask("frame"), "shown")
        return painter

    def stop_daemon(self):
        self.end_daemon()
        self.assertTrue(self.painter.hears(LOST))
        self.assertNotEqual(self.painter.error(), 0)

    def assert_back(self):
        self.assertTrue(self.painter.hears(BACK))
        self.assertEqual(self.painter.error(), 0)
        self.painter.tell("pattern 2")
        self.assertEqual(self.painter.ask("frame"), "shown")

    def assert_rests(self):
        """Its thread sleeps, once it has done what there was to do."""
        before = None
        for _ in range(20):
            now = self.painter.wake_ups()
            if now == before:
                return
            before = now
            time.sleep(0.3)
        self.fail("its thread wakes up")

    def await_error(self, *errors):
        deadline = time.monotonic() + 60
        while self.painter.error() not in errors:
            self.assertLess(time.monotonic(), deadline, f"it is {self.painter.error()}")
            time.sleep(0.02)

    def test_when_the_bus_was_started_anew_while_no_daemon_ran(self):
        # The one takes its socket along, the other leaves it there.
        for how, error in ((signal.SIGTERM, errno.ENOENT), (signal.SIGKILL, errno.ECONNREFUSED)):
            self.stop_daemon()
            self.bus.send_signal(how)
            self.bus.wait(timeout=20)
            self.bus.stdout.close()
            if error == errno.ENOENT:
                (self.folder / "bus").unlink(missing_ok=True)
            self.await_error(error)
            self.start_bus()
            self.start_daemon()
            self.assert_back()

    def test_below_the_program_where_it_is_a_background_whichever_came_first(self):
        console = Painter(self.address, "console", "root", "display0", "background")
        self.addCleanup(console.stop)
        program = self.painter
        for first, second in ((program, console), (console, program)):
            self.end_daemon()
            self.assertTrue(program.hears(LOST) and console.hears(LOST))
            second.process.send_signal(signal.SIGSTOP)
            self.start_daemon()
            self.assertTrue(first.hears(BACK))
            second.process.send_signal(signal.SIGCONT)
            self.assertTrue(second.hears(BACK))
            self.assertEqual(program.ask("frame"), "shown")
            self.assertEqual(console.ask("frame"), "not shown")

    def test_at_rest_while_there_is_no_bus(self):
        self.stop_daemon()
        self.end_bus()
        (self.folder / "bus").unlink(missing_ok=True)
        self.await_error(errno.ENOENT)
        self.assert_rests()
        # What comes into the folder besides is not the bus.
        (self.folder / "other").write_text("")
        self.start_bus()
        self.start_daemon()
        self.assert_back()

    def test_clipped_in_another_mode_and_whole_again_in_the_old_one(self):
        for mode in ("320x480", "800x600"):
            self.stop_daemon()
            self.start_daemon(mode=mode)
            self.assert_back()
            self.assertEqual(self.get("Width"), "u " + mode.split("x")[0])
            self.assertTrue(self.painter.hears(CONFIGURE))
        self.stop_daemon()
        self.start_daemon()
        self.assert_back()
        self.assertEqual(self.painter.ask("configure"), os.strerror(errno.EAGAIN))
        self.stop_daemon()
        self.start_daemon(mode="800x600")
        self.assert_back()
        self.assertEqual(self.painter.ask("configure"), "800x600")
        self.assertEqual(self.painter.ask("frame"), "shown")

    def test_when_there_is_room_again_for_one_more_surface(self):
        painter = self.painter = self.painter_of("drawer")
        self.stop_daemon()
        # It must not be the first: those who draw now were faster.
        painter.process.send_signal(signal.SIGSTOP)
        self.start_daemon()
        others = self.caller("drawer")
        descriptors = [others.open(name=str(number))["result"][2]["fd"] for number in range(16)]
        painter.process.send_signal(signal.SIGCONT)
        self.await_error(errno.EBUSY)
        self.assertFalse(int(painter.ask("events")) & GAVE_UP)
        others.do(do="close", fd=descriptors[0])
        self.assert_back()

    def test_told_that_it_may_not_any_more_and_back_when_it_may(self):
        group = pathlib.Path("/etc/group")
        before = group.read_text()
        self.addCleanup(group.write_text, before)
        painter = self.painter = self.painter_of("drawer")
        self.stop_daemon()
        group.write_text(before.replace("video:x:44:", "video:x:45:"))
        self.start_daemon()
        self.assertTrue(painter.hears(GAVE_UP))
        self.assertEqual(painter.error(), errno.EACCES)
        self.assertEqual(painter.ask("frame"), "lost")
        # The daemon that said so is not asked again, and there is nothing to wake up for.
        self.assert_rests()
        self.end_daemon()
        group.write_text(before)
        self.start_daemon()
        self.assert_back()

    def test_told_that_the_bus_lets_it_in_no_more_and_back_when_it_does(self):
        policy = self.folder / "bus.conf"
        before = policy.read_text()

        def reload(text):
            policy.write_text(text)
            self.busctl("call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ReloadConfig")

        painter = self.painter = self.painter_of("drawer")
        self.stop_daemon()
        reload(before.replace("</busconfig>", f'<policy user="drawer"><deny send_destination="{NAME}"/></policy></busconfig>'))
        self.start_daemon()
        self.assertTrue(painter.hears(GAVE_UP))
        self.assertEqual(painter.error(), errno.EACCES)
        self.assert_rests()
        self.end_daemon()
        reload(before)
        self.start_daemon()
        self.assert_back()


if __name__ == "__main__":
    unittest.main()
