"""The memory output in a guest: the service under its systemd, with its sandbox, on its bus."""

import subprocess

from guest import ASYNCHRONOUS, BUS, DISPLAY, Guest
from machine import read_ppm
from picture import Picture


class MemoryOutput(Guest):
    def setUp(self):
        self.have_daemon("[Output]\nType=memory\nMode=800x600\n[Display]\nWhenHidden=ignore\n", visible=False)

    # Nobody looks but the screenshots, which is why a frame is answered "not shown" after the first of them.
    def assert_shows(self, picture):
        self.do("hvfbctl screenshot /mnt/out/screen.png")
        data = subprocess.run(["pngtopnm", self.machine.out / "screen.png"], check=True, capture_output=True).stdout
        self.assertIsNone(picture.difference(*read_ppm(data)))

    def draw_on(self, painter, picture, seed):
        painter.tell(f"scribble 60 {seed} 2000")
        picture.scribble(60, seed)
        self.assertIn(painter.ask("frame"), ("shown", "not shown"))
        self.assert_shows(picture)

    def test_shows_what_root_and_what_a_member_of_video_draws(self):
        for number, user in enumerate(("root", "drawer")):
            with self.subTest(user):
                painter, picture = self.painter(user, number, user), Picture(800, 600)
                painter.tell("pattern 7")
                picture.pattern(7)
                self.assertIn(painter.ask("frame"), ("shown", "not shown"))
                self.assert_shows(picture)
                self.draw_on(painter, picture, 5)

    def test_shows_the_client_below_when_one_is_killed(self):
        below, lower = self.painter("below", 0), Picture(800, 600)
        self.draw_on(below, lower, 1)
        above, upper = self.painter("above", 1), Picture(800, 600)
        self.draw_on(above, upper, 2)
        self.do(f"kill -KILL {above.pid}")
        self.wait_until("! hvfbctl surfaces | grep -q above")
        self.assert_shows(lower)

    def test_notices_stores_as_the_kernel_can(self):
        painter, picture = self.painter(), Picture(800, 600)
        self.do("udevadm settle")
        for number, tracking in enumerate(("fault", "scan", "compare", "auto")):
            with self.subTest(tracking):
                self.do(f"hvfbctl set Tracking {tracking}")
                self.draw_on(painter, picture, 20 + number)

    def test_changes_its_mode(self):
        painter, picture = self.painter(), Picture(640, 400)
        self.do("hvfbctl mode 640x400")
        self.assertEqual(painter.ask("configure"), "640x400")
        painter.tell("pattern 3")
        picture.pattern(3)
        self.assertIn(painter.ask("frame"), ("shown", "not shown"))
        self.assert_shows(picture)
        self.do("hvfbctl mode 800x600")
        self.assertEqual(painter.ask("configure"), "800x600")

    def test_says_what_this_machine_can_do(self):
        said = self.do("hvfbctl doctor; true")
        print("# " + said.replace("\n", "\n# "), flush=True)
        self.assertIn("WP_ASYNC and PAGEMAP_SCAN: " + ("the kernel has both" if ASYNCHRONOUS else "the kernel does not have both"), said)
        self.assertIn("memory", self.do("hvfbctl status"))
        painter = self.painter()
        self.draw_on(painter, Picture(800, 600), 3)
        state = self.do("hvfbctl surfaces")
        print("# " + state.replace("\n", "\n# "), flush=True)

    def test_is_started_again_when_it_is_killed(self):
        painter, picture = self.painter(), Picture(800, 600)
        self.draw_on(painter, picture, 9)
        painter.tell("scribble 60 10 10000")
        self.kill_daemon()
        picture.scribble(60, 10)
        self.assertEqual(painter.ask("reconnect"), "connected")
        self.assertIn(painter.ask("frame"), ("shown", "not shown"))
        self.assert_shows(picture)

    def test_is_started_by_a_program_that_draws_where_it_is_enabled_and_by_nobody_who_asks(self):
        self.do("systemctl stop hvfbd")
        self.do(f"busctl --system get-property {BUS} {DISPLAY} {BUS}.Display Output", code=1)
        self.assertEqual(self.do("systemctl is-active hvfbd", code=3), "inactive")
        self.do("systemctl enable hvfbd")
        self.addCleanup(self.do, "systemctl disable hvfbd")
        self.draw_on(self.painter(), Picture(800, 600), 4)
        self.assertEqual(self.do("systemctl is-active hvfbd"), "active")

    def test_is_tuned_over_the_bus(self):
        self.leave_no_daemon()
        for name, kind, value in (("RefreshLimit", "u", "60"), ("RefreshMode", "s", "periodic"), ("SettleDelayUSec", "t", "0"),
                                  ("IdleTimeoutUSec", "t", "100000"), ("Tracking", "s", "compare"), ("MaxRects", "u", "4"),
                                  ("WhenHidden", "s", "pause")):
            with self.subTest(name):
                self.do(f"busctl --system set-property {BUS} {DISPLAY} {BUS}.Display {name} {kind} {value}")
                self.assertEqual(self.get(name).strip('"'), value)
                self.assertEqual(self.do(f"hvfbctl get --json {name}").strip('"'), value)
        self.assertIn("0 to 1000", self.do(f"busctl --system set-property {BUS} {DISPLAY} {BUS}.Display RefreshLimit u 2000", code=1))
        self.do(f"setpriv --reuid=drawer --regid=drawer --init-groups "
                f"busctl --system set-property {BUS} {DISPLAY} {BUS}.Display RefreshLimit u 30", code=1)

    def test_says_nothing_wrong_in_its_journal(self):
        painter = self.painter()
        self.draw_on(painter, Picture(800, 600), 3)
        self.leave_no_daemon()
        self.do("systemctl stop hvfbd")
        self.assertEqual(self.do("journalctl --no-pager -b -o cat -u hvfbd -p warning | grep -v 'killed\\|signal\\|result' || true"), "")
