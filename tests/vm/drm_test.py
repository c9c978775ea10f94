"""The drm output on the cards of QEMU, seen from outside the guest: virtio-gpu, to which damage must be submitted, and
bochs-display, which must not."""

import select
import time

from guest import Guest, LONG
from picture import Picture


class OnCard:
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        devices = f"/sys/bus/pci/devices/{cls.ADDRESS}"
        code, said = cls.machine.shell(
            f"modprobe {cls.MODULE}; udevadm settle; for card in {devices}/drm/card* {devices}/virtio*/drm/card*; do "
            "if [ -d $card ]; then echo $card; ls -d /sys/class/drm/${card##*/}-*; fi; done", LONG)
        assert code == 0, said
        cls.card, *cls.connectors = [path.rpartition("/")[2] for path in said.split()]

    def plug(self, connector, status):
        """A screen, as the kernel is made to believe: on, off or detect."""
        self.do(f"echo {status} >/sys/class/drm/{connector}/status; udevadm trigger --action=change /sys/class/drm/{self.card}")


class OneScreen(OnCard):
    """The last two come last: one takes the card away, whose connectors may have other names then, and one leaves no daemon."""

    def setUp(self):
        # As it is by itself, and only one of the cards.
        self.have_daemon(f"[Output]\nType=auto\nCard=/dev/dri/{self.card}\nMode=1024x768\n")
        self.drawing, self.picture = self.painter(), Picture(1024, 768)

    def draw_and_see(self, seed):
        self.draw(seed)
        self.assert_frame(self.drawing)
        # A flip comes to pass with the next vertical blank.
        self.await_screen(self.SCREEN, self.picture)

    def test_shows_what_a_client_draws(self):
        for seed in (1, 2, 3):
            self.draw_and_see(seed)

    def test_changes_its_mode(self):
        self.draw_and_see(4)
        self.do("hvfbctl mode 800x600")
        self.assertEqual(self.drawing.ask("configure"), "800x600")
        self.picture = Picture(800, 600)
        self.draw_and_see(5)
        self.do("hvfbctl mode 1024x768")
        self.assertEqual(self.drawing.ask("configure"), "1024x768")

    def test_is_hidden_without_a_screen_also_by_the_next_process(self):
        self.draw_and_see(6)
        self.plug(self.connectors[0], "off")
        self.await_visible(False)
        self.draw(7)
        self.assert_frame(self.drawing, "not shown")
        self.kill_daemon()
        self.assertEqual(self.get("Output"), '"drm"')
        self.plug(self.connectors[0], "on")
        self.await_visible(True)
        self.assert_frame(self.drawing)
        self.await_screen(self.SCREEN, self.picture)

    def test_is_restored_when_the_daemon_is_killed(self):
        self.draw_and_see(9)
        self.drawing.tell("scribble 100 10 10000")
        self.picture.scribble(100, 10)
        self.kill_daemon()
        self.assertEqual(self.drawing.ask("reconnect"), "connected")
        self.await_visible(True)
        self.assert_frame(self.drawing)
        self.await_screen(self.SCREEN, self.picture)

    def test_shows_the_client_below_when_one_is_killed(self):
        self.draw_and_see(11)
        lower = self.picture
        self.drawing, self.picture = self.painter("above", 1), Picture(1024, 768)
        self.draw_and_see(12)
        self.do(f"kill -KILL {self.drawing.pid}")
        self.await_screen(self.SCREEN, lower)

    def test_survives_that_the_card_is_removed(self):
        self.draw_and_see(13)
        before = self.daemon_pid()
        self.drawing.tell("scribble 100 14 10000")
        self.picture.scribble(100, 14)
        self.remove(self.ADDRESS)
        self.await_visible(False)
        self.assert_frame(self.drawing, "not shown")
        self.rescan(self.ADDRESS)
        self.await_visible(True)
        self.assert_frame(self.drawing)
        self.await_screen(self.SCREEN, self.picture)
        self.assertEqual(self.daemon_pid(), before)

    def console(self):
        """What the kernel draws there instead of our picture, which it does later than it is told to: once it has drawn all of it."""
        deadline = time.monotonic() + LONG
        while self.picture.difference(*self.machine.screen(self.SCREEN)) is None:
            self.assertLess(time.monotonic(), deadline, "the console does not come back")
            self.do("sleep 0.1")
        before = None
        while before != (now := self.machine.screen(self.SCREEN)):
            before = now
            self.do("sleep 0.5")
        return now

    def test_leaves_the_console_as_it_was(self):
        self.leave_no_daemon()
        self.draw_and_see(15)
        # Its cursor does not blink into what is compared.
        self.do("systemctl stop hvfbd; printf '\\033[?25l' >/dev/tty1")
        console = self.console()
        self.do("systemctl start hvfbd")
        self.await_visible(True)
        self.drawing = self.painter("another", 1)
        self.draw_and_see(8)
        self.do("systemctl stop hvfbd")
        deadline = time.monotonic() + LONG
        while self.machine.screen(self.SCREEN) != console:
            self.assertLess(time.monotonic(), deadline, "this is not the console that was there")
            select.select([], [], [], 0.1)


class VirtioGpu(OneScreen, Guest):
    DEVICES = ("-device", "virtio-gpu-pci,id=virtio,addr=11.0,max_outputs=2")
    MODULE, ADDRESS, SCREEN = "virtio-gpu", "0000:00:11.0", "virtio"


class TwoScreens(OnCard, Guest):
    """Both outputs of one card; the second has no screen until a test plugs one in."""

    MODULE, ADDRESS, SCREEN = "virtio-gpu", "0000:00:11.0", "virtio"

    def setUp(self):
        self.addCleanup(self.plug, self.connectors[1], "detect")
        self.addCleanup(self.do, "systemctl stop hvfbd")

    def start_with(self, screens):
        self.start_daemon(f"[Output]\nType=drm\nCard=/dev/dri/{self.card}\nMode=800x600\nScreens={screens}\n")
        self.await_visible(True)

    def draw_on(self, painter, seed):
        picture = Picture(800, 600)
        painter.tell(f"pattern {seed}")
        painter.tell(f"scribble 50 {seed} 2000")
        picture.pattern(seed)
        picture.scribble(50, seed)
        return picture

    def test_each_shows_a_picture_of_its_own_also_after_the_daemon_is_killed(self):
        self.start_with("apart")
        self.assertEqual(len(self.do("hvfbctl displays | grep -o '^display[0-9]'").split()), 2)
        painters = [self.painter(f"artist{number}", number, display=f"display{number}") for number in (0, 1)]
        self.draw_on(painters[1], 1)
        self.assert_frame(painters[1], "not shown")

        self.plug(self.connectors[1], "on")
        self.wait_until('[ "$(hvfbctl --display=display1 get Visible)" = true ]')
        for seed in (10, 20):
            pictures = [self.draw_on(painter, seed + number) for number, painter in enumerate(painters)]
            for head, (painter, picture) in enumerate(zip(painters, pictures)):
                self.assert_frame(painter)
                self.await_screen(self.SCREEN, picture, head)
            self.kill_daemon()
            for painter in painters:
                self.assertEqual(painter.ask("reconnect"), "connected")
                self.wait_until(f'[ "$(hvfbctl --display={painter.display} get Visible)" = true ]')

    def test_both_show_one_picture_where_they_are_together(self):
        self.plug(self.connectors[1], "on")
        self.start_with("together")
        painter = self.painter()
        for seed in (30, 31):
            picture = self.draw_on(painter, seed)
            self.assert_frame(painter)
            for head in (0, 1):
                self.await_screen(self.SCREEN, picture, head)


class Bochs(OneScreen, Guest):
    DEVICES = ("-device", "bochs-display,id=bochs,addr=13.0,vgamem=16M")
    MODULE, ADDRESS, SCREEN = "bochs", "0000:00:13.0", "bochs"
