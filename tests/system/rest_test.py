"""At rest nothing runs, for an ordinary member of group video too: the daemon gives it a userfaultfd.

HVFBD_REST_SECONDS: how long rest is watched, and how long each rest before a store is."""

import ctypes
import errno
import os
import pathlib
import statistics
import time
import unittest

from service import WITHIN, WithClients, make_userfaultfd, of_service, run, wait_until

SECONDS = float(os.environ.get("HVFBD_REST_SECONDS", 1))
BEFORE_A_STORE = 3.5 if SECONDS > 10 else 0.3
STORES = 21 if SECONDS > 10 else 5
DROP_IN = pathlib.Path("/etc/hvfbd/hvfbd.conf.d/userfaultfd.conf")


def wake_ups(process):
    """How often its threads began to run."""
    count = 0
    for task in pathlib.Path(f"/proc/{process}/task").iterdir():
        for line in (task / "status").read_text().splitlines():
            if "voluntary_ctxt_switches:" in line:
                count += int(line.split()[1])
    return count


class Frame(ctypes.Structure):
    _fields_ = [("frame", ctypes.c_uint64), ("time", ctypes.c_uint64), ("count", ctypes.c_uint32), ("rects", ctypes.c_void_p)]


class Viewer:
    """Who looks, and hears when something is shown."""

    def __init__(self):
        self.library = ctypes.CDLL("libhvfb.so.1")
        self.library.hvfb_viewer_wait.argtypes = [ctypes.c_void_p, ctypes.c_uint64, ctypes.POINTER(Frame)]
        self.viewer = ctypes.c_void_p()
        result = self.library.hvfb_viewer_open(ctypes.byref(self.viewer), None)
        assert result == 0, os.strerror(-result)

    def close(self):
        self.library.hvfb_viewer_close(self.viewer)

    def shown_at(self, seconds):
        """When the next frame was, in nanoseconds; None: there is none within that time."""
        frame = Frame()
        result = self.library.hvfb_viewer_wait(self.viewer, int(seconds * 1e6), ctypes.byref(frame))
        assert result >= 0 or result == -errno.ETIME, os.strerror(-result)
        return frame.time if result == 0 else None


def given():
    """The lines in the journal that tell of a userfaultfd that was given."""
    return [line for line in run("journalctl", "-b", "-u", "hvfbd", "-o", "cat").stdout.splitlines()
            if "was given /dev/userfaultfd" in line]


class Rest(WithClients):
    @classmethod
    def setUpClass(cls):
        make_userfaultfd()
        # What installing does.
        run("udevadm", "trigger", "--settle", "--action=change", "--subsystem-match=misc", "--sysname-match=userfaultfd", check=True)
        run("systemctl", "restart", "hvfbd.service", check=True)

    def setUp(self):
        # Somebody looks: nothing would be tracked otherwise, and all would be at rest.
        self.viewer = Viewer()
        self.addCleanup(self.viewer.close)

    def drawer(self, tracking):
        painter = self.painter("drawer")
        wait_until(lambda: painter.ask("tracking") == tracking, tracking)
        self.assertEqual(painter.ask("frame"), "shown")
        return painter

    def rests(self, painter):
        """The wake-ups of daemon and client in some stretch of so many seconds that begins soon."""
        counts = None
        for _ in range(10):  # compared again for some seconds, for writes that land late
            before = wake_ups(of_service("MainPID")), wake_ups(painter.process.pid)
            time.sleep(SECONDS)  # the measurement itself
            counts = tuple(after - earlier for after, earlier in zip(
                (wake_ups(of_service("MainPID")), wake_ups(painter.process.pid)), before))
            if counts == (0, 0):
                break
        return counts

    def first_store(self, user):
        """Nanoseconds from a store after rest to its frame: the median."""
        painter = self.painter("first", user)
        wait_until(lambda: painter.ask("tracking") == "resting+scanning", "it can rest")
        self.assertEqual(painter.ask("frame"), "shown")
        took = []
        for number in range(STORES):
            while self.viewer.shown_at(BEFORE_A_STORE) is not None:
                pass
            stored = int(painter.ask(f"stamp 10 {number} 123456"))
            shown = self.viewer.shown_at(WITHIN)
            self.assertIsNotNone(shown)
            took.append(shown - stored)
        painter.stop()
        return statistics.median(took)

    def test_nothing_runs_while_a_member_of_group_video_draws_nothing(self):
        painter = self.drawer("resting+scanning")
        painter.tell("fill 10 10 100 100 405060")
        self.assertEqual(painter.ask("frame"), "shown")
        counts = self.rests(painter)
        print(f"{SECONDS:g} s at rest: {counts[0]} wake-ups of the daemon, {counts[1]} of the client", flush=True)
        self.assertEqual(counts, (0, 0))

    def test_the_first_store_after_that_is_seen_as_soon_as_one_of_root(self):
        root, drawer = self.first_store("root"), self.first_store("drawer")
        print(f"first store after rest to frame: root {root / 1e6:.2f} ms, member of video {drawer / 1e6:.2f} ms", flush=True)
        self.assertLess(drawer, 4 * root)

    def test_who_was_given_one_keeps_it_when_the_daemon_is_restarted(self):
        painter = self.drawer("resting+scanning")
        before = len(given())
        for how in (("systemctl", "restart"), ("systemctl", "kill", "--signal=KILL")):
            pid = of_service("MainPID")
            run(*how, "hvfbd.service", check=True)
            wait_until(lambda: of_service("MainPID") not in ("0", pid) and of_service("ActiveState") == "active", "the next")
            painter.tell("fill 20 20 10 10 708090")
            self.assertEqual(painter.ask("frame"), "shown")
            self.assertEqual(self.rests(painter), (0, 0))
        self.assertEqual(painter.ask("tracking"), "resting+scanning")
        self.assertEqual(len(given()), before, "it asks no more")

    def test_each_one_is_a_line_in_the_journal_and_the_configuration_refuses_and_allows_it(self):
        before = len(given())
        painter = self.drawer("resting+scanning")
        [line] = given()[before:]
        uid = run("id", "-u", "drawer").stdout.strip()
        self.assertRegex(line, rf'surface\d+ "drawer": its client \(pid {painter.process.pid}, uid {uid}\) was given')
        said = run("journalctl", "-b", "-o", "verbose", "HVFBD_EVENT=userfaultfd-given").stdout
        self.assertIn(f"HVFBD_CLIENT_PID={painter.process.pid}", said)
        painter.stop()

        self.addCleanup(run, "systemctl", "reload", "hvfbd.service", check=True)
        self.addCleanup(DROP_IN.unlink, missing_ok=True)
        DROP_IN.parent.mkdir(parents=True, exist_ok=True)
        DROP_IN.write_text("[Clients]\nGrantUserfaultfd=no\n")
        run("systemctl", "reload", "hvfbd.service", check=True)
        refused = self.painter("refused")
        self.assertEqual(refused.ask("frame"), "shown")
        self.assertEqual(refused.ask("tracking"), "scanning")
        self.assertEqual(len(given()), before + 1)
        # Just what hvfbctl doctor says to root mends it, for those as well who draw already.
        mend = self.doctor()["tracking of group video"]["Fix"].replace("sudo ", "")
        self.assertEqual(run("sh", "-c", mend).returncode, 0, mend)
        self.addCleanup(DROP_IN.with_name("zz-userfaultfd.conf").unlink)
        wait_until(lambda: refused.ask("tracking") == "resting+scanning", "it can rest")

    def test_root_pays_nothing_for_it(self):
        before = len(given())
        painter = self.painter("root", "root")
        self.assertEqual(painter.ask("tracking"), "resting+scanning")
        self.assertEqual(painter.ask("frame"), "shown")
        self.assertEqual(len(given()), before)

    def test_without_the_device_programs_draw_and_the_journal_says_why_once(self):
        node = pathlib.Path("/dev/userfaultfd")
        node.unlink()
        self.addCleanup(self.setUpClass)
        for name in ("one", "another"):
            painter = self.painter(name)
            self.assertEqual(painter.ask("frame"), "shown")
            self.assertEqual(painter.ask("tracking"), "scanning")
        said = run("journalctl", "-b", "-u", "hvfbd", "-o", "cat").stdout
        self.assertEqual(said.count("opening /dev/userfaultfd failed: No such file or directory"), 1)
        self.assertIn("there is no /dev/userfaultfd", self.doctor()["userfaultfd from hvfbd"]["Sentence"])


if __name__ == "__main__":
    unittest.main()
