"""The drm output on the cards of QEMU, seen from outside the guest: virtio-gpu, which must be told what changed, and
bochs-display, which must not."""

from guest import Guest
from picture import Picture


class OnCard:
    def setUp(self):
        self.do(f"modprobe {self.MODULE}; udevadm settle")
        self.card = self.do(f"ls -d /sys/bus/pci/devices/{self.ADDRESS}/drm/card* /sys/bus/pci/devices/{self.ADDRESS}/virtio*/drm/card* "
                            "2>/dev/null; true").rpartition("/")[2]
        # The console's cursor does not blink into what is compared.
        self.do("printf '\\033[?25l' >/dev/tty1; systemctl stop hvfbd")
        self.console = self.machine.screen(self.SCREEN)
        self.start_daemon(f"[Output]\nType=drm\nCard=/dev/dri/{self.card}\nMode=1024x768\n")
        self.await_visible(True)
        self.drawing, self.picture = self.painter(), Picture(1024, 768)

    def draw(self, seed):
        self.drawing.tell(f"pattern {seed}")
        self.drawing.tell(f"scribble 50 {seed} 2000")
        self.picture.pattern(seed)
        self.picture.scribble(50, seed)

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

    def test_is_hidden_without_a_screen(self):
        self.draw_and_see(6)
        status = f"$(ls /sys/class/drm/{self.card}-*/status)"
        self.do(f"echo off >{status}; udevadm trigger --action=change /sys/class/drm/{self.card}")
        self.await_visible(False)
        self.draw(7)
        self.assert_frame(self.drawing, "not shown")
        self.do(f"echo on >{status}; udevadm trigger --action=change /sys/class/drm/{self.card}")
        self.await_visible(True)
        self.assert_frame(self.drawing)
        self.await_screen(self.SCREEN, self.picture)

    def test_leaves_the_console_as_it_was(self):
        self.draw_and_see(8)
        self.do("systemctl stop hvfbd")
        self.assertEqual(self.machine.screen(self.SCREEN), self.console)

    def test_goes_on_when_the_daemon_is_killed(self):
        self.draw_and_see(9)
        self.drawing.tell("scribble 100 10 20000")
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
        self.drawing.tell("scribble 100 14 20000")
        self.picture.scribble(100, 14)
        self.remove(self.ADDRESS)
        self.await_visible(False)
        self.assert_frame(self.drawing, "not shown")
        self.rescan(self.ADDRESS)
        self.await_visible(True)
        self.assert_frame(self.drawing)
        self.await_screen(self.SCREEN, self.picture)
        self.assertEqual(self.daemon_pid(), before)


class VirtioGpu(OnCard, Guest):
    DEVICES = ("-device", "virtio-gpu-pci,id=virtio,addr=11.0")
    MODULE, ADDRESS, SCREEN = "virtio-gpu", "0000:00:11.0", "virtio"


class Bochs(OnCard, Guest):
    DEVICES = ("-device", "bochs-display,id=bochs,addr=13.0,vgamem=16M")
    MODULE, ADDRESS, SCREEN = "bochs", "0000:00:13.0", "bochs"
