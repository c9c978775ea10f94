"""A kernel of Debian's cloud flavour, which has no driver of a screen but the firmware's: the console is on the firmware's picture,
and hvfbd shows on the same memory once that driver has let go of it."""

import select
import time

from guest import Guest, LONG
from picture import Picture

ADDRESS = "0000:00:10.0"
DRIVER, DEVICE = "/sys/bus/platform/drivers/efi-framebuffer", "efi-framebuffer.0"
DROP_IN = "/etc/systemd/system/hvfbd.service.d"


class FirmwaresPicture(Guest):
    """In this order: a screen that a test has taken is given back at its end."""

    DEVICES = ("-device", f"bochs-display,id=screen0,vgamem=16M,addr={ADDRESS.split(':')[-1]}")

    def console(self):
        return self.machine.screen("screen0")

    def await_console(self, wanted, what):
        deadline = time.monotonic() + LONG
        while not wanted(self.console()):
            self.assertLess(time.monotonic(), deadline, what)
            select.select([], [], [], 0.2)

    def say(self, text):
        """On the console, which writes it later than it is told to."""
        before = self.console()
        self.do(f"printf '\\033[2J\\033[H\\033[?25l{text}' >/dev/tty1")
        self.await_console(lambda now: now != before, "the console does not write on the firmware's picture")

    def test_is_all_that_this_kernel_has(self):
        self.do("for name in bochs virtio-gpu drm hyperv_drm hyperv_fb uinput uhid; do ! modinfo -n $name 2>/dev/null || exit 1; done; "
                "[ ! -e /dev/dri ] && [ ! -e /dev/uinput ] && [ ! -e /dev/uhid ]")
        self.assertIn("EFI VGA", self.do("cat /proc/fb"))
        said = self.do("hvfbctl doctor; true")
        self.assertIn("DRM devices: none on this machine", said)
        self.say("hello")

    def test_goes_to_hvfbd_once_its_driver_is_unbound_and_comes_back(self):
        width, height = map(int, self.do("tr , ' ' </sys/class/graphics/fb0/virtual_size").split())
        self.assertEqual(self.do("cat /sys/class/graphics/fb0/stride /sys/class/graphics/fb0/bits_per_pixel").split(), [str(4 * width), "32"])
        begin = self.do(f"read -r begin end flags </sys/bus/pci/devices/{ADDRESS}/resource; echo $begin")
        self.do(f"install -D -m644 -t {DROP_IN} /usr/share/doc/hvfbd/hyperv-generation-2.conf; systemctl daemon-reload")
        self.addCleanup(self.do, f"rm -r {DROP_IN}; systemctl daemon-reload")
        self.say("before")
        console = self.console()

        self.start_daemon(f"[Output]\nType=uio\nFramebuffer=mem:{begin}+0x800000\nMode={width}x{height}\n")
        self.wait_until("journalctl -n 20 -o cat -u hvfbd | grep 'which a driver has for itself'")
        self.do(f"systemctl stop hvfbd; echo {DEVICE} >{DRIVER}/unbind; systemctl start hvfbd")
        self.await_visible(True)
        self.drawing, self.picture = self.painter(), Picture(width, height)
        for seed in (1, 2):
            self.draw(seed)
            self.assert_frame(self.drawing)
            self.assert_screen("screen0", self.picture)

        # As hvfbd-bind's unit does it: nothing of the memory is mapped any more when its driver comes.
        self.do(f"systemctl stop hvfbd; echo {DEVICE} >{DRIVER}/bind")
        self.leave_no_daemon()
        self.await_console(lambda now: now == console, "the console does not come back")
